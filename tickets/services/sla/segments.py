"""The customer segment that is a ticket's own, for tickets that an earlier release has opened.

To be removed with the next release but one.
"""

from collections.abc import Callable

from customers.domain.choices import Segment
from customers.services.read import get_customer
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from tickets.services.sla import policies
from tickets.store import queries
from tickets.store.ticket import Ticket


def store_segments(each: Callable[[], object] = lambda: None) -> int:
    """Store the segment of tickets that have none; return how many had none.

    To be run before anybody changes policies: which of them a ticket runs under tells of a segment
    that its customer no longer has. Reads the whole table, once after an upgrade, and writes each
    ticket that lacks it; safe to repeat, and beside people who work.
    """
    stored = 0
    for ticket, _log in queries.every_ticket():
        if ticket.segment is None:
            stored += _store(ticket)
        each()
    return stored


def _store(ticket: Ticket) -> bool:
    """Write the segment, unless somebody was quicker; return whether it was written here."""
    # Nobody has seen it and the clock does not ask it: no new version of the ticket.
    missing = Ticket.pk.exists() & Ticket.segment.does_not_exist()
    try:
        with Transaction() as write:
            write.update(ticket, [Ticket.segment.set(_segment_of(ticket))], missing)
    except ConditionFailed:
        return False
    return True


def _segment_of(ticket: Ticket) -> str:
    """The customer's segment, unless that has changed since the ticket got its policy."""
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
