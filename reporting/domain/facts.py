"""The facts of a ticket that reports count.

Facts follow from the ticket as it is now, never from the order of its events: the same ticket
always has the same facts.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from tickets.domain.sla import clock
from tickets.domain.sla.policy import PolicySnapshot
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Status
from tickets.domain.workflow import EventType, State


class FactKind(StrEnum):
    CREATED = "created"
    RESOLVED = "resolved"
    """Became Resolved, or Closed directly; each time."""
    CLOSED = "closed"
    REOPENED = "reopened"
    ESCALATED = "escalated"
    RESPONSE = "response"
    """The first response; at most one for each ticket."""
    RESOLUTION = "resolution"
    """The last resolution, if the ticket has not been reopened since; at most one."""
    NEXT_RESPONSE = "next-response"
    """An answer to what the customer wrote after the first response; each that had a target."""
    REPLY = "reply"
    """A reply to the customer; each."""
    ASSIGNMENT = "assignment"
    """Somebody was assigned for the first time; at most one."""
    RETURNED = "returned"
    """A reply to the customer came back; each reply once."""


class Measure(StrEnum):
    """What is known of a ticket when it is resolved. Times are in working seconds."""

    REPLIES = "replies"
    ONE_TOUCH = "one-touch"
    """1 if it was resolved with a single reply, else 0."""
    FIRST_CONTACT = "first-contact"
    """1 if the customer did not have to write a second time, else 0."""
    OPEN = "open"
    IN_PROGRESS = "in-progress"
    """Without waiting."""
    WAITING = "waiting"
    """The time it waited for the customer."""
    DONE = "done"
    """The time it was resolved or closed before it was reopened."""


@dataclass(frozen=True, slots=True)
class Fact:
    """`seconds` and `met` are those of a clock's end; rule and level are those of an escalation.

    `measures` are those of a resolution. An assignment has `seconds`, and no target to miss.
    """

    at: datetime
    kind: FactKind
    seconds: int = 0
    met: bool = False
    rule: str = ""
    level: int = 0
    measures: tuple[tuple[Measure, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Escalated:
    """A rule that fired, or a manual escalation (`rule` is "manual")."""

    at: datetime
    rule: str
    level: int


@dataclass(frozen=True, slots=True)
class Dimensions:
    """What figures are grouped by, as the ticket is now. Empty: nobody, or no team."""

    priority: str
    category: str
    assignee: str = ""
    team: str = ""
    segment: str = ""
    merged: str = ""
    """The ticket that it was merged into. Empty: none."""
    channel: str = ""
    """How it reached the desk. Empty: not known."""
    make: str = ""
    """The make of its vehicle. Empty: none, or not known."""
    customer: str = ""
    """Empty: none, as of a ticket whose customer was deleted."""
    tags: str = ""
    """One a line."""


def facts_of(
    timeline: Timeline,
    terms: Mapping[str, PolicySnapshot],
    escalated: Iterable[Escalated],
    *,
    assigned_at: datetime | None = None,
    returned: Iterable[datetime] = (),
) -> list[Fact]:
    """Return every fact of a ticket, in order of time. Raises as `clock.read` does.

    `assigned_at` is when somebody was assigned for the first time, `returned` when replies came
    back.
    """
    reading = clock.read(timeline, terms, now=timeline.last_at)
    facts = [*_steps(timeline)]
    facts += [Fact(one.at, FactKind.ESCALATED, rule=one.rule, level=one.level) for one in escalated]
    facts += [Fact(at, FactKind.RETURNED) for at in returned]
    if assigned_at:
        waited = _working_seconds(timeline, terms, until=assigned_at)
        facts.append(Fact(assigned_at, FactKind.ASSIGNMENT, seconds=waited, met=True))
    if timeline.first_responded_at:
        facts.append(
            Fact(
                timeline.first_responded_at,
                FactKind.RESPONSE,
                seconds=reading.response.elapsed,
                met=reading.response.breached_at is None,
            )
        )
    if timeline.resolved_at:
        facts.append(
            Fact(
                timeline.resolved_at,
                FactKind.RESOLUTION,
                seconds=reading.resolution.elapsed,
                met=reading.resolution.breached_at is None,
                measures=_measures(timeline, terms, until=timeline.resolved_at),
            )
        )
    facts += [
        Fact(
            run.stopped_at,
            FactKind.NEXT_RESPONSE,
            seconds=run.elapsed,
            met=run.breached_at is None,
        )
        for run in reading.exchanges
        if run.stopped_at
    ]
    return sorted(facts, key=lambda fact: fact.at)


def _working_seconds(
    timeline: Timeline, terms: Mapping[str, PolicySnapshot], *, until: datetime
) -> int:
    """Return the working time since the creation of a ticket, whatever it waited for."""
    return sum(
        part.terms.calendar.working_seconds(part.start, part.end)
        for part in clock.stretches(timeline.until(until), terms, now=until)
    )


def _measures(
    timeline: Timeline, terms: Mapping[str, PolicySnapshot], *, until: datetime
) -> tuple[tuple[Measure, int], ...]:
    """Return what is known of a ticket at its resolution."""
    said = [event.type for event in timeline.events if event.at <= until]
    replies = said.count(EventType.RESPONDED)
    once = timeline.reopen_cycle == 1
    found = dict.fromkeys(Measure, 0) | {
        Measure.REPLIES: replies,
        Measure.ONE_TOUCH: int(once and replies == 1),
        Measure.FIRST_CONTACT: int(once and EventType.CUSTOMER_REPLIED not in said),
    }
    for part in clock.stretches(timeline.until(until), terms, now=until):
        found[_status(part.state)] += part.terms.calendar.working_seconds(part.start, part.end)
    return tuple((measure, number) for measure, number in found.items() if number)


def _status(state: State) -> Measure:
    if state.waiting:
        return Measure.WAITING
    if not state.status.active:
        return Measure.DONE
    return Measure.OPEN if state.status is Status.OPEN else Measure.IN_PROGRESS


def _steps(timeline: Timeline) -> Iterator[Fact]:
    yield Fact(timeline.created_at, FactKind.CREATED)
    states = timeline.states()
    for before, after in pairwise(states):
        if before.status.active and not after.status.active:
            yield Fact(after.last_at, FactKind.RESOLVED)
        if before.status is not Status.CLOSED and after.status is Status.CLOSED:
            yield Fact(after.last_at, FactKind.CLOSED)
        if not before.status.active and after.status.active:
            yield Fact(after.last_at, FactKind.REOPENED)
    for event in timeline.events:
        if event.type is EventType.RESPONDED:
            yield Fact(event.at, FactKind.REPLY)
