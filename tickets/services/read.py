"""Read one ticket with everything that its page shows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.translation import gettext as _

from customers.services.read import get_customer, get_vehicle
from customers.store.items import Customer, Vehicle
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.errors import NotFound
from tickets.domain.sla.sla_status import SlaFacts
from tickets.services.customer_records.other_tickets import (
    OtherTickets,
    others_of_customer,
    others_of_vehicle,
)
from tickets.store import queries, ticket_numbers
from tickets.store.items import Communication, Escalation
from tickets.store.other_tickets import NamedTicket
from tickets.store.queries import TicketWithLog
from tickets.store.ticket import Ticket

LOG_LINES = 50
FIRST_LINES = 100

MOST_SHOWN = 300_000
"""Characters of HTML that the messages on one page come to, about; earlier ones are a page of their
own. Fifty messages of 6,000 characters fit."""


@dataclass(frozen=True)
class TicketPage:
    """A ticket, its customer and vehicle, and the newest entries of its log, oldest first.

    `customers_others` are other tickets of the customer, `vehicles_others` those for the vehicle
    that are not named among them.
    """

    ticket: Ticket
    customer: Customer | None
    vehicle: Vehicle | None
    log: list[Communication]
    older: str | None
    customers_others: OtherTickets
    vehicles_others: Sequence[NamedTicket]


def ticket_page(ticket_id: str, *, by: Actor) -> TicketPage:
    """Return everything that a ticket's page shows. Cost: three queries and two reads, and a SQL
    query of a customer with many tickets.

    Raises NotFound, NotAllowed.
    """
    found = ticket_with_newest_lines(ticket_id, most=LOG_LINES, by=by)
    if found is None:
        raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
    ticket = found.ticket
    vehicle = get_vehicle(ticket.customer_id, ticket.vehicle_id) if ticket.vehicle_id else None
    others = others_of_customer(ticket)
    return TicketPage(
        ticket,
        get_customer(ticket.customer_id),
        vehicle,
        found.log,
        found.older,
        others,
        [other for other in others_of_vehicle(ticket) if other not in others.named],
    )


def ticket_with_newest_lines(ticket_id: str, *, most: int, by: Actor) -> TicketWithLog | None:
    """Return a ticket and the newest entries of its log: at most `most`, and what fits on a page.
    One query. Raises NotAllowed."""
    require_ticket_work(by)
    found = queries.ticket_with_log(ticket_id, limit=most)
    return found and TicketWithLog(found.ticket, *_fitting(found.log, found.older))


def _fitting(log: list[Communication], older: str | None) -> tuple[list[Communication], str | None]:
    """Return the newest of these entries whose HTML is MOST_SHOWN, at least one, and where to
    continue."""
    shown = 0
    for place in range(len(log) - 1, -1, -1):
        shown += len(escape(log[place].content))
        if shown > MOST_SHOWN and place < len(log) - 1:
            return log[place + 1 :], log[place + 1].communication_id
    return log, older


def ticket_from_first_line(ticket_id: str, *, after: str | None, by: Actor) -> TicketWithLog:
    """Return a ticket and the oldest FIRST_LINES entries of its log, or those after the entry
    `after`.

    `older` is then the entry to continue after. One query, or one and a read. Raises NotFound,
    NotAllowed.
    """
    require_ticket_work(by)
    found = queries.ticket_with_first_lines(ticket_id, after=after, limit=FIRST_LINES)
    if found is None:
        raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
    return found


def older_log(ticket_id: str, *, before: str, by: Actor) -> tuple[list[Communication], str | None]:
    """Return the entries of a log before `before` that fit on a page, oldest first, and where to
    continue. One query."""
    require_ticket_work(by)
    return _fitting(*queries.older_log(ticket_id, before=before, limit=LOG_LINES))


def log_since(ticket_id: str, *, seen: str, by: Actor) -> list[Communication]:
    """Return the entries written since the ticket's `last_id` was `seen`. One query."""
    require_ticket_work(by)
    return queries.log_after(ticket_id, after=seen, limit=LOG_LINES) if seen else []


def last_ticket_number() -> int:
    """Return the last ticket number that was used; 0 before the first. One read."""
    return ticket_numbers.last_ticket_number()


def desk_is_empty() -> bool:
    """Return whether no ticket was ever created. One read."""
    return last_ticket_number() == 0


def get_tickets(ticket_ids: Iterable[str]) -> dict[str, Ticket]:
    """Return the tickets that exist, by id, as they are now. One read for each hundred."""
    return queries.tickets(ticket_ids)


def escalations_of(ticket_id: str) -> list[Escalation]:
    """Return every escalation of a ticket, in all reopen cycles. One query."""
    return queries.escalations(ticket_id)


def every_ticket() -> Iterator[tuple[Ticket, list[Communication]]]:
    """Yield every ticket with its log. Reads the whole table: only for rebuilding derived data."""
    return queries.every_ticket()


def sla_facts(ticket: Ticket) -> SlaFacts:
    """Return what the ticket stores of its clocks, for `tickets.domain.sla.sla_status`."""
    sla = ticket.sla
    return SlaFacts(
        status=ticket.status,
        waiting=bool(ticket.waiting),
        first_responded_at=sla.first_responded_at,
        response_deadline=sla.response_deadline,
        response_at_risk_at=sla.response_at_risk_at,
        response_breached_at=sla.response_breached_at,
        resolved_at=ticket.resolved_at,
        resolution_deadline=sla.resolution_deadline,
        resolution_at_risk_at=sla.resolution_at_risk_at,
        resolution_breached_at=sla.resolution_breached_at,
        next_response_deadline=sla.next_response_deadline,
        next_response_at_risk_at=sla.next_response_at_risk_at,
        next_response_breached=bool(sla.next_response_breaches),
    )
