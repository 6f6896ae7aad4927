"""Milestones, at which escalation rules fire (SLA.md, "Milestones and escalation")."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from tickets.domain.errors import HighestLevelReached
from tickets.domain.sla.clock import Clock, Reading
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Priority

MAX_LEVEL = 3


class Trigger(StrEnum):
    CRITICAL = "critical"
    RESPONSE_AT_RISK = "response-at-risk"
    RESPONSE_BREACHED = "response-breached"
    NEXT_RESPONSE_AT_RISK = "next-response-at-risk"
    NEXT_RESPONSE_BREACHED = "next-response-breached"
    RESOLUTION_AT_RISK = "resolution-at-risk"
    RESOLUTION_BREACHED = "resolution-breached"
    RESOLUTION_OVERDUE = "resolution-overdue"


_ORDER = {trigger: place for place, trigger in enumerate(Trigger)}


class Notify(StrEnum):
    ASSIGNEE = "assignee"
    TEAM = "team"  # when nobody is assigned
    SUPERVISORS = "supervisors"


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires at most once until a ticket is reopened; on next response, once for each run. Level 0
    leaves the ticket's level unchanged."""

    key: str
    trigger: Trigger
    level: int = 0
    notify: frozenset[Notify] = frozenset()
    reassign_to: str | None = None  # a user's id
    reassign_to_team: str | None = None  # a team's id; its members take the ticket
    since: datetime | None = None
    """What was due before does not fire: the rule is younger. None: it always was there."""


DEFAULT_RULES = (
    Rule("critical-created", Trigger.CRITICAL, 1, frozenset({Notify.SUPERVISORS})),
    Rule(
        "response-at-risk", Trigger.RESPONSE_AT_RISK, 0, frozenset({Notify.ASSIGNEE, Notify.TEAM})
    ),
    Rule(
        "response-breached",
        Trigger.RESPONSE_BREACHED,
        1,
        frozenset({Notify.ASSIGNEE, Notify.SUPERVISORS}),
    ),
    Rule("resolution-at-risk", Trigger.RESOLUTION_AT_RISK, 0, frozenset({Notify.ASSIGNEE})),
    Rule(
        "resolution-breached",
        Trigger.RESOLUTION_BREACHED,
        2,
        frozenset({Notify.ASSIGNEE, Notify.SUPERVISORS}),
    ),
    Rule("resolution-overdue", Trigger.RESOLUTION_OVERDUE, 3, frozenset({Notify.SUPERVISORS})),
)
"""The rules of SLA.md."""

NEXT_RESPONSE_RULES = (
    Rule(
        "next-response-at-risk",
        Trigger.NEXT_RESPONSE_AT_RISK,
        0,
        frozenset({Notify.ASSIGNEE, Notify.TEAM}),
    ),
    Rule(
        "next-response-breached",
        Trigger.NEXT_RESPONSE_BREACHED,
        1,
        frozenset({Notify.ASSIGNEE, Notify.SUPERVISORS}),
    ),
)
"""Those of next response, like those of the first. They come with a policy that has the target."""


@dataclass(frozen=True, slots=True)
class Milestone:
    """A rule and the instant of its trigger.

    `reached_at` is when the clock reached the trigger's share. `due_at` is the later of that and
    the beginning of the clock's current run, since a change of policy can move it into the past.
    """

    rule: Rule
    reached_at: datetime
    due_at: datetime
    exchange: int | None = None
    """The number of the run of next response that it belongs to."""

    @property
    def key(self) -> str:
        """What fires at most once until the ticket is reopened. No rule's own key has a dot."""
        return f"{self.rule.key}.{self.exchange}" if self.exchange else self.rule.key


def plan(
    timeline: Timeline, reading: Reading, rules: Iterable[Rule], *, fired: Collection[str]
) -> tuple[Milestone, ...]:
    """Return the milestones of running clocks, past and future, in order.

    `reading` is the reading of the timeline at its last event or later; when exactly makes no
    difference. `fired` holds the keys of milestones that have fired since the ticket was last
    reopened; they are left out, as are milestones from before their rule came into force. A paused
    or stopped clock has none.
    """
    planned = [
        found
        for rule in rules
        if (found := _milestone(rule, timeline, reading))
        and found.key not in fired
        and not (rule.since and found.due_at < rule.since)
    ]
    return tuple(sorted(planned, key=lambda found: (found.due_at, _ORDER[found.rule.trigger])))


def passed(milestones: Iterable[Milestone], now: datetime) -> tuple[Milestone, ...]:
    """Return the milestones that have passed at `now`. A clock exactly at its deadline is not
    breached."""
    return tuple(found for found in milestones if found.reached_at < now and found.due_at <= now)


def may_have_passed(priority: Priority, reached: Iterable[datetime | None], now: datetime) -> bool:
    """Return whether a milestone can have passed at `now`, without reading the clock.

    `reached` are the instants of all clocks' smallest share of their target and of its end, as a
    reading has them: before the first of them no rule fires, except those for Critical tickets.
    """
    return priority is Priority.CRITICAL or any(at is not None and at < now for at in reached)


def next_at(milestones: Iterable[Milestone]) -> datetime | None:
    """Return the instant at which a sweep should read the ticket; None if there are no
    milestones."""
    return min((found.due_at for found in milestones), default=None)


def manual_level(current: int) -> int:
    """Return the level after a manual escalation. Raises HighestLevelReached."""
    if current >= MAX_LEVEL:
        raise HighestLevelReached(current)
    return current + 1


def _milestone(rule: Rule, timeline: Timeline, reading: Reading) -> Milestone | None:
    if rule.trigger is Trigger.CRITICAL:
        became = _critical_since(timeline)
        return Milestone(rule, became - timedelta(seconds=1), became) if became else None
    of = _clock_of(rule.trigger, reading)
    reached_at = _reached(rule.trigger, of) if of else None
    if of is None or reached_at is None:
        return None
    exchange = timeline.state.exchange if of is reading.next_response else None
    return Milestone(rule, reached_at, max(reached_at, of.since), exchange)


def _clock_of(trigger: Trigger, reading: Reading) -> Clock | None:
    match trigger:
        case Trigger.RESPONSE_AT_RISK | Trigger.RESPONSE_BREACHED:
            return reading.response
        case Trigger.NEXT_RESPONSE_AT_RISK | Trigger.NEXT_RESPONSE_BREACHED:
            return reading.next_response
        case _:
            return reading.resolution


def _reached(trigger: Trigger, of: Clock) -> datetime | None:
    match trigger:
        case Trigger.RESPONSE_AT_RISK | Trigger.NEXT_RESPONSE_AT_RISK | Trigger.RESOLUTION_AT_RISK:
            return of.at_risk_at
        case Trigger.RESOLUTION_OVERDUE:
            return of.overdue_at
        case _:
            return of.deadline


def _critical_since(timeline: Timeline) -> datetime | None:
    """Return when the ticket became Critical in this reopen cycle; None if it is not Critical."""
    if timeline.priority is not Priority.CRITICAL or not timeline.status.active:
        return None
    states = timeline.states()
    since = states[0].last_at if states[0].priority is Priority.CRITICAL else None
    for before, state in pairwise(states):
        if state.reopen_cycle != before.reopen_cycle:
            since = None
        elif state.priority is not before.priority:
            since = state.last_at if state.priority is Priority.CRITICAL else None
    return since
