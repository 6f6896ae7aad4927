"""Store the customer segment on tickets that an earlier release created without it.

To be removed with the release after next.
"""

from collections.abc import Callable

from customers.domain.choices import Segment
from customers.services.read import get_customer
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from tickets.services.sla import policies
from tickets.store import queries
from tickets.store.ticket import Ticket


def store_segments(each: Callable[[], object] = lambda: None) -> int:
    """Store the segment of tickets that have none; return how many.

    Run it before anybody changes policies: a ticket's policy tells which segment its customer had.
    Reads the whole table, once after an upgrade, and writes each ticket that lacks it; safe to
    repeat, and while people work.
    """
    stored = 0
    for ticket, _log in queries.every_ticket():
        if ticket.segment is None:
            stored += _store(ticket)
        each()
    return stored


def _store(ticket: Ticket) -> bool:
    """Write the segment unless it was written meanwhile; return whether it was written here."""
    # Pages do not show it and the clock does not use it: no new version of the ticket.
    missing = Ticket.pk.exists() & Ticket.segment.does_not_exist()
    try:
        with Transaction() as write:
            write.update(ticket, [Ticket.segment.set(_segment_of(ticket))], missing)
    except ConditionFailed:
        return False
    return True


def _segment_of(ticket: Ticket) -> str:
    """Return the customer's segment, unless it has changed since the ticket got its policy."""
    customer = get_customer(ticket.customer_id)
    present = customer.segment if customer else Segment.INDIVIDUAL.value
    category = ticket.category
    candidates = [present, *(segment.value for segment in Segment)]
    fitting = (
        segment
        for segment in candidates
        if policies.policy_applies(ticket.policy_id, category=category, segment=segment)
    )
    return next(fitting, present)
