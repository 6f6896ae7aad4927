"""Read the figures of a range of days from rollups only, whatever the number of tickets."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from helpdesk.accounts.actors import Actor
from helpdesk.request_cache import once_a_page
from reporting.domain import days
from reporting.domain.days import Range
from reporting.domain.figures import (
    Column,
    Durations,
    Figures,
    Row,
    Stat,
    add_to,
    empty_row,
    resolution,
    response,
)
from reporting.services.completeness import complete_until as complete_until
from reporting.services.query import GroupBy as GroupBy
from reporting.services.query import ReportQuery as ReportQuery
from reporting.services.query import parse_query as parse_query
from reporting.services.rollups import (
    DAY_COUNTS,
    DAY_DURATIONS,
    MERGED,
    MONTH_BY_PRIORITY,
    MONTH_COUNTS,
    MONTH_DAYS,
    MONTH_DURATIONS,
)
from reporting.store import packing, queries
from tickets.domain.filters import NOBODY
from tickets.domain.ticket import Category, Channel, Priority
from tickets.services.lists.counts import now_counts


@dataclass
class Report:
    """The figures of a query. `by_priority` has the durations of each priority."""

    asked: ReportQuery
    figures: Figures
    by_priority: dict[str, Durations] = field(default_factory=dict)

    @property
    def row(self) -> Row:
        return self.figures.total()

    def durations(self, priority: str | None = None) -> Durations:
        """Return the durations of tickets of a priority, or of all."""
        found = Durations()
        for name, durations in self.by_priority.items():
            if priority in (None, name):
                found.add(durations)
        return found

    def stats(self, priority: str | None = None) -> tuple[Stat, Stat]:
        """Return the response and resolution of a priority or of all."""
        row = empty_row()
        for cell, own in self.figures.cells.items():
            if priority in (None, cell[0]):
                add_to(row, own)
        durations = self.durations(priority)
        return response(row, durations.response), resolution(row, durations.resolution)

    def rows(self, place: int) -> dict[str, Row]:
        """Return the rows of each priority (0), category (1), assignee (2) or channel (3)."""
        found: dict[str, Row] = {}
        for cell, row in self.figures.cells.items():
            add_to(found.setdefault(cell[place], empty_row()), row)
        return found


def report(asked: ReportQuery) -> Report:
    """Return the figures of a range.

    Cost: at most six queries of rollups, whose size does not depend on how many tickets they count;
    twice as many with merged tickets.
    """
    cut = days.parts(asked.range)
    by_priority = {priority.value: Durations() for priority in Priority}
    for kind in _kinds(asked):
        if cut.months:
            first, last = _months(cut.months)
            if asked.by_priority_alone:
                for packed in _rollups(asked.zone, kind + MONTH_BY_PRIORITY, first, last):
                    for priority, durations in packing.unpack_by_priority(packed.data).items():
                        by_priority[priority].add(durations)
            else:
                _add_cells(by_priority, asked, kind + MONTH_DURATIONS, first, last)
        for edge in cut.edges:
            first, last = str(edge.start), str(edge.end - days.DAY)
            _add_cells(by_priority, asked, kind + DAY_DURATIONS, first, last)
    return Report(asked, counts_of(asked), _kept(by_priority, asked))


def counts_of(asked: ReportQuery) -> Figures:
    """Return the figures of a range without durations. Cost: at most three queries, as `report`."""
    figures = Figures()
    for kind in _kinds(asked):
        _add_counts(figures, asked, kind)
    return _only(figures, asked)


def merged_tickets(asked: ReportQuery) -> int:
    """Return how many created tickets are left out because they were merged into another.

    0 if they are counted. Cost: at most three queries, as `report`.
    """
    if asked.include_merged:
        return 0
    left_out = Figures()
    _add_counts(left_out, asked, MERGED)
    return _only(left_out, asked).total()[Column.CREATED]


@once_a_page
def by_day(asked: ReportQuery) -> dict[date, Row]:
    """Return the totals of each day of a range, without empty days.

    Cost: a query of an item a month; with filters, of an item a day.
    """
    if asked.of_all:
        return _all_by_day(asked)
    found: dict[date, Row] = {}
    first, last = str(asked.range.start), str(asked.range.end - days.DAY)
    for kind in _kinds(asked):
        for packed in _rollups(asked.zone, kind + DAY_COUNTS, first, last):
            figures = _only(packing.unpack_counts(packed.data), asked)
            day = date.fromisoformat(packed.period)
            add_to(found.setdefault(day, empty_row()), figures.total())
    return found


def backlog(asked: ReportQuery, group_by: GroupBy, *, by: Actor, today: date) -> list[int | None]:
    """Return the active tickets at the end of each group of days; None for future days.

    Calculated backwards from those that are active now. Cost: as `by_day`, up to today.
    """
    left = now_counts(
        priorities=asked.priorities,
        categories=asked.categories,
        channels=asked.channels,
        assignee=asked.assignee,
        by=by,
    )["active"]
    until = replace(asked, range=Range(asked.range.start, max(asked.range.end, today + days.DAY)))
    rows = by_day(until)
    at_end: dict[date, int] = {}
    for day in sorted(until.range.each(), reverse=True):
        at_end[day] = left
        row = rows.get(day)
        if row:
            left -= row[Column.CREATED] + row[Column.REOPENED] - row[Column.RESOLVED]
    found: dict[str, int | None] = {}
    for day in asked.range.each():
        key = key_of(day, group_by)
        if day <= today:
            found[key] = max(at_end[day], 0)
        else:
            found.setdefault(key, None)
    return list(found.values())


def sla_report(asked: ReportQuery, *, now: Mapping[str, int]) -> dict[str, Any]:
    """Return the body of GET /api/tickets/sla-report, as INTERFACES.md says."""
    head = _head(asked)
    found = report(asked)
    of_all = found.stats()
    return {
        **head,
        "response": _stat(of_all[0]),
        "resolution": _stat(of_all[1]),
        "byPriority": {
            priority.value: {"response": _stat(first), "resolution": _stat(second)}
            for priority in Priority
            for first, second in (found.stats(priority.value),)
        },
        "now": dict(now),
    }


def key_of(day: date, group_by: GroupBy) -> str:
    """Return the key of the day, week (ISO, as 2026-W48) or month of a day."""
    if group_by is GroupBy.MONTH:
        return f"{day:%Y-%m}"
    if group_by is GroupBy.WEEK:
        year, week, _weekday = day.isocalendar()
        return f"{year}-W{week:02}"
    return str(day)


def groups(asked: ReportQuery, group_by: GroupBy) -> dict[str, Row]:
    """Return the rows of each group, by key.

    Groups are every day, week or month of the range in order, every category, priority or channel
    ("none" is not known), or all assignees with any figure ("none" is nobody).
    """
    rows: dict[str, Row]
    if group_by in (GroupBy.DAY, GroupBy.WEEK, GroupBy.MONTH):
        rows = {key_of(day, group_by): empty_row() for day in asked.range.each()}
        for day, row in by_day(asked).items():
            add_to(rows[key_of(day, group_by)], row)
        return rows
    found = report(asked).figures
    place, names = {
        GroupBy.PRIORITY: (0, [one.value for one in Priority]),
        GroupBy.CATEGORY: (1, [one.value for one in Category]),
        GroupBy.ASSIGNEE: (2, []),
        GroupBy.CHANNEL: (3, [one.value for one in Channel]),
    }[group_by]
    rows = {name: empty_row() for name in names}
    for cell, row in sorted(found.cells.items()):
        add_to(rows.setdefault(cell[place] or NOBODY, empty_row()), row)
    return rows


def merged_by_group(asked: ReportQuery, group_by: GroupBy) -> dict[str, int]:
    """Return, for each group of `groups`, how many created tickets were merged into another.

    These are left out of the figures. Cost: as `groups`, with merged tickets.
    """
    if asked.include_merged:
        return {}
    shown = groups(asked, group_by)
    return {
        key: row[Column.CREATED] - shown.get(key, empty_row())[Column.CREATED]
        for key, row in groups(replace(asked, include_merged=True), group_by).items()
    }


def analytics(asked: ReportQuery, group_by: GroupBy) -> dict[str, Any]:
    """Return the body of GET /api/tickets/analytics, as INTERFACES.md says."""
    head = _head(asked)
    rows = groups(asked, group_by)
    total = empty_row()
    for row in rows.values():
        add_to(total, row)
    return {
        **head,
        "groupBy": group_by.value,
        "totals": counts(total),
        "groups": [{"key": key, **counts(row)} for key, row in rows.items()],
    }


def counts(row: Row) -> dict[str, int | float | None]:
    """Return G of INTERFACES.md."""
    created, resolved, closed, reopened, escalated = row[:5]
    return {
        "created": created,
        "resolved": resolved,
        "closed": closed,
        "reopened": reopened,
        "escalated": escalated,
        "resolutionRate": resolved / created if created else None,
    }


def _stat(stat: Stat) -> dict[str, int | float | None]:
    """Return S of INTERFACES.md."""
    return {
        "count": stat.count,
        "met": stat.met,
        "breached": stat.breached,
        "attainment": stat.attainment,
        "averageSeconds": stat.average,
        "medianSeconds": stat.median,
        "p90Seconds": stat.p90,
    }


def _head(asked: ReportQuery) -> dict[str, Any]:
    """Return the head of a report; call it before the figures are read.

    Events that are handled in between can only add to the figures.
    """
    return {
        "from": str(asked.range.start),
        "to": str(asked.range.end),
        "tz": asked.zone,
        "completeUntil": complete_until(),
        "mergedTickets": merged_tickets(asked),
    }


def _kinds(asked: ReportQuery) -> tuple[str, ...]:
    return ("", MERGED) if asked.include_merged else ("",)


def _add_counts(figures: Figures, asked: ReportQuery, kind: str) -> None:
    cut = days.parts(asked.range)
    stretches = [(DAY_COUNTS, str(edge.start), str(edge.end - days.DAY)) for edge in cut.edges]
    if cut.months:
        stretches.append((MONTH_COUNTS, *_months(cut.months)))
    for what, first, last in stretches:
        for packed in _rollups(asked.zone, kind + what, first, last):
            figures.add(packing.unpack_counts(packed.data))


@once_a_page
def _rollups(zone: str, kind: str, first: str, last: str) -> list[queries.Packed]:
    """Return the rollups of a kind; a page that shows two figures of them reads them once."""
    return queries.rollups(zone, kind, first, last)


def _all_by_day(asked: ReportQuery) -> dict[date, Row]:
    found: dict[date, Row] = {}
    first, last = f"{asked.range.start:%Y-%m}", f"{asked.range.end - days.DAY:%Y-%m}"
    for kind in _kinds(asked):
        for packed in _rollups(asked.zone, kind + MONTH_DAYS, first, last):
            month = date.fromisoformat(f"{packed.period}-01")
            for number, row in enumerate(packing.unpack_rows(packed.data)):
                day = month + number * days.DAY
                if asked.range.start <= day < asked.range.end:
                    add_to(found.setdefault(day, empty_row()), row)
    return found


def _add_cells(
    by_priority: dict[str, Durations], asked: ReportQuery, what: str, first: str, last: str
) -> None:
    for packed in _rollups(asked.zone, what, first, last):
        for cell, durations in packing.unpack_durations(packed.data).durations.items():
            if asked.counts(cell):
                by_priority[cell[0]].add(durations)


def _only(figures: Figures, asked: ReportQuery) -> Figures:
    """Return the rows that the query's filters select.

    Rollups have teams, segments and rules by priority only.
    """
    figures.cells = {cell: row for cell, row in figures.cells.items() if asked.counts(cell)}
    if not asked.by_priority_alone:
        figures.teams, figures.segments, figures.rules = {}, {}, Counter()
    elif asked.priorities:
        for table in (figures.teams, figures.segments):
            for pair in [pair for pair in table if pair[0] not in asked.priorities]:
                del table[pair]
        figures.rules = Counter()
    return figures


def _kept(by_priority: dict[str, Durations], asked: ReportQuery) -> dict[str, Durations]:
    return {
        priority: durations
        for priority, durations in by_priority.items()
        if not asked.priorities or priority in asked.priorities
    }


def _months(whole: Range) -> tuple[str, str]:
    return f"{whole.start:%Y-%m}", f"{whole.end - days.DAY:%Y-%m}"
