"""The clocks of a ticket at an instant (SLA.md, "The two clocks").

A clock is a sequence of runs: stretches in which it ran under one target. Its elapsed time is the
working time of all runs. A run begins with creation, a change of priority or policy, the end of a
wait, or a reopening, and ends with the next of these, a wait, or a stop. A clock is breached if it
ran at an instant strictly after the deadline in force then. The breach is recorded at that
deadline, or at the beginning of the run if the deadline had passed already.

Next response is a clock for each exchange: from a message of the customer to the answer. It exists
where a policy gives it a target; a policy that gives one later counts from the message.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from tickets.domain.calendar import Calendar
from tickets.domain.sla.policy import PolicySnapshot
from tickets.domain.sla.timeline import Timeline
from tickets.domain.workflow import State


class ClockState(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock as of an instant. Seconds are working time.

    `deadline`, `at_risk_at` and `overdue_at` belong to a running clock: the earliest instants, past
    or future, at which its elapsed time reaches the target, the policy's at-risk share of it, and
    150 %.
    """

    state: ClockState
    elapsed: int
    target: int
    since: datetime
    """The beginning of the present run, or of the present rest."""
    deadline: datetime | None = None
    at_risk_at: datetime | None = None
    overdue_at: datetime | None = None
    breached_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One run of next response. It goes on while `stopped_at` is None. Seconds are working time."""

    number: int
    """Its number among all runs of the ticket, those without a target counted too."""
    started_at: datetime
    stopped_at: datetime | None
    elapsed: int
    breached_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reading:
    """All clocks as of `as_of`. `paused_seconds` is the working time spent waiting.

    `next_response` is None where no target is in force; without a run that goes on it is stopped at
    zero. `exchanges` are the runs, in order, that had a target at any time.
    """

    response: Clock
    resolution: Clock
    next_response: Clock | None
    exchanges: tuple[Exchange, ...]
    sla_deadline: datetime | None
    first_responded_at: datetime | None
    paused_seconds: int
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time between two events."""

    start: datetime
    end: datetime
    state: State
    terms: PolicySnapshot


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch in which a clock ran; without a target it could not be late."""

    start: datetime
    end: datetime
    calendar: Calendar
    target: int | None


def read(timeline: Timeline, terms: Mapping[str, PolicySnapshot], *, now: datetime) -> Reading:
    """Return all clocks at `now`, which is not before the ticket's creation.

    Events after `now` have no effect. Raises KeyError for a policy that is not in `terms`, NoTarget
    for a priority without one, DeadlineOutOfReach.
    """
    timeline = timeline.until(now)
    parts = stretches(timeline, terms, now=now)
    state = timeline.state
    response = _clock(
        [
            run_of(part, part.terms.of(part.state.priority).response)
            for part in parts
            if response_runs(part.state)
        ],
        parts,
        target=_terms(terms, state).of(state.priority).response,
        state=ClockState.RUNNING if response_runs(state) else ClockState.STOPPED,
    )
    resolution = _clock(
        [
            run_of(part, part.terms.of(part.state.priority).resolution)
            for part in parts
            if resolution_runs(part.state)
        ],
        parts,
        target=_terms(terms, state).of(state.priority).resolution,
        state=_resolution_state(state),
    )
    next_response, exchanges = _next_response(parts)
    clocks = (response, resolution, next_response)
    deadlines = [clock.deadline for clock in clocks if clock and clock.deadline]
    return Reading(
        response=response,
        resolution=resolution,
        next_response=next_response,
        exchanges=exchanges,
        sla_deadline=min(deadlines, default=None),
        first_responded_at=state.first_responded_at,
        paused_seconds=sum(
            part.terms.calendar.working_seconds(part.start, part.end)
            for part in parts
            if part.state.waiting
        ),
        as_of=now,
    )


def stretches(
    timeline: Timeline, terms: Mapping[str, PolicySnapshot], *, now: datetime
) -> list[Stretch]:
    """Return the stretches between the events of `timeline`, and from the last one to `now`."""
    states = timeline.states()
    ends = [*(state.last_at for state in states[1:]), now]
    return [
        Stretch(state.last_at, end, state, _terms(terms, state))
        for state, end in zip(states, ends, strict=True)
    ]


def response_runs(state: State) -> bool:
    """Return whether the response clock runs: until the first response."""
    return state.first_responded_at is None


def resolution_runs(state: State) -> bool:
    """Return whether the resolution clock runs: while the ticket is active and not waiting."""
    return state.status.active and not state.waiting


def next_response_runs(state: State) -> bool:
    """Return whether a message of the customer, after the first response, waits for an answer."""
    return state.unanswered_since is not None


def run_of(part: Stretch, target: int | None) -> Run:
    return Run(part.start, part.end, part.terms.calendar, target)


def _next_response(parts: list[Stretch]) -> tuple[Clock | None, tuple[Exchange, ...]]:
    """Return the clock of next response at the end of `parts`, and the runs that had a target."""
    target = _next_response_target(parts[-1])
    going_on: list[Run] = []
    exchanges = []
    unanswered = (part for part in parts if next_response_runs(part.state))
    for number, of_one in groupby(unanswered, lambda part: part.state.exchange):
        own = list(of_one)
        runs = [run_of(part, _next_response_target(part)) for part in own]
        if own[-1] is parts[-1]:
            going_on = runs
        if any(run.target is not None for run in runs):
            runs = _joined(runs)
            worked = _worked(runs)
            stopped_at = None if going_on else runs[-1].end
            late = _breach(runs, worked)
            exchanges.append(Exchange(number, runs[0].start, stopped_at, sum(worked), late))
    state = ClockState.RUNNING if going_on else ClockState.STOPPED
    clock = None if target is None else _clock(going_on, parts, target=target, state=state)
    return clock, tuple(exchanges)


def _next_response_target(part: Stretch) -> int | None:
    return part.terms.of(part.state.priority).next_response


def _terms(terms: Mapping[str, PolicySnapshot], state: State) -> PolicySnapshot:
    return terms[state.policy_key]


def _resolution_state(state: State) -> ClockState:
    if not state.status.active:
        return ClockState.STOPPED
    return ClockState.PAUSED if state.waiting else ClockState.RUNNING


def _clock(runs: list[Run], parts: list[Stretch], *, target: int, state: ClockState) -> Clock:
    runs = _joined(runs)
    worked = _worked(runs)
    elapsed = sum(worked)
    breached_at = _breach(runs, worked)
    if state is not ClockState.RUNNING:
        since = runs[-1].end if runs else parts[-1].start
        return Clock(state, elapsed, target, since, breached_at=breached_at)
    at_risk_percent = parts[-1].terms.at_risk_percent
    return Clock(
        state,
        elapsed,
        target,
        runs[-1].start,
        deadline=_reached(runs, worked, target),
        at_risk_at=_reached(runs, worked, _share(target, at_risk_percent)),
        overdue_at=_reached(runs, worked, _share(target, 150)),
        breached_at=breached_at,
    )


def _joined(runs: Iterable[Run]) -> list[Run]:
    """Return runs, with neighbours under the same target joined: most events change neither."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if (
            last
            and last.end == run.start
            and last.target == run.target
            and last.calendar == run.calendar
        ):
            joined[-1] = Run(last.start, run.end, run.calendar, run.target)
        else:
            joined.append(run)
    return joined


def _worked(runs: list[Run]) -> list[int]:
    """Return the working seconds of each run."""
    return [run.calendar.working_seconds(run.start, run.end) for run in runs]


def _breach(runs: list[Run], worked: list[int]) -> datetime | None:
    elapsed = 0
    for number, (run, seconds) in enumerate(zip(runs, worked, strict=True), 1):
        elapsed += seconds
        if run.target is not None and elapsed >= run.target:
            deadline = _reached(runs[:number], worked[:number], run.target)
            if deadline < run.end:
                return max(deadline, run.start)
    return None


def _reached(runs: list[Run], worked: list[int], seconds: int) -> datetime:
    """Return the earliest instant at which the elapsed time of `runs` reaches `seconds`.

    The last run is assumed to continue, so this may be after its end.
    """
    left = seconds
    for run, passed in zip(runs[:-1], worked, strict=False):
        if passed >= left:
            return run.calendar.add(run.start, left)
        left -= passed
    return runs[-1].calendar.add(runs[-1].start, left)


def _share(target: int, percent: int) -> int:
    """Return the smallest number of whole seconds that is at least `percent` of the target."""
    return max(1, -(-target * percent // 100))
