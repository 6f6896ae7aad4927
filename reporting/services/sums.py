"""Sums of rows over days of any time zone."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime

from helpdesk.request_cache import once_a_page
from reporting.domain import days, spans
from reporting.domain.days import DAY, Range
from reporting.domain.figures import TIMED, Durations, Row, add_to, empty_row
from reporting.domain.rows import Key
from reporting.domain.spans import Quarters, Span
from reporting.services import generations
from reporting.store import rows
from reporting.store.rows import Found

Rows = dict[tuple[str, Key], Row]
"""Rows by table and key."""


@once_a_page
def rows_in(group: str, asked: Range, zone: str) -> Rows:
    """Return the rows of a group, summed over days of a zone.

    Cost: a query of the months, one of the days before and after them, and in a zone that is not
    the figures' own at most four of parts of days.
    """
    generation = generations.current()
    found: Rows = {}
    span = spans.span(asked, zone, generation.zone)
    for level, first, last in _whole(span):
        for (_period, table, key), numbers in rows.counts(
            generation.number, group, level, first, last
        ):
            add_to(found.setdefault((table, key), empty_row()), numbers)
    for sign, rest in span.rests():
        for part in rest.parts():
            for (_day, table, key), counted in rows.quarters(
                generation.number, group, part, rest.day, rest.day
            ):
                _add_quarters(found, (table, key), counted, rest, sign)
    return found


@once_a_page
def durations_in(group: str, asked: Range, zone: str) -> dict[tuple[str, Key], Durations]:
    """Return the durations of the rows of a group; otherwise as `rows_in`."""
    generation = generations.current()
    found: dict[tuple[str, Key], Durations] = {}
    span = spans.span(asked, zone, generation.zone)
    for level, first, last in _whole(span):
        for (_period, table, key), clock, bins in rows.bins(
            generation.number, group, level, first, last
        ):
            found.setdefault((table, key), Durations()).of(TIMED[clock]).update(bins)
    for sign, rest in span.rests():
        for part in rest.parts():
            for (_day, table, key), ends in rows.quarter_bins(
                generation.number, group, part, rest.day, rest.day
            ):
                durations = found.setdefault((table, key), Durations())
                for quarter, clock, at, number in ends:
                    if rest.start <= quarter < rest.end:
                        durations.of(TIMED[clock])[at] += sign * number
    return found


@once_a_page
def rows_by_day(group: str, asked: Range, zone: str) -> dict[date, Rows]:
    """Return the rows of a group for each day of a zone that has any.

    Cost: a query of all days, and in a zone that is not the figures' own at most four of those
    parts of all days in which its days begin.
    """
    generation = generations.current()
    whole: dict[date, list[tuple[Found, Sequence[int]]]] = {}
    span = spans.span(asked, zone, generation.zone)
    first, last = span.days.start - DAY, span.days.end  # what is taken from a day beside them
    for found in rows.counts(generation.number, group, rows.DAYS, first, last):
        whole.setdefault(date.fromisoformat(found[0][0]), []).append(found)
    of_days = {
        day: spans.span(Range(day, day + DAY), zone, generation.zone) for day in asked.each()
    }
    parts = {
        part for one in of_days.values() for _sign, rest in one.rests() for part in rest.parts()
    }
    pieces: dict[date, list[tuple[Found, list[tuple[int, int, int]]]]] = {}
    for part in sorted(parts):
        for piece in rows.quarters(generation.number, group, part, first, last):
            pieces.setdefault(date.fromisoformat(piece[0][0]), []).append(piece)
    sums: dict[date, Rows] = {}
    for day, one in of_days.items():
        rows_of_day: Rows = {}
        for of in one.days.each():
            for (_period, table, key), numbers in whole.get(of, ()):
                add_to(rows_of_day.setdefault((table, key), empty_row()), numbers)
        for sign, rest in one.rests():
            for (_period, table, key), counted in pieces.get(rest.day, ()):
                _add_quarters(rows_of_day, (table, key), counted, rest, sign)
        if any(map(any, rows_of_day.values())):
            sums[day] = rows_of_day
    return sums


def quarters_of_day(
    group: str, day: date, zone: str, *, counts: Callable[[str, Key], bool]
) -> dict[str, Row]:
    """Return the sums of those rows of a group that `counts` selects, by quarter hour of UTC.

    Cost: a query for each part of the days of the figures' zone that a day of `zone` overlaps.
    """
    generation = generations.current()
    begins, ends = days.bounds(day, zone)
    first, start = spans.place(begins, generation.zone)
    last, end = spans.place(ends, generation.zone)
    found: dict[str, Row] = {}
    for of in Range(first, last + DAY).each():
        rest = Quarters(of, start if of == first else 0, end if of == last else spans.DAY_LONG)
        for part in rest.parts():
            for (_period, table, key), counted in rows.quarters(
                generation.number, group, part, of, of
            ):
                if not counts(table, key):
                    continue
                for quarter, column, number in counted:
                    if rest.start <= quarter < rest.end:
                        name = spans.quarter_of(spans.begins(of, quarter, generation.zone))
                        found.setdefault(name, empty_row())[column] += number
    return found


def by_quarter(
    group: str, start: datetime, end: datetime, *, counts: Callable[[str, Key], bool]
) -> dict[datetime, Row]:
    """Return the sums of those rows of a group that `counts` selects, by the beginning of the
    quarter hour, between two instants on a quarter hour.

    Cost: four queries of parts of all these days.
    """
    generation = generations.current()
    first, last = days.day_of(start, generation.zone), days.day_of(end, generation.zone)
    begins = {of: days.bounds(of, generation.zone)[0] for of in Range(first, last + DAY).each()}
    found: dict[datetime, Row] = {}
    for part in range(spans.PARTS):
        for (period, table, key), counted in rows.quarters(
            generation.number, group, part, first, last
        ):
            if not counts(table, key):
                continue
            midnight = begins[date.fromisoformat(period)]
            for quarter, column, number in counted:
                at = midnight + quarter * spans.QUARTER
                if start <= at < end:
                    found.setdefault(at, empty_row())[column] += number
    return found


def _add_quarters(
    found: Rows,
    row: tuple[str, Key],
    counted: list[tuple[int, int, int]],
    rest: Quarters,
    sign: int,
) -> None:
    numbers = found.setdefault(row, empty_row())
    for quarter, column, number in counted:
        if rest.start <= quarter < rest.end:
            numbers[column] += sign * number


def _whole(span: Span) -> Iterator[tuple[str, date | str, date | str]]:
    """Yield the levels of rows that make up whole days, each with its first and last period."""
    cut = days.parts(span.days)
    if cut.months:
        yield rows.MONTHS, f"{cut.months.start:%Y-%m}", f"{cut.months.end - DAY:%Y-%m}"
    for edge in cut.edges:
        if edge.days > 0:
            yield rows.DAYS, edge.start, edge.end - DAY
