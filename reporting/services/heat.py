"""The week hour by hour: what was created and answered, and how much waited."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from reporting.domain import days, spans
from reporting.domain.figures import Column, Row, add_to, empty_row
from reporting.services import report, sums
from reporting.services.query import ReportQuery
from reporting.services.report import Report, active

Week = list[list[int]]
"""A number for each weekday, Monday first, and each hour of it."""


def _week() -> Week:
    return [[0] * 24 for _weekday in range(7)]


@dataclass(frozen=True, slots=True)
class Heat:
    """Counts by weekday and hour of the query's zone.

    `quarters` says how many quarter hours of the range lie in each, and `waited` how many tickets
    were active at the end of each of them, together.
    """

    created: Week = field(default_factory=_week)
    replies: Week = field(default_factory=_week)
    waited: Week = field(default_factory=_week)
    quarters: Week = field(default_factory=_week)

    def hours(self, weekday: int, hour: int) -> float:
        """Return how often the range has this hour of the week."""
        return self.quarters[weekday][hour] / 4

    def backlog(self, weekday: int, hour: int) -> float | None:
        """Return how many tickets were active on average in this hour; None without any."""
        quarters = self.quarters[weekday][hour]
        return self.waited[weekday][hour] / quarters if quarters else None


def heat(asked: ReportQuery, *, now: datetime) -> Heat:
    """Return what happened in each hour of the week, up to `now`.

    Cost: four queries of parts of all these days, and one of all months before. Time grows with
    the days: a year has 35,000 quarter hours.
    """
    start, _ends = days.bounds(asked.range.start, asked.zone)
    end, _ends = days.bounds(asked.range.end, asked.zone)
    rows: dict[datetime, Row] = {}
    for group in report.groups_of(asked):
        of_group = sums.by_quarter(
            group, start, end, counts=lambda _table, key: report.selects(asked, key)
        )
        for at, row in of_group.items():
            add_to(rows.setdefault(at, empty_row()), row)
    left = active(Report(report.until(asked, asked.range.start)).row)
    found, zone, at, nothing = Heat(), ZoneInfo(asked.zone), start, empty_row()
    while at < min(end, now):
        row = rows.get(at, nothing)
        left += active(row)
        local = at.astimezone(zone)
        weekday, hour = local.weekday(), local.hour
        found.created[weekday][hour] += row[Column.CREATED]
        found.replies[weekday][hour] += row[Column.REPLIES]
        found.waited[weekday][hour] += left
        found.quarters[weekday][hour] += 1
        at += spans.QUARTER
    return found
