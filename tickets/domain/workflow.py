"""The state machine of a ticket (SLA.md, "Workflow"): allowed status changes, and the effect of
each event."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from tickets.domain import instant
from tickets.domain.errors import (
    AlreadyWaiting,
    CannotReopen,
    CannotWait,
    ClosedTooLongAgo,
    NotCreatedFirst,
    NotWaiting,
    TimeRunsBackwards,
    TransitionRefused,
    UnknownWord,
)
from tickets.domain.ticket import Priority, Status

ALLOWED: Mapping[Status, tuple[Status, ...]] = MappingProxyType(
    {
        Status.OPEN: (Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED),
        Status.IN_PROGRESS: (Status.OPEN, Status.RESOLVED, Status.CLOSED),
        Status.RESOLVED: (Status.IN_PROGRESS, Status.CLOSED),
        Status.CLOSED: (Status.IN_PROGRESS,),
    }
)


def check(current: Status, wanted: Status) -> None:
    """Raise TransitionRefused, which names the allowed statuses, unless `wanted` can follow."""
    if wanted not in ALLOWED[current]:
        raise TransitionRefused(current, wanted, ALLOWED[current])


REOPEN_WITHIN = timedelta(days=14)
"""How long after its closing a customer's message reopens a ticket, by default."""


class EventType(StrEnum):
    CREATED = "created"
    RESPONDED = "responded"
    PRIORITY = "priority"
    WAITING = "waiting"
    CUSTOMER_REPLIED = "customer_replied"
    RESUMED = "resumed"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"
    # Live tickets only; a scenario does not know these.
    STARTED = "started"  # Open to In Progress by hand
    REQUEUED = "requeued"  # In Progress to Open by hand; ends a wait
    POLICY = "policy"  # other terms apply
    MERGED = "merged"  # closed as a duplicate; taken away again when the merge is undone


@dataclass(frozen=True, slots=True)
class Event:
    """`priority` for created and priority, `policy_key` for created and policy."""

    at: datetime
    type: EventType
    priority: Priority | None = None
    policy_key: str | None = None

    def dump(self) -> str:
        """Return a line such as `2026-11-23T20:29:00Z priority Critical`."""
        words = [instant.text(self.at), self.type.value]
        words += [word for word in (self.priority, self.policy_key) if word]
        return " ".join(words)

    @classmethod
    def load(cls, line: str) -> "Event":
        """Return the event that a stored line of a timeline has: instant, type, and its priority or
        policy. Raises ValueError for a word that is unknown."""
        at, kind, *rest = line.split(" ")
        event_type = EventType(kind)
        priority = Priority(rest.pop(0)) if event_type in _WITH_PRIORITY else None
        return cls(instant.parse(at), event_type, priority, rest[0] if rest else None)


_WITH_PRIORITY = (EventType.CREATED, EventType.PRIORITY)


@dataclass(frozen=True, slots=True)
class State:
    """A ticket after an event."""

    status: Status
    priority: Priority
    policy_key: str
    created_at: datetime
    last_at: datetime
    waiting: bool = False
    reopen_cycle: int = 1
    first_responded_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    needs_reply_since: datetime | None = None
    """When the customer said what nobody has answered: as long as it is the desk's turn."""
    unanswered_since: datetime | None = None
    """When the customer wrote, after the first response, what has not been answered since."""
    exchange: int = 0
    """How many such messages have waited for an answer; the present one is the last."""


def after(state: State, event: Event, *, reopen_within: timedelta) -> State:
    """Return the state after `event`. Raises as Timeline.then does."""
    at = instant.checked(event.at)
    if at < state.last_at:
        raise TimeRunsBackwards(at, state.last_at)
    state = replace(state, last_at=at)
    match event.type:
        case EventType.CREATED:
            raise NotCreatedFirst
        case EventType.RESPONDED:
            if state.status is Status.OPEN:
                state = replace(state, status=Status.IN_PROGRESS)
            return replace(
                state,
                first_responded_at=state.first_responded_at or at,
                needs_reply_since=None,
                unanswered_since=None,
            )
        case EventType.PRIORITY:
            return replace(state, priority=priority_of(event))
        case EventType.POLICY:
            return replace(state, policy_key=event.policy_key or state.policy_key)
        case EventType.WAITING:
            if state.waiting:
                raise AlreadyWaiting
            if not state.status.active:
                raise CannotWait(state.status)
            return replace(state, status=Status.IN_PROGRESS, waiting=True, needs_reply_since=None)
        case EventType.RESUMED:
            if not state.waiting:
                raise NotWaiting
            return replace(state, waiting=False)
        case EventType.CUSTOMER_REPLIED:
            said = _customer_replied(state, at, reopen_within)
            return replace(said, needs_reply_since=state.needs_reply_since or at)
        case EventType.REOPENED:
            if state.status.active:
                raise CannotReopen(state.status)
            return _reopened(state)
        case EventType.STARTED:
            if state.status is not Status.OPEN:
                allowed = ALLOWED[state.status]
                raise TransitionRefused(state.status, Status.IN_PROGRESS, allowed)
            return replace(state, status=Status.IN_PROGRESS)
        case EventType.REQUEUED:
            check(state.status, Status.OPEN)
            return replace(state, status=Status.OPEN, waiting=False)
        case EventType.RESOLVED:
            check(state.status, Status.RESOLVED)
            return replace(_done(state, at), status=Status.RESOLVED)
        case EventType.CLOSED | EventType.MERGED:
            check(state.status, Status.CLOSED)
            return replace(_done(state, at), status=Status.CLOSED, closed_at=at)


def _done(state: State, at: datetime) -> State:
    """Return the state with a response at this moment, if the ticket is done without one."""
    return replace(
        state,
        waiting=False,
        first_responded_at=state.first_responded_at or at,
        resolved_at=state.resolved_at or at,
        needs_reply_since=None,
        unanswered_since=None,
    )


def _reopened(state: State) -> State:
    return replace(
        state,
        status=Status.IN_PROGRESS,
        reopen_cycle=state.reopen_cycle + 1,
        resolved_at=None,
        closed_at=None,
    )


def _customer_replied(state: State, at: datetime, reopen_within: timedelta) -> State:
    if state.status.active:
        return _unanswered(replace(state, waiting=False), at)
    if state.closed_at and at - state.closed_at >= reopen_within:
        raise ClosedTooLongAgo(state.closed_at, reopen_within)
    return _unanswered(_reopened(state), at)


def _unanswered(state: State, at: datetime) -> State:
    """Return the state with a message that waits for an answer: the first one since the last
    answer. Before the first response that time belongs to Response."""
    if state.first_responded_at is None or state.unanswered_since:
        return state
    return replace(state, unanswered_since=at, exchange=state.exchange + 1)


def priority_of(event: Event) -> Priority:
    """Return the event's priority. Raises UnknownWord if it has none."""
    if event.priority is None:
        raise UnknownWord("a priority", event.priority, Priority)
    return event.priority
