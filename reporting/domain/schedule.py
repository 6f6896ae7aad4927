"""When scheduled reports are due, and which days they are about."""

from datetime import UTC, date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from reporting.domain.days import DAY, Range, day_of, month_of


class Every(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def next_due(every: Every, hour: int, zone: str, *, after: datetime) -> datetime:
    """Return the first instant after `after` at which a report is due: at this hour of each day, of
    Mondays, or of the first of the month.

    An hour that a change of clocks skips is due when it would have begun; one that comes twice, the
    first time.
    """
    day = day_of(after, zone) - DAY
    while True:
        day += DAY
        at = datetime.combine(day, time(hour), ZoneInfo(zone)).astimezone(UTC)
        if at > after and _begins(every, day):
            return at


def period(every: Every, day: date) -> Range:
    """Return the last whole day, week or month before a day."""
    match every:
        case Every.DAY:
            return Range(day - DAY, day)
        case Every.WEEK:
            monday = day - day.weekday() * DAY
            return Range(monday - 7 * DAY, monday)
        case Every.MONTH:
            first = month_of(day)
            return Range(month_of(first - DAY), first)


def _begins(every: Every, day: date) -> bool:
    match every:
        case Every.DAY:
            return True
        case Every.WEEK:
            return day.weekday() == 0
        case Every.MONTH:
            return day.day == 1
