"""What is still to come before a deadline, day by day.

The days are those of the calendar's zone. What their windows add up to is the working time that
the clock has left, so that nobody has to believe the deadline.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from tickets.domain.calendar import Calendar
from tickets.domain.sla.clock import Clock

MOST_DAYS = 14
"""Days that are told singly; what is after them is one sum."""

Stretch = tuple[datetime, datetime]
_DAY = timedelta(days=1)


class DayKind(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    HOLIDAY = "holiday"


@dataclass(frozen=True, slots=True)
class Day:
    """A local day: its midnights, and the parts of its windows that the clock will count."""

    date: date
    start: datetime
    end: datetime
    kind: DayKind
    windows: tuple[Stretch, ...]
    seconds: int

    @property
    def breaks(self) -> tuple[Stretch, ...]:
        """The stretches between the day's windows."""
        return tuple(
            (one[1], other[0])
            for one, other in zip(self.windows, self.windows[1:], strict=False)
            if one[1] < other[0]
        )

    @property
    def skipped(self) -> int:
        """Seconds by which a clock change shortens the day; below zero if it is longer."""
        return int((_DAY - (self.end - self.start)).total_seconds())


@dataclass(frozen=True, slots=True)
class Ahead:
    """The days from now to a deadline, and what is after the last one of them."""

    zone: str
    always: bool
    """Whether every hour counts, on every day."""
    days: tuple[Day, ...]
    later_from: datetime | None
    """The end of `days` if the deadline is after it."""
    later_seconds: int
    seconds: int
    """All working time to come."""


def ahead(clock: Clock, calendar: Calendar, *, now: datetime, zone: str) -> Ahead | None:
    """Return what is to come of a clock as of `now`; None unless it runs towards a deadline.

    `zone` has the days of a calendar that is around the clock. Cost: that of a deadline.
    """
    if clock.deadline is None or clock.deadline <= now:
        return None
    zone = calendar.zone or zone
    days = tuple(_days(calendar, now, clock.deadline, zone))
    later_from = days[-1].end if days[-1].end < clock.deadline else None
    later = calendar.working_seconds(later_from, clock.deadline) if later_from else 0
    told = sum(day.seconds for day in days)
    return Ahead(zone, calendar.zone is None, days, later_from, later, told + later)


def _days(calendar: Calendar, now: datetime, deadline: datetime, zone: str) -> Iterator[Day]:
    local = ZoneInfo(zone)
    today = now.astimezone(local).date()
    # A day that a zone has skipped is empty; no zone has skipped two.
    for number in range(MOST_DAYS):
        day = today + number * _DAY
        start, end = _midnight(day, local), _midnight(day + _DAY, local)
        if start >= deadline:
            return
        if start < end:
            yield _day(calendar, day, (start, end), (max(start, now), min(end, deadline)))


def _day(calendar: Calendar, day: date, whole: Stretch, counted: Stretch) -> Day:
    windows = tuple(calendar.spans(*counted))
    seconds = sum(int((closes - opens).total_seconds()) for opens, closes in windows)
    if day in calendar.holidays:
        kind = DayKind.HOLIDAY
    elif any(calendar.spans(*whole)):
        kind = DayKind.OPEN
    else:
        kind = DayKind.CLOSED
    return Day(day, *whole, kind, windows, seconds)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
