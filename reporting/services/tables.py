"""Tables of a report: every named figure of each person, team, priority, week ….

All from rows: what is read depends on the days and on the number of values, not on the tickets.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from reporting.domain import named_figures
from reporting.domain.figures import Column, Durations, Row, add_to, empty_row
from reporting.domain.named_figures import Sums, Value
from reporting.domain.rows import (
    BY,
    BY_ASSIGNEE,
    BY_MAKE,
    BY_SEGMENT,
    BY_TEAM,
    OF_CUSTOMER,
    OF_TAG,
    Key,
)
from reporting.services import leaders, report, sums
from reporting.services.query import GroupBy, ReportQuery
from reporting.services.report import Report, cell_groups, chosen, with_merged


class Dimension(StrEnum):
    """What the rows of a table are."""

    ASSIGNEE = "assignedTo"
    TEAM = "team"
    PRIORITY = "priority"
    CATEGORY = "category"
    CHANNEL = "channel"
    SEGMENT = "segment"
    MAKE = "make"
    CUSTOMER = "customer"
    TAG = "tag"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


PERIODS = (Dimension.DAY, Dimension.WEEK, Dimension.MONTH)

RANKED = {Dimension.CUSTOMER: OF_CUSTOMER, Dimension.TAG: OF_TAG}
"""Of these a table has the first SHOWN: see `leaders`."""

_OF_CELLS = (Dimension.PRIORITY, Dimension.CATEGORY, Dimension.CHANNEL)
"""In the order of the key of a cell."""

_TABLES = {
    Dimension.ASSIGNEE: BY_ASSIGNEE,
    Dimension.TEAM: BY_TEAM,
    Dimension.SEGMENT: BY_SEGMENT,
    Dimension.MAKE: BY_MAKE,
}


@dataclass(frozen=True, slots=True)
class TableRow:
    """Figures by name. `key` is a word, an id, a day, a week as 2026-W48 or a month; "" is none."""

    key: str
    figures: Mapping[str, Value]


def table(asked: ReportQuery, dimension: Dimension, *, today: date | None = None) -> list[TableRow]:
    """Return the figures of a query by dimension: periods in order, others by what was created.

    Of customers and tags there are the 50 with most tickets (see `leaders`). They and periods have
    no medians and 90th percentiles, and they no backlog. The backlog is at the end of each period,
    and None after `today`, or at the end of the range. Teams, segments and makes are empty where a
    filter other than by priority applies, since rows have these by priority only; people,
    customers and tags where one person, customer or tag is asked for.
    Cost: two queries of months and of days, and one of all months before; see `sums`. People who
    are filtered by category or channel cost as much as a table of each; customers and tags a query
    of leaders, and one to six for each of 60.
    """
    if dimension in PERIODS:
        return _over_time(asked, GroupBy(dimension.value), today)
    if dimension in RANKED:
        return _ranked(asked, dimension)
    rows, durations = _rows(asked, dimension)
    backlog, _durations = _rows(report.until(asked, asked.range.end), dimension, timed=False)
    for key, ever in backlog.items():
        if report.active(ever):
            rows.setdefault(key, empty_row())
    return [
        TableRow(key, _figures(row, durations.get(key, Durations()), backlog.get(key)))
        for key, row in sorted(rows.items(), key=_most_first)
        if any(row) or report.active(backlog[key])
    ]


def totals(asked: ReportQuery) -> Mapping[str, Value]:
    """Return every figure of a query. Cost: as a table."""
    before = Report(report.until(asked, asked.range.end)).row
    return _figures(Report(asked).row, Report(asked).durations(), before)


def _figures(row: Row, durations: Durations | None, ever: Row | None) -> dict[str, Value]:
    return named_figures.values(Sums(row, durations, report.active(ever or empty_row())))


def _over_time(asked: ReportQuery, over: GroupBy, today: date | None) -> list[TableRow]:
    left = report.active(Report(report.until(asked, asked.range.start)).row)
    found = []
    begins = {report.key_of(day, over): day for day in reversed([*asked.range.each()])}
    for key, row in report.groups(asked, over).items():
        left += report.active(row)
        to_come = today is not None and begins[key] > today
        of_period = named_figures.values(Sums(row, backlog=left))
        found.append(TableRow(key, {**of_period, "backlog": None} if to_come else of_period))
    return found


def _ranked(asked: ReportQuery, dimension: Dimension) -> list[TableRow]:
    if asked.of_one:
        return []
    rows = {}
    for name in leaders.candidates(asked, RANKED[dimension]):
        is_customer = dimension is Dimension.CUSTOMER
        one = replace(asked, customer=name) if is_customer else replace(asked, tag=name)
        rows[name] = Report(one).row
    return [
        TableRow(name, named_figures.values(Sums(row)))
        for name, row in sorted(rows.items(), key=_most_first)
        if any(row)
    ][: leaders.SHOWN]


def _most_first(one: tuple[str, Row]) -> tuple[int, str]:
    return -one[1][Column.CREATED], one[0]


def _rows(
    asked: ReportQuery, dimension: Dimension, *, timed: bool = True
) -> tuple[dict[str, Row], dict[str, Durations]]:
    """Return the rows and durations of each value of a dimension that the query selects."""
    if dimension is Dimension.ASSIGNEE and not asked.by_priority_alone:
        return _of_people(asked, timed=timed)
    groups, place = with_merged(asked, BY), 0
    if dimension in _OF_CELLS:
        groups, place = cell_groups(asked), _OF_CELLS.index(dimension)
    elif not asked.by_priority_alone:
        return {}, {}

    def has(name: str, key: Key) -> bool:
        if dimension in _OF_CELLS:
            return report.selects(asked, key)
        return name == _TABLES[dimension] and chosen(asked, key[1])

    rows: dict[str, Row] = {}
    durations: dict[str, Durations] = {}
    for group in groups:
        for (name, key), row in sums.rows_in(group, asked.range, asked.zone).items():
            if has(name, key):
                add_to(rows.setdefault(key[place], empty_row()), row)
        for (name, key), own in _durations(group, asked, timed=timed):
            if has(name, key):
                durations.setdefault(key[place], Durations()).add(own)
    return rows, durations


def _durations(
    group: str, asked: ReportQuery, *, timed: bool
) -> Iterator[tuple[tuple[str, Key], Durations]]:
    if timed:
        yield from sums.durations_in(group, asked.range, asked.zone).items()


def _of_people(asked: ReportQuery, *, timed: bool) -> tuple[dict[str, Row], dict[str, Durations]]:
    if asked.assignee is not None:
        people = [asked.assignee]
    else:
        people = [] if asked.of_one else report.people(asked)
    each = {person: Report(replace(asked, assignee=person)) for person in people}
    return (
        {person: found.row for person, found in each.items()},
        {person: found.durations() for person, found in each.items()} if timed else {},
    )
