"""What else is open, beside a ticket: the other tickets of its customer or for its vehicle."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from tickets.store import search
from tickets.store.other_tickets import NamedTicket, newest_named
from tickets.store.ticket import Ticket

READ = 50
"""The newest tickets among which open ones are named."""

MOST_NAMED = 10
ENOUGH = 5
"""With fewer open ones than these, the newest of the done ones are named, too."""

MOST_COUNTED = 1_000


@dataclass(frozen=True)
class OtherTickets:
    """Other tickets: open ones first, each group the newest first."""

    named: Sequence[NamedTicket]
    open: int
    """How many are open, up to MOST_COUNTED, whether they are named or not."""
    more: bool = False
    """Whether there are more than were counted."""


def others_of_customer(ticket: Ticket) -> OtherTickets:
    """Return the other tickets of a ticket's customer.

    Cost: one query; one SQL query more if there are more than READ.
    """
    customer_id = str(ticket.customer_id)
    rows = newest_named(customer_id=customer_id, limit=READ + 1)
    count = sum(row.status.active for row in _others(rows, ticket))
    if len(rows) > READ:
        active = Q(customer=customer_id, active=True) & ~Q(number=int(ticket.ticket_id))
        [count] = search.counted(search.counting([active], most=MOST_COUNTED + 1))
    return OtherTickets(_first(rows, ticket), min(count, MOST_COUNTED), count > MOST_COUNTED)


def others_of_vehicle(ticket: Ticket) -> Sequence[NamedTicket]:
    """Return the other tickets for a ticket's vehicle under any owner; none for a ticket without a
    vehicle. One query, or none."""
    if not ticket.vehicle_id:
        return ()
    return _first(newest_named(vehicle_id=ticket.vehicle_id, limit=READ + 1), ticket)


def _others(rows: Sequence[NamedTicket], ticket: Ticket) -> list[NamedTicket]:
    return [row for row in rows[:READ] if row.ticket_id != ticket.ticket_id]


def _first(rows: Sequence[NamedTicket], ticket: Ticket) -> list[NamedTicket]:
    others = sorted(_others(rows, ticket), key=lambda row: not row.status.active)
    active = sum(row.status.active for row in others)
    return others[: min(max(active, ENOUGH), MOST_NAMED)]
