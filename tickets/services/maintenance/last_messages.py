"""Store the last message, and since when a reply is awaited, on tickets of an earlier release.

To be removed with the release after next.
"""

from collections.abc import Callable

from helpdesk.dynamo.transaction import Action, ConditionFailed, Contended, Transaction
from tickets.domain.sla.timeline import Timeline
from tickets.services.lifecycle.log_entries import author_of, last_message_of
from tickets.store import queries
from tickets.store.ticket import Ticket

MOST_LINES = 100_000
ATTEMPTS = 8


def store_last_messages(each: Callable[[], object] = lambda: None) -> int:
    """Store the last message of tickets that have none; return how many.

    Reads the whole table, once after an upgrade, and the log of each ticket that lacks it, which it
    writes; safe to repeat, and while people work: a ticket that changes meanwhile is read again.
    """
    stored = 0
    for ticket, _log in queries.every_ticket():
        stored += _store(ticket)
        each()
    return stored


def _store(ticket: Ticket) -> bool:
    """Write the last message, unless there is one; return whether it was written."""
    found: Ticket | None = ticket
    for _attempt in range(ATTEMPTS):
        if found is None or found.sla.last_message:
            return False
        # After the ticket: a message that came in between has changed its version.
        message = last_message_of(queries.whole_log(found.ticket_id, most=MOST_LINES))
        if message is None:
            return False
        found.sla.last_message = message.communication_id
        found.sla.last_author = author_of(message)
        found.sla.needs_reply_since = Timeline.load(found.timeline).needs_reply_since
        # A new version: whoever has read the ticket without it would write it without it.
        actions: list[Action] = [Ticket.sla.set(found.sla), Ticket.version.set(found.version + 1)]
        try:
            with Transaction() as write:
                write.update(found, actions, Ticket.version == found.version)
        except (ConditionFailed, Contended):
            found = queries.ticket(ticket.ticket_id)
            continue
        return True
    return False
