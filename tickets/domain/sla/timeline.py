"""What happened to a ticket, as far as its clocks care, and the state that follows from it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from tickets.domain import instant, workflow
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

REOPEN_WITHIN = timedelta(days=14)
"""How long after its closing a customer's message reopens a ticket, if nothing else is said."""


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
    """`priority` for created and priority, `terms_key` for created and policy."""

    at: datetime
    type: EventType
    priority: Priority | None = None
    policy_key: str | None = None

    def dump(self) -> str:
        """One line such as `2026-11-23T20:29:00Z priority Critical`."""
        words = [instant.text(self.at), self.type.value]
        words += [word for word in (self.priority, self.policy_key) if word]
        return " ".join(words)

    @classmethod
    def load(cls, line: str) -> "Event":
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


@dataclass(frozen=True)
class Timeline:
    """Events in order of time, and the state after the last one."""

    events: tuple[Event, ...]
    state: State

    @classmethod
    def begin(cls, at: datetime, priority: Priority, policy_key: str) -> "Timeline":
        """The timeline of a ticket that is created `at`."""
        instant.checked(at)
        created = Event(at, EventType.CREATED, priority, policy_key)
        state = State(Status.OPEN, priority, policy_key, created_at=at, last_at=at)
        return cls((created,), state)

    def then(self, event: Event, *, reopen_within: timedelta = REOPEN_WITHIN) -> "Timeline":
        """The timeline with one event more.

        Raises TimeRunsBackwards, or the EventRefused that says why this cannot happen now.
        """
        state = after(self.state, event, reopen_within=reopen_within)
        return Timeline((*self.events, event), state)

    def without_last(self, kind: EventType) -> "Timeline":
        """The timeline as if its last event of this kind had never been; itself, if there is none.

        Used to undo a merge: only what the rest of the events allow without it may be taken away.
        """
        for place in range(len(self.events) - 1, 0, -1):
            if self.events[place].type is kind:
                return Timeline.of((*self.events[:place], *self.events[place + 1 :]))
        return self

    def until(self, now: datetime) -> "Timeline":
        """The timeline of the events at or before `now`, which is not before the first."""
        if self.last_at <= now:
            return self
        return Timeline.of(event for event in self.events if event.at <= now)

    def states(self) -> list[State]:
        """The state after each event."""
        first = self.events[0]
        states = [Timeline.begin(first.at, _priority(first), first.policy_key or "").state]
        for event in self.events[1:]:
            states.append(after(states[-1], event, reopen_within=timedelta.max))
        return states

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Timeline":
        """The timeline of events that were accepted before."""
        whole = tuple(events)
        if not whole or whole[0].type is not EventType.CREATED:
            raise NotCreatedFirst
        state = Timeline.begin(whole[0].at, _priority(whole[0]), whole[0].policy_key or "").state
        for event in whole[1:]:
            state = after(state, event, reopen_within=timedelta.max)
        return cls(whole, state)

    def dump(self) -> list[str]:
        """One line an event."""
        return [event.dump() for event in self.events]

    @classmethod
    def load(cls, lines: Iterable[str]) -> "Timeline":
        """Read what `dump` wrote."""
        return cls.of(Event.load(line) for line in lines)

    @property
    def status(self) -> Status:
        return self.state.status

    @property
    def priority(self) -> Priority:
        return self.state.priority

    @property
    def policy_key(self) -> str:
        return self.state.policy_key

    @property
    def waiting(self) -> bool:
        return self.state.waiting

    @property
    def reopen_cycle(self) -> int:
        """1, and one more with each reopening."""
        return self.state.reopen_cycle

    @property
    def created_at(self) -> datetime:
        return self.state.created_at

    @property
    def last_at(self) -> datetime:
        return self.state.last_at

    @property
    def first_responded_at(self) -> datetime | None:
        return self.state.first_responded_at

    @property
    def resolved_at(self) -> datetime | None:
        return self.state.resolved_at

    @property
    def closed_at(self) -> datetime | None:
        return self.state.closed_at


def after(state: State, event: Event, *, reopen_within: timedelta) -> State:
    """The state after `event`. Raises as Timeline.then does."""
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
            return replace(state, first_responded_at=state.first_responded_at or at)
        case EventType.PRIORITY:
            return replace(state, priority=_priority(event))
        case EventType.POLICY:
            return replace(state, policy_key=event.policy_key or state.policy_key)
        case EventType.WAITING:
            if state.waiting:
                raise AlreadyWaiting
            if not state.status.active:
                raise CannotWait(state.status)
            return replace(state, status=Status.IN_PROGRESS, waiting=True)
        case EventType.RESUMED:
            if not state.waiting:
                raise NotWaiting
            return replace(state, waiting=False)
        case EventType.CUSTOMER_REPLIED:
            return _customer_replied(state, at, reopen_within)
        case EventType.REOPENED:
            if state.status.active:
                raise CannotReopen(state.status)
            return _reopened(state)
        case EventType.STARTED:
            if state.status is not Status.OPEN:
                allowed = workflow.ALLOWED[state.status]
                raise TransitionRefused(state.status, Status.IN_PROGRESS, allowed)
            return replace(state, status=Status.IN_PROGRESS)
        case EventType.REQUEUED:
            workflow.check(state.status, Status.OPEN)
            return replace(state, status=Status.OPEN, waiting=False)
        case EventType.RESOLVED:
            workflow.check(state.status, Status.RESOLVED)
            return replace(_done(state, at), status=Status.RESOLVED)
        case EventType.CLOSED | EventType.MERGED:
            workflow.check(state.status, Status.CLOSED)
            return replace(_done(state, at), status=Status.CLOSED, closed_at=at)


def _done(state: State, at: datetime) -> State:
    """A ticket that is done without a response has its response at that moment."""
    return replace(
        state,
        waiting=False,
        first_responded_at=state.first_responded_at or at,
        resolved_at=state.resolved_at or at,
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
        return replace(state, waiting=False)
    if state.closed_at and at - state.closed_at >= reopen_within:
        raise ClosedTooLongAgo(state.closed_at, reopen_within)
    return _reopened(state)


def _priority(event: Event) -> Priority:
    if event.priority is None:
        raise UnknownWord("a priority", event.priority, Priority)
    return event.priority
