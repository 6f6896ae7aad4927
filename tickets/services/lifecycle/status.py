"""Change a ticket's status, and let it wait for the customer."""

from datetime import datetime

from helpdesk.accounts.actors import Actor
from tickets.domain import events, workflow
from tickets.domain.errors import MergedAway
from tickets.domain.ticket import Status
from tickets.domain.workflow import EventType
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.validation import Checks
from tickets.store.ticket import Ticket

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

    Raises Invalid for a word that is no status; TransitionRefused, which names the allowed ones;
    NotFound, NotAllowed, StaleVersion, Busy.
    """
    checks = Checks()
    wanted = checks.word("status", to, Status)
    checks.done()

    assert wanted is not None  # noqa: S101 (for the type checker)
    return change(ticket_id, lambda draft: step(draft, wanted), by=by, version=version, now=now)


def step(draft: Draft, wanted: Status) -> None:
    """Change the status of a draft. Raises TransitionRefused, MergedAway."""
    current = draft.timeline.status
    if draft.ticket.merged_into:
        raise MergedAway(draft.ticket.merged_into)
    workflow.check(current, wanted)
    draft.apply(_event(current, wanted))
    if not wanted.active:
        draft.emit(events.Closed() if wanted is Status.CLOSED else events.Resolved())


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
