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


@dataclass(frozen=True, slots=True)
class Fact:
    """`seconds` and `met` are those of a clock's end; rule and level are those of an escalation."""

    at: datetime
    kind: FactKind
    seconds: int = 0
    met: bool = False
    rule: str = ""
    level: int = 0


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


def facts_of(
    timeline: Timeline, terms: Mapping[str, PolicySnapshot], escalated: Iterable[Escalated]
) -> list[Fact]:
    """Return every fact of a ticket, in order of time. Raises as `clock.read` does."""
    reading = clock.read(timeline, terms, now=timeline.last_at)
    facts = [*_steps(timeline)]
    facts += [Fact(one.at, FactKind.ESCALATED, rule=one.rule, level=one.level) for one in escalated]
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
            )
        )
    return sorted(facts, key=lambda fact: fact.at)


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
