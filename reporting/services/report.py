"""Read the figures of a range of days from rows only, whatever the number of tickets."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.request_cache import once_a_page
from reporting.domain import days
from reporting.domain.days import Range
from reporting.domain.figures import (
    Column,
    Durations,
    Row,
    Stat,
    add_to,
    empty_row,
    next_response,
    resolution,
    response,
)
from reporting.domain.rows import (
    ALL,
    BY,
    BY_ASSIGNEE,
    BY_RULE,
    CELLS,
    MERGED,
    Key,
    cells_of,
    cells_of_customer,
    cells_of_tag,
)
from reporting.services import sums
from reporting.services.completeness import complete_until as complete_until
from reporting.services.query import EARLIEST
from reporting.services.query import GroupBy as GroupBy
from reporting.services.query import ReportQuery as ReportQuery
from reporting.services.query import parse_query as parse_query
from tickets.domain.filters import NOBODY
from tickets.domain.ticket import Category, Channel, Priority
from tickets.services.lists.counts import now_counts


@dataclass(frozen=True)
class Report:
    """The figures of a query. Each is read when it is asked for: see `sums` for the cost."""

    asked: ReportQuery

    @property
    def row(self) -> Row:
        """The sum of all tickets that the query's filters select."""
        return _sum(row for _key, row in _selected(self.asked))

    def durations(self, priority: str | None = None) -> Durations:
        """Return the durations of tickets of a priority, or of all."""
        found = Durations()
        for key, own in _durations(self.asked):
            if priority in (None, key[0]):
                found.add(own)
        return found

    def stats(self, priority: str | None = None) -> tuple[Stat, Stat, Stat]:
        """Return first replies, resolutions and later replies of a priority, or of all."""
        row = _sum(row for key, row in _selected(self.asked) if priority in (None, key[0]))
        durations = self.durations(priority)
        return (
            response(row, durations.response),
            resolution(row, durations.resolution),
            next_response(row, durations.next_response),
        )

    def by(self, group_by: GroupBy) -> dict[str, Row]:
        """Return the rows of each priority, category, channel or assignee.

        Assignees with a filter by category or channel cost as much as a report of each.
        """
        found: dict[str, Row] = {}
        if group_by is GroupBy.ASSIGNEE:
            for person, row in _of_assignees(self.asked):
                add_to(found.setdefault(person, empty_row()), row)
            return found
        place = {GroupBy.PRIORITY: 0, GroupBy.CATEGORY: 1, GroupBy.CHANNEL: 2}[group_by]
        for key, row in _cells(self.asked):
            add_to(found.setdefault(key[place], empty_row()), row)
        return found

    def by_dimension(self, table: str) -> dict[str, Row]:
        """Return the rows of each team, segment or make.

        Empty where a filter other than by priority applies: rows have these by priority only.
        """
        found: dict[str, Row] = {}
        if self.asked.by_priority_alone:
            for (value, priority), row in _table(self.asked, table):
                if chosen(self.asked, priority):
                    add_to(found.setdefault(value, empty_row()), row)
        return found

    @property
    def rules(self) -> Counter[tuple[str, str]]:
        """The escalations by rule and level; none where a filter applies."""
        found: Counter[tuple[str, str]] = Counter()
        if self.asked.of_all:
            for (rule, level), row in _table(self.asked, BY_RULE):
                if row[Column.ESCALATED]:
                    found[rule, level] += row[Column.ESCALATED]
        return found


def report(asked: ReportQuery) -> Report:
    """Return the figures of a query. Costs nothing yet."""
    return Report(asked)


def merged_tickets(asked: ReportQuery) -> int:
    """Return how many created tickets are left out because they were merged into another.

    0 if they are counted. Cost: as the row of a report.
    """
    if asked.include_merged:
        return 0
    both = Report(replace(asked, include_merged=True)).row
    return both[Column.CREATED] - Report(asked).row[Column.CREATED]


@once_a_page
def by_day(asked: ReportQuery) -> dict[date, Row]:
    """Return the totals of each day of a range, without empty days.

    Cost: a query of the days, of few rows a day unless there are filters; see `sums`.
    """
    found: dict[date, Row] = {}
    for group in groups_of(asked):
        for day, rows in sums.rows_by_day(group, asked.range, asked.zone).items():
            row = _sum(row for (_table, key), row in rows.items() if selects(asked, key))
            add_to(found.setdefault(day, empty_row()), row)
    return {day: row for day, row in found.items() if any(row)}


def backlog(asked: ReportQuery, group_by: GroupBy, *, by: Actor, today: date) -> list[int | None]:
    """Return the active tickets at the end of each group of days; None for future days.

    Calculated backwards from those that are active now. Cost: as `by_day`, up to today.
    """
    whole = replace(asked, range=Range(asked.range.start, max(asked.range.end, today + days.DAY)))
    left = _active_at_last(whole, by=by)
    rows = by_day(whole)
    at_end: dict[date, int] = {}
    for day in sorted(whole.range.each(), reverse=True):
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


def _active_at_last(asked: ReportQuery, *, by: Actor) -> int:
    """Return how many tickets are active at the end of a range that is not over: by the search
    index, which is newer than figures, unless it is asked for a customer or tag."""
    if asked.customer is not None or asked.tag is not None:
        require_ticket_work(by)
        return active(Report(until(asked, asked.range.end)).row)
    return now_counts(
        priorities=asked.priorities,
        categories=asked.categories,
        channels=asked.channels,
        assignee=asked.assignee,
        by=by,
    )["active"]


def active(row: Row) -> int:
    """Return how many tickets became active and still were at the end of a row's time."""
    return row[Column.CREATED] + row[Column.REOPENED] - row[Column.RESOLVED]


def until(asked: ReportQuery, end: date) -> ReportQuery:
    """Return the same query for all days before one."""
    return replace(asked, range=Range(EARLIEST, end))


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
            for first, second, _later in (found.stats(priority.value),)
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
    names: dict[GroupBy, list[str]] = {
        GroupBy.PRIORITY: [one.value for one in Priority],
        GroupBy.CATEGORY: [one.value for one in Category],
        GroupBy.CHANNEL: [one.value for one in Channel],
    }
    rows = {name: empty_row() for name in names.get(group_by, ())}
    for key, row in sorted(report(asked).by(group_by).items()):
        add_to(rows.setdefault(key or NOBODY, empty_row()), row)
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


def _sum(rows: Iterator[Row]) -> Row:
    total = empty_row()
    for row in rows:
        add_to(total, row)
    return total


def groups_of(asked: ReportQuery, *, by_dimension: bool = False) -> tuple[str, ...]:
    """Return the groups of rows that a query selects from, or those of a table by dimension."""
    if by_dimension:
        group = BY
    elif asked.of_one:
        return cell_groups(asked)
    else:
        group = ALL if asked.by_priority_alone else CELLS
    return with_merged(asked, group)


def with_merged(asked: ReportQuery, group: str) -> tuple[str, ...]:
    """Return a group of rows, and if the query includes merged tickets that of theirs."""
    return (group, MERGED + group) if asked.include_merged else (group,)


def _selected(asked: ReportQuery) -> Iterator[tuple[Key, Row]]:
    """Yield the rows that the query's filters select; each key begins with the priority."""
    for group in groups_of(asked):
        for (_table, key), row in sums.rows_in(group, asked.range, asked.zone).items():
            if selects(asked, key):
                yield key, row


def _durations(asked: ReportQuery) -> Iterator[tuple[Key, Durations]]:
    for group in groups_of(asked):
        for (_table, key), own in sums.durations_in(group, asked.range, asked.zone).items():
            if selects(asked, key):
                yield key, own


def cell_groups(asked: ReportQuery) -> tuple[str, ...]:
    """Return the groups with the rows of a query by priority, category and channel."""
    group = CELLS
    if asked.assignee is not None:
        group = cells_of(asked.assignee)
    elif asked.customer is not None:
        group = cells_of_customer(asked.customer)
    elif asked.tag is not None:
        group = cells_of_tag(asked.tag)
    return with_merged(asked, group)


def _cells(asked: ReportQuery) -> Iterator[tuple[Key, Row]]:
    """Yield the selected rows by priority, category and channel."""
    for one in cell_groups(asked):
        for (_table, key), row in sums.rows_in(one, asked.range, asked.zone).items():
            if selects(asked, key):
                yield key, row


def _table(asked: ReportQuery, table: str) -> Iterator[tuple[Key, Row]]:
    for group in with_merged(asked, BY):
        for (name, key), row in sums.rows_in(group, asked.range, asked.zone).items():
            if name == table:
                yield key, row


def _of_assignees(asked: ReportQuery) -> Iterator[tuple[str, Row]]:
    if asked.assignee is not None:
        yield asked.assignee, Report(asked).row
    elif asked.of_one:
        return  # neither a customer nor a tag has rows of each person
    elif asked.by_priority_alone:
        for (person, priority), row in _table(asked, BY_ASSIGNEE):
            if chosen(asked, priority):
                yield person, row
    else:
        for person in people(asked):
            yield person, Report(replace(asked, assignee=person)).row


def people(asked: ReportQuery) -> list[str]:
    """Return everybody who has any figures of the query's priorities; "" is nobody."""
    found = {
        key[0] for key, row in _table(asked, BY_ASSIGNEE) if chosen(asked, key[1]) and any(row)
    }
    return sorted(found)


def chosen(asked: ReportQuery, priority: str) -> bool:
    """Return whether a query's filters select a priority."""
    return not asked.priorities or priority in asked.priorities


def selects(asked: ReportQuery, key: Key) -> bool:
    """Return whether a query's filters select a row of `groups_of`.

    Its key is a priority, or a priority, category and channel.
    """
    priority, *cell = key
    if not chosen(asked, priority):
        return False
    if not cell:
        return True
    category, channel = cell
    return (not asked.categories or category in asked.categories) and (
        not asked.channels or channel in asked.channels
    )
