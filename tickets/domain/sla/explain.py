"""How a deadline is calculated, stretch by stretch."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tickets.domain.calendar import Calendar
from tickets.domain.sla import clock
from tickets.domain.sla.clock import Stretch
from tickets.domain.sla.policy import PolicySnapshot
from tickets.domain.sla.timeline import Timeline

MOST_SEGMENTS = 60
"""With more segments, working hours and the nights between them become one."""


class StretchKind(StrEnum):
    WORKED = "worked"
    OFF_HOURS = "off hours"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one kind; `seconds` is the working time in it that the clock counted."""

    start: datetime
    end: datetime
    kind: StretchKind
    seconds: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """All clocks' segments from creation to `now`, and the reading that follows from them.

    `calendar` is the one in force at `now`, by which what is to come is calculated. `next_response`
    has no segments where it has no target and no run had one.
    """

    reading: clock.Reading
    response: list[Segment]
    resolution: list[Segment]
    next_response: list[Segment]
    calendar: Calendar


def explain(
    timeline: Timeline, terms: Mapping[str, PolicySnapshot], *, now: datetime
) -> Explanation:
    """Return the explanation of all clocks. Raises as clock.read does."""
    reading = clock.read(timeline, terms, now=now)
    parts = clock.stretches(timeline.until(now), terms, now=now)
    response, resolution, following = [], [], []
    for part in parts:
        response += list(_segments(part, runs=clock.response_runs(part.state), waiting=False))
        resolution += list(
            _segments(part, runs=clock.resolution_runs(part.state), waiting=part.state.waiting)
        )
        if reading.next_response or reading.exchanges:
            following += list(
                _segments(part, runs=clock.next_response_runs(part.state), waiting=False)
            )
    return Explanation(
        reading,
        _readable(response),
        _readable(resolution),
        _readable(following),
        parts[-1].terms.calendar,
    )


def _segments(part: Stretch, *, runs: bool, waiting: bool) -> Iterator[Segment]:
    if part.start == part.end:
        return
    if not runs:
        yield Segment(
            part.start, part.end, StretchKind.WAITING if waiting else StretchKind.STOPPED, 0
        )
        return
    at = part.start
    for opens, closes in part.terms.calendar.spans(part.start, part.end):
        if opens > at:
            yield Segment(at, opens, StretchKind.OFF_HOURS, 0)
        yield Segment(opens, closes, StretchKind.WORKED, int((closes - opens).total_seconds()))
        at = closes
    if at < part.end:
        yield Segment(at, part.end, StretchKind.OFF_HOURS, 0)


def _readable(segments: list[Segment]) -> list[Segment]:
    """Return segments with equal neighbours joined; if there are very many, also over nights."""
    joined = _joined(segments, lambda one, other: one is other)
    if len(joined) <= MOST_SEGMENTS:
        return joined
    counted = (StretchKind.WORKED, StretchKind.OFF_HOURS)
    return _joined(joined, lambda one, other: one is other or (one in counted and other in counted))


def _joined(
    segments: list[Segment], same: Callable[[StretchKind, StretchKind], bool]
) -> list[Segment]:
    joined: list[Segment] = []
    for segment in segments:
        last = joined[-1] if joined else None
        if last and last.end == segment.start and same(last.kind, segment.kind):
            kind = StretchKind.WORKED if last.seconds + segment.seconds else segment.kind
            joined[-1] = Segment(last.start, segment.end, kind, last.seconds + segment.seconds)
        else:
            joined.append(segment)
    return joined
