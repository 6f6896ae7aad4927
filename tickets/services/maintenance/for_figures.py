"""Store what figures need on tickets of an earlier release: first assignments, returned replies.

To be removed with the release after next.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from helpdesk.dynamo.transaction import Action, ConditionFailed, Contended, Transaction
from helpdesk.mail.reading import ReportKind
from tickets.domain import instant
from tickets.domain.ticket import LogEvent
from tickets.services.email.incoming.bounces import is_reply
from tickets.store import queries
from tickets.store.items import Communication
from tickets.store.ticket import Ticket

MOST_LINES = 100_000
ATTEMPTS = 8


def store_for_figures(each: Callable[[], object] = lambda: None) -> int:
    """Store when tickets were first assigned, and which replies came back; return of how many.

    Reads the whole table, once after an upgrade; safe to repeat, and while people work: the log of
    a ticket that changes meanwhile is read again.
    """
    stored = 0
    for ticket, log in queries.every_ticket():
        stored += _store(ticket, log)
        each()
    return stored


def _store(ticket: Ticket, log: Sequence[Communication]) -> bool:
    """Write what the log says, unless the ticket says it; return whether it was written."""
    found: Ticket | None = ticket
    for attempt in range(ATTEMPTS):
        if found is None:
            return False
        if attempt:
            log = queries.whole_log(found.ticket_id, most=MOST_LINES)
        assigned_at, returned = first_assigned_at(found, log), returned_replies(log) or None
        if (found.first_assigned_at, found.returned_replies) == (assigned_at, returned):
            return False
        actions: list[Action] = [
            Ticket.first_assigned_at.set(assigned_at)
            if assigned_at
            else Ticket.first_assigned_at.remove(),
            Ticket.returned_replies.set(returned) if returned else Ticket.returned_replies.remove(),
            # A new version: whoever has read the ticket without it would write it without it.
            Ticket.version.set(found.version + 1),
        ]
        try:
            with Transaction() as write:
                write.update(found, actions, Ticket.version == found.version)
        except (ConditionFailed, Contended):
            found = queries.ticket(ticket.ticket_id)
            continue
        return True
    return False


def first_assigned_at(ticket: Ticket, log: Sequence[Communication]) -> datetime | None:
    """Return when somebody was assigned for the first time; None if nobody ever was."""
    for line in log:
        for change in line.changes or ():
            if change.field == "assignedTo":
                return ticket.created_at if change.before else line.created_at
    return ticket.created_at if ticket.assigned_to else None


def returned_replies(log: Sequence[Communication]) -> list[str]:
    """Return the replies that came back, each once: its id, and when."""
    replies = {line.communication_id for line in log if is_reply(line)}
    found: dict[str, str] = {}
    for line in log:
        kind, _space, number = (line.reference or "").partition(" ")
        if (
            line.event == LogEvent.DELIVERY_REPORT
            and kind == ReportKind.FAILED
            and number in replies
        ):
            found.setdefault(number, f"{number} {instant.text(line.created_at)}")
    return list(found.values())
