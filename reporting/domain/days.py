"""Days and months of a time zone, and how a range is split into both."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Range:
    """Days from `start` up to, but not including, `end`."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """The number of days; the end is not included."""
        return (self.end - self.start).days

    def each(self) -> Iterator[date]:
        for number in range(self.days):
            yield self.start + number * DAY

    def before(self) -> "Range":
        """Return the range of the same length before this one; months before months."""
        if self.start.day == self.end.day == 1:
            months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
            year, month = divmod(self.start.year * 12 + self.start.month - 1 - months, 12)
            return Range(date(year, month + 1, 1), self.start)
        return Range(self.start - (self.end - self.start), self.start)


@dataclass(frozen=True, slots=True)
class Parts:
    """A range as whole months, and the days before and after them."""

    months: Range | None
    edges: tuple[Range, ...]


def parts(asked: Range) -> Parts:
    """Split a range so that as much of it as possible is whole months."""
    first = month_of(asked.start)
    if first < asked.start:
        first = next_month(first)
    last = month_of(asked.end)
    if first >= last:
        return Parts(None, (asked,))
    edges = (Range(asked.start, first), Range(last, asked.end))
    return Parts(Range(first, last), tuple(edge for edge in edges if edge.days))


def month_of(day: date) -> date:
    return day.replace(day=1)


def next_month(month: date) -> date:
    return (month + 31 * DAY).replace(day=1)


def months(asked: Range) -> Iterator[date]:
    """Return the first days of the months that a range touches."""
    month = month_of(asked.start)
    while month < asked.end:
        yield month
        month = next_month(month)


def bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """Return the instants at which a day of a zone begins and ends."""
    return _midnight(day, zone), _midnight(day + DAY, zone)


def day_of(at: datetime, zone: str) -> date:
    """Return the day of an instant in a time zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def _midnight(day: date, zone: str) -> datetime:
    # A wall time that a change of clocks skips is read with the offset before it: still one instant
    # for the end of one day and the beginning of the next.
    return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
