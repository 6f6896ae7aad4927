"""Change a ticket's status, and let it wait for the customer."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from helpdesk.accounts.actors import Actor
from tickets.domain import events, workflow
from tickets.domain.errors import MergedAway, UndoRefused
from tickets.domain.ticket import LogEvent, Status
from tickets.domain.workflow import Event, EventType
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.custom_fields import require_to_resolve
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.validation import Checks
from tickets.store.items import Communication
from tickets.store.ticket import Ticket

UNDO_WITHIN = timedelta(minutes=10)
"""How long a closing can be undone; after that the ticket is reopened."""

_STEP = {
    Status.OPEN: EventType.REQUEUED,
    Status.RESOLVED: EventType.RESOLVED,
    Status.CLOSED: EventType.CLOSED,
}


def change_status(
    ticket_id: str,
    *,
    to: str,
    by: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> Ticket:
    """Change a ticket's status to `to`.

    Raises Invalid for a word that is no status, or for a custom field that is missing;
    TransitionRefused, which names the allowed ones;
    NotFound, NotAllowed, StaleVersion, Busy.
    """
    checks = Checks()
    wanted = checks.word("status", to, Status)
    checks.done()

    assert wanted is not None  # noqa: S101 (for the type checker)
    return change(ticket_id, lambda draft: step(draft, wanted), by=by, version=version, now=now)


def step(draft: Draft, wanted: Status) -> None:
    """Change the status of a draft. Raises TransitionRefused, MergedAway; Invalid if a custom field
    is missing that is required on resolving."""
    current = draft.timeline.status
    if draft.ticket.merged_into:
        raise MergedAway(draft.ticket.merged_into)
    workflow.check(current, wanted)
    if current.active and not wanted.active:
        require_to_resolve(draft.ticket)
    draft.apply(_event(current, wanted))
    if not wanted.active:
        draft.emit(events.Closed() if wanted is Status.CLOSED else events.Resolved())


def may_undo_close(ticket: Ticket, *, now: datetime) -> bool:
    """Return whether a ticket was closed a moment ago and has not gone on since. No read."""
    last = Event.load(ticket.timeline[-1])
    was_closed = last.type is EventType.CLOSED and not ticket.archived_at
    return was_closed and now - last.at <= UNDO_WITHIN


def closed_by(log: Sequence[Communication]) -> str | None:
    """Return who changed the status last in these entries; None if nobody did."""
    return next(
        (
            line.created_by
            for line in reversed(log)
            if any(one.field == "status" for one in line.changes or ())
        ),
        None,
    )


def undo_close(
    ticket_id: str, *, by: Actor, version: int | None = None, now: datetime | None = None
) -> Ticket:
    """Undo a closing of a moment ago, as if the ticket had never been closed.

    Unlike a reopening: status, clocks, level and milestones are what they would be, and no reopen
    cycle begins; milestones that passed meanwhile fire now. Raises UndoRefused after UNDO_WITHIN,
    or if the status has changed since; NotFound, NotAllowed, StaleVersion, Busy.
    """

    def withdraw(draft: Draft) -> None:
        if not may_undo_close(draft.ticket, now=draft.at):
            raise UndoRefused
        draft.withdraw(EventType.CLOSED)
        draft.log_changes(LogEvent.CLOSING_UNDONE)

    return change(ticket_id, withdraw, by=by, version=version, now=now)


def wait(
    ticket_id: str, *, by: Actor, version: int | None = None, now: datetime | None = None
) -> Ticket:
    """Let the ticket wait for the customer, which pauses the resolution clock.

    Raises EventRefused if it is waiting or done already; NotFound, NotAllowed, StaleVersion, Busy.
    """
    return change(
        ticket_id, lambda draft: draft.apply(EventType.WAITING), by=by, version=version, now=now
    )


def resume(
    ticket_id: str, *, by: Actor, version: int | None = None, now: datetime | None = None
) -> Ticket:
    """End a wait without a message from the customer. Raises as `wait` does."""
    return change(
        ticket_id, lambda draft: draft.apply(EventType.RESUMED), by=by, version=version, now=now
    )


def _event(current: Status, wanted: Status) -> EventType:
    if wanted is Status.IN_PROGRESS:
        return EventType.STARTED if current is Status.OPEN else EventType.REOPENED
    return _STEP[wanted]
