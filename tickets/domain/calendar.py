"""Business hours calendars (SLA.md, "Words": calendar).

A calendar is either around the clock, or weekly windows of local time without holidays. Local times
become instants by the zone's rules with `fold=0`, as the specification says: a local time that a
clock change skips is read with the offset before the change; one that is repeated is its first
occurrence.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from heapq import heappop, heappush
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tickets.domain import instant
from tickets.domain.errors import (
    CalendarHasNoWorkingTime,
    CalendarMalformed,
    DeadlineOutOfReach,
    UnknownTimeZone,
    WindowRefused,
    WindowsOverlap,
)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AROUND_THE_CLOCK = "24x7"

Window = tuple[int, int]
"""Minutes after local midnight, from and to; 1440 is 24:00."""

Span = tuple[int, int]
"""Seconds after 1970, from and to."""

_HORIZON = 200 * 366
"""Days that a deadline may lie ahead."""

_REACH = 2
"""Days around a day whose windows can touch it: Pacific/Apia once skipped a whole one."""


@dataclass(frozen=True)
class Calendar:
    """Weekly windows by weekday (Monday first), or around the clock where `zone` is None."""

    zone: str | None = None
    week: tuple[tuple[Window, ...], ...] = ()
    holidays: frozenset[date] = frozenset()
    _days: dict[int, tuple[Span, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def working_seconds(self, start: datetime, end: datetime) -> int:
        """Return the seconds of working time in [start, end); 0 if it is empty. In SLA.md W(start,
        end)."""
        first, last = instant.seconds(start), instant.seconds(end)
        if last <= first:
            return 0
        if self.zone is None:
            return last - first
        from_day = self._local_day(start) - _REACH
        to_day = self._local_day(end) + _REACH
        total = 0
        for day in range(from_day, to_day + 1):
            for opens, closes in self._spans(day):
                total += max(0, min(closes, last) - max(opens, first))
        return total

    def add(self, start: datetime, seconds: int) -> datetime:
        """Return the earliest instant at which `seconds` (1 or more) of working time have passed.

        Raises DeadlineOutOfReach if that takes more than some two hundred years.
        """
        if self.zone is None:
            return _instant(instant.seconds(start) + seconds, start, seconds)
        first, left = instant.seconds(start), seconds
        for opens, closes in self._spans_from(self._local_day(start) - _REACH):
            begins = max(opens, first)
            passes = closes - begins
            if passes >= left:
                return _instant(begins + left, start, seconds)
            left -= max(0, passes)
        raise DeadlineOutOfReach(start, seconds)

    def spans(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the stretches of working time in [start, end), in order."""
        if self.zone is None:
            if start < end:
                yield start, end
            return
        first, last = instant.seconds(start), instant.seconds(end)
        for opens, closes in self._spans_from(self._local_day(start) - _REACH):
            if opens >= last:
                return
            if closes > first:
                begins, ends = max(opens, first), min(closes, last)
                yield instant.from_seconds(begins), instant.from_seconds(ends)

    def dump(self) -> object:
        """Return the calendar in SLA.md's form."""
        if self.zone is None:
            return AROUND_THE_CLOCK
        return {
            "timezone": self.zone,
            "hours": {
                day: [[_clock(opens), _clock(closes)] for opens, closes in windows]
                for day, windows in zip(DAYS, self.week, strict=True)
                if windows
            },
            "holidays": sorted(day.isoformat() for day in self.holidays),
        }

    def _spans_from(self, day: int) -> Iterator[Span]:
        """Yield stretches of working time from a day on, in order."""
        waiting: list[Span] = []
        for ahead in range(day, min(day + _HORIZON, date.max.toordinal() - _REACH)):
            for span in self._spans(ahead):
                heappush(waiting, span)
            # Nothing of a later day begins before its midnight.
            midnight = self._at(ahead + 1, 0)
            while waiting and waiting[0][0] < midnight:
                yield heappop(waiting)

    def _spans(self, day: int) -> tuple[Span, ...]:
        """Yield the stretches that a local day adds to those of the days before it, in order."""
        spans = self._days.get(day)
        if spans is None:
            before = [span for back in range(1, _REACH + 1) for span in self._windows(day - back)]
            spans = tuple(_less(_merged(self._windows(day)), _merged(before)))
            self._days[day] = spans
        return spans

    def _windows(self, day: int) -> list[Span]:
        """Return the windows of a local day as written; a clock change may make one empty."""
        local = date.fromordinal(day)
        if local in self.holidays:
            return []
        spans = (
            (self._at(day, opens), self._at(day, closes))
            for opens, closes in self.week[local.weekday()]
        )
        return [span for span in spans if span[0] < span[1]]

    def _at(self, day: int, minutes: int) -> int:
        """Return the instant of a local time; minute 1440 is the next day's midnight."""
        day, minutes = day + minutes // 1440, minutes % 1440
        local = date.fromordinal(day)
        assert self.zone is not None  # noqa: S101 (for the type checker)
        wall = datetime(
            local.year, local.month, local.day, *divmod(minutes, 60), tzinfo=_zone(self.zone)
        )
        return instant.seconds(wall.astimezone(UTC))

    def _local_day(self, at: datetime) -> int:
        assert self.zone is not None  # noqa: S101 (for the type checker)
        return at.astimezone(_zone(self.zone)).toordinal()


ALWAYS = Calendar()


def parse(written: object) -> Calendar:
    """Read a calendar in SLA.md's form.

    Raises CalendarRefused: malformed, an unknown zone, overlapping or invalid windows, or no
    working time in a normal week.
    """
    if written == AROUND_THE_CLOCK:
        return ALWAYS
    if not isinstance(written, Mapping):
        raise CalendarMalformed(
            f'a calendar is "{AROUND_THE_CLOCK}" or an object with timezone and hours'
        )
    if unknown := set(written) - {"timezone", "hours", "holidays"}:
        raise CalendarMalformed(f"a calendar has no {', '.join(sorted(map(str, unknown)))}")
    zone = written.get("timezone")
    if not isinstance(zone, str):
        raise UnknownTimeZone(zone)
    _zone(zone)
    hours = written.get("hours")
    if not isinstance(hours, Mapping):
        raise CalendarMalformed('hours is an object such as {"mon": [["09:00", "17:00"]]}')
    if unknown := set(hours) - set(DAYS):
        raise CalendarMalformed(f"{sorted(map(str, unknown))[0]!r} is not one of {', '.join(DAYS)}")
    week = tuple(_day(day, hours.get(day, [])) for day in DAYS)
    if not any(week):
        raise CalendarHasNoWorkingTime
    return Calendar(zone, week, _holidays(written.get("holidays", [])))


def _day(day: str, written: object) -> tuple[Window, ...]:
    if not isinstance(written, list | tuple):
        raise CalendarMalformed(f"the hours of {day} are a list of windows")
    windows = sorted(_window(day, window) for window in written)
    for (_, ends), (begins, further) in pairwise(windows):
        if begins < ends:
            first = next(window for window in windows if window[1] == ends)
            raise WindowsOverlap(day, _shown(first), _shown((begins, further)))
    return tuple(windows)


def _window(day: str, written: object) -> Window:
    if not isinstance(written, list | tuple) or len(written) != 2:
        raise WindowRefused(
            f"a window of {day} is two times such as 09:00 and 17:00, not {written!r}"
        )
    begins, ends = (_minutes(day, time) for time in written)
    if begins >= ends:
        raise WindowRefused(f"the window {written[0]}–{written[1]} of {day} ends before it begins")
    return begins, ends


def _minutes(day: str, time: object) -> int:
    found = re.fullmatch(r"(\d\d):(\d\d)", time, re.ASCII) if isinstance(time, str) else None
    minutes = int(found[1]) * 60 + int(found[2]) if found and int(found[2]) < 60 else -1
    if not 0 <= minutes <= 1440:
        raise WindowRefused(f"{time!r} of {day} is not a time from 00:00 to 24:00")
    return minutes


def _holidays(written: object) -> frozenset[date]:
    if not isinstance(written, list | tuple):
        raise CalendarMalformed("holidays is a list of dates such as 2027-01-01")
    days = set()
    for text in written:
        try:
            if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
                raise ValueError(text)
            days.add(date.fromisoformat(text))
        except ValueError:
            raise CalendarMalformed(f"{text!r} is not a date such as 2027-01-01") from None
    return frozenset(days)


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(ends, merged[-1][1]))
        else:
            merged.append((begins, ends))
    return merged


def _less(spans: list[Span], taken: list[Span]) -> Iterator[Span]:
    """Return `spans` without the parts that lie in `taken`; both are in order and
    without overlaps."""
    for begins, ends in spans:
        at = begins
        for taken_from, taken_to in taken:
            if taken_to <= at or taken_from >= ends:
                continue
            if taken_from > at:
                yield at, taken_from
            at = max(at, taken_to)
        if at < ends:
            yield at, ends


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _shown(window: Window) -> str:
    return f"{_clock(window[0])}–{_clock(window[1])}"


def _instant(seconds: int, start: datetime, target: int) -> datetime:
    try:
        return instant.from_seconds(seconds)
    except OverflowError:
        raise DeadlineOutOfReach(start, target) from None


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UnknownTimeZone(name) from None
