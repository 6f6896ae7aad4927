"""A list of tickets with their custom fields, as rows for a spreadsheet program."""

from collections.abc import Iterator
from typing import Any

from customers.services.read import customer_names
from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.accounts.people import names_of
from helpdesk.audit.record import record
from helpdesk.custom_fields.columns import cells, columns_of, heads
from helpdesk.custom_fields.definition import RecordKind
from tickets.domain.filters import Filters
from tickets.services.lists.find import find
from tickets.store.ticket import Ticket

PAGE = 100
COLUMNS = (
    *("ticket_id", "subject", "status", "priority", "category", "channel", "customer_id"),
    *("vehicle_id", "created_at", "updated_at", "resolved_at", "closed_at", "sla_deadline"),
    "escalation_level",
)


def rows(filters: Filters, *, by: Actor) -> Iterator[list[Any]]:
    """Return the tickets of a list in its order, a head first; a list has no limit.

    Written into the audit record. Raises NotAllowed for all but supervisors. Cost: for each PAGE of
    tickets as `find`, an SQL query and a batch read.
    """
    require_supervision(by)
    record("ticket", "exported", "ticket:list", by=by.user_id)
    return _rows(filters, by)


def _rows(filters: Filters, by: Actor) -> Iterator[list[Any]]:
    keys = columns_of(RecordKind.TICKET)
    attributes = Ticket.get_attributes()
    names = [attributes[name].attr_name for name in COLUMNS]
    yield [*names, "customer", "assignee", "tags", *heads(keys)]
    place: str | None = None
    while True:
        found = find(filters, by=by, cursor_text=place, limit=PAGE, whole=True, snippets=False)
        customers = customer_names(ticket.customer_id for ticket in found.tickets)
        people = names_of(ticket.assigned_to for ticket in found.tickets)
        for ticket in found.tickets:
            yield [
                *(getattr(ticket, name) for name in COLUMNS),
                customers.get(ticket.customer_id, ""),
                people.get(ticket.assigned_to or "", ""),
                ", ".join(ticket.tags),
                *cells(keys, ticket.custom_fields),
            ]
        place = found.next
        if place is None:
            return
