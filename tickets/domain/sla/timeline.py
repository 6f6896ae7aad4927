"""The events that a ticket's clocks depend on, and the state that follows from them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from tickets.domain import instant
from tickets.domain.errors import NotCreatedFirst
from tickets.domain.ticket import Priority, Status
from tickets.domain.workflow import REOPEN_WITHIN, Event, EventType, State, after, priority_of


@dataclass(frozen=True)
class Timeline:
    """Events in order of time, and the state after the last one."""

    events: tuple[Event, ...]
    state: State

    @classmethod
    def begin(cls, at: datetime, priority: Priority, policy_key: str) -> "Timeline":
        """Return the timeline of a ticket that is created `at`."""
        instant.checked(at)
        created = Event(at, EventType.CREATED, priority, policy_key)
        state = State(
            Status.OPEN, priority, policy_key, created_at=at, last_at=at, needs_reply_since=at
        )
        return cls((created,), state)

    def then(self, event: Event, *, reopen_within: timedelta = REOPEN_WITHIN) -> "Timeline":
        """Return the timeline with one more event.

        Raises TimeRunsBackwards, or an EventRefused that says why the event is not allowed now.
        """
        state = after(self.state, event, reopen_within=reopen_within)
        return Timeline((*self.events, event), state)

    def without_last(self, kind: EventType) -> "Timeline":
        """Return the timeline without its last event of this kind; unchanged if there is none.

        Used to undo a merge: only what the other events allow without it may be removed.
        """
        for place in range(len(self.events) - 1, 0, -1):
            if self.events[place].type is kind:
                return Timeline.of((*self.events[:place], *self.events[place + 1 :]))
        return self

    def until(self, now: datetime) -> "Timeline":
        """Return the timeline of the events at or before `now`, which is not before the first."""
        if self.last_at <= now:
            return self
        return Timeline.of(event for event in self.events if event.at <= now)

    def states(self) -> list[State]:
        """Return the state after each event."""
        first = self.events[0]
        states = [Timeline.begin(first.at, priority_of(first), first.policy_key or "").state]
        for event in self.events[1:]:
            states.append(after(states[-1], event, reopen_within=timedelta.max))
        return states

    @classmethod
    def of(cls, events: Iterable[Event]) -> "Timeline":
        """Return the timeline of events that were accepted before."""
        whole = tuple(events)
        if not whole or whole[0].type is not EventType.CREATED:
            raise NotCreatedFirst
        state = Timeline.begin(whole[0].at, priority_of(whole[0]), whole[0].policy_key or "").state
        for event in whole[1:]:
            state = after(state, event, reopen_within=timedelta.max)
        return cls(whole, state)

    def dump(self) -> list[str]:
        """Return the stored form: one line for each event."""
        return [event.dump() for event in self.events]

    @classmethod
    def load(cls, lines: Iterable[str]) -> "Timeline":
        """Return the timeline that `dump` wrote."""
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
        """The number of the reopen cycle: 1, and one more with each reopening."""
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
    def needs_reply_since(self) -> datetime | None:
        """The first thing that the customer said since the last reply, the creation included; None
        while the ticket waits for them, and when it is done."""
        return self.state.needs_reply_since

    @property
    def resolved_at(self) -> datetime | None:
        return self.state.resolved_at

    @property
    def closed_at(self) -> datetime | None:
        return self.state.closed_at
