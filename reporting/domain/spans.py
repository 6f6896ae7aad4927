"""How the time between two instants is made of months, days and parts of days.

Rows are kept by month and day of one time zone, the home zone, and by quarter hour. The days of any
other zone begin somewhere within a day of the home zone: they are whole days, and some quarter
hours more or less. Figures add up, so the shorter rest of a day can be taken away instead of adding
the longer one. All zones since 1990 begin their days on a quarter hour.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from reporting.domain import days
from reporting.domain.days import DAY, Range

QUARTER = timedelta(minutes=15)
PART = 25
"""Quarter hours of one part of a day: four parts make a day, also the one of 25 hours."""

PARTS = 4
DAY_LONG = PARTS * PART
HALF = 48


@dataclass(frozen=True, slots=True)
class Quarters:
    """Quarter hours of a day of the home zone, counted from its beginning, up to `end`."""

    day: date
    start: int
    end: int

    def parts(self) -> range:
        """Return the parts of the day in which these lie."""
        return range(self.start // PART, -(-self.end // PART))


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days of the home zone, with some quarter hours added and some taken away."""

    days: Range
    added: tuple[Quarters, ...] = ()
    taken: tuple[Quarters, ...] = ()

    def rests(self) -> Iterator[tuple[int, Quarters]]:
        """Yield all quarters with 1 for those to add and -1 for those to take away."""
        yield from ((1, one) for one in self.added)
        yield from ((-1, one) for one in self.taken)


def place(at: datetime, home: str) -> tuple[date, int]:
    """Return the day of the home zone of an instant, and which quarter hour of it."""
    day = days.day_of(at, home)
    begins, _ends = days.bounds(day, home)
    return day, int((at - begins) // QUARTER)


def span(asked: Range, zone: str, home: str) -> Span:
    """Return what the days of a zone are made of in the home zone."""
    if zone == home:
        return Span(asked)
    return between(days.bounds(asked.start, zone)[0], days.bounds(asked.end, zone)[0], home)


def between(start: datetime, end: datetime, home: str) -> Span:
    """Return what the time between two instants is made of; both are on a quarter hour."""
    first, before = place(start, home)
    last, until = place(end, home)
    added, taken = [], []
    if before > HALF:
        added.append(Quarters(first, before, DAY_LONG))
        first += DAY
    elif before:
        taken.append(Quarters(first, 0, before))
    if until > HALF:
        taken.append(Quarters(last, until, DAY_LONG))
        last += DAY
    elif until:
        added.append(Quarters(last, 0, until))
    return Span(Range(first, last), tuple(added), tuple(taken))


def quarter_of(at: datetime) -> str:
    """Return the quarter hour of UTC that an instant is in, such as 2026-11-28T17:45."""
    start = at.astimezone(UTC).replace(minute=at.minute // 15 * 15)
    return f"{start:%Y-%m-%dT%H:%M}"


def begins(day: date, quarter: int, home: str) -> datetime:
    """Return the instant at which a quarter hour of a day of the home zone begins."""
    midnight, _end = days.bounds(day, home)
    return midnight + quarter * QUARTER
