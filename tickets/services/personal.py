"""Everything that the desk knows about a customer, for the customer to have."""

import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from customers.services.read import get_customer, vehicles_of
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.errors import NotFound
from tickets.domain.ticket import CommunicationType
from tickets.store import access
from tickets.store.ticket import Ticket

PAGE = 50
MOST_LINES = 10_000
_CUSTOMER = (
    *("name", "email", "phone", "company", "segment", "address", "language", "time_zone"),
    *("notes", "external_id", "created_at"),
)
_VEHICLE = ("vin", "make", "model", "year", "shipment_status", "booking")
_TICKET = (
    *("ticket_id", "subject", "description", "category", "priority", "status", "tags"),
    *("created_at", "resolved_at", "closed_at"),
)


def export(customer_id: str, *, by: Actor) -> Iterator[str]:
    """The customer, their vehicles, and every ticket with its conversation, as one JSON object.

    Internal notes are part of it: what is written about a person is theirs to read. Comes piece by
    piece, since there is no end to how much it may be. Cost: a query for each ticket, and one for
    each PAGE of them. Raises NotFound, NotAllowed, before the first piece.
    """
    require_ticket_work(by)
    customer = get_customer(customer_id)
    if customer is None:
        raise NotFound(_("There is no such customer."))
    head = {
        "customer": _plain(customer, _CUSTOMER),
        "vehicles": [_plain(vehicle, _VEHICLE) for vehicle in vehicles_of(customer_id)],
    }
    return _pieces(head, customer_id)


def _pieces(head: dict[str, Any], customer_id: str) -> Iterator[str]:
    yield json.dumps(head, indent=1, ensure_ascii=False)[:-2] + ',\n "tickets": ['
    first, place = True, None
    while True:
        page = access.tickets_about(customer_id=customer_id, limit=PAGE, place=place)
        whole = access.tickets(ticket.ticket_id for ticket in page.rows)
        for row in page.rows:
            piece = json.dumps(_told(whole.get(row.ticket_id, row)), ensure_ascii=False)
            yield f"{'' if first else ','}\n  {piece}"
            first = False
        place = page.next
        if place is None:
            break
    yield "\n ]\n}\n"


def _told(ticket: Ticket) -> dict[str, Any]:
    lines = access.whole_log(ticket.ticket_id, most=MOST_LINES)
    return {
        **_plain(ticket, _TICKET),
        "conversation": [
            {
                **_plain(line, ("type", "direction", "content", "created_at")),
                "files": [attached.name for attached in line.attachments or ()],
            }
            for line in lines
            if line.type != CommunicationType.SYSTEM_UPDATE.value
        ],
    }


def _plain(item: Any, names: tuple[str, ...]) -> dict[str, Any]:
    written = item.serialize(null_check=False)
    attributes = item.get_attributes()
    found = {}
    for name in names:
        value = written.get(attributes[name].attr_name) or {}
        content: Any
        kind, content = next(iter(value.items()), ("NULL", None))
        if kind == "N":
            content = int(content)
        if kind == "L":
            content = [next(iter(one.values())) for one in content]
        found[attributes[name].attr_name] = None if kind == "NULL" else content
    return found
