"""The reports of the JSON API: everything that the pages show."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Query, Router
from pydantic import Field

from helpdesk.accounts.actors import actor_of
from helpdesk.api.fields import describe
from helpdesk.api.schema import ApiSchema, Moment
from helpdesk.audit.record import record
from helpdesk.clock import this_second
from helpdesk.table_files import FileFormat, download
from reporting.domain.days import day_of
from reporting.domain.named_figures import FIGURES, Unit, Value
from reporting.services import heat, report, sheets, tables
from reporting.services.figure_labels import LABELS
from reporting.services.query import GroupBy as Grouping
from reporting.services.query import ReportQuery
from reporting.services.tables import Dimension
from tickets.domain.ticket import Category, Channel, Priority
from tickets.services.lists.counts import now_counts

router = Router(tags=["reports"])

if TYPE_CHECKING:
    from reporting.services.tables import Dimension as GroupBy
else:  # clients know it by this name
    GroupBy = StrEnum("GroupBy", {one.name: one.value for one in Dimension})


describe(
    {
        "from": ("The first day.", "2026-11-01"),
        "to": ("The day after the last day.", "2026-12-01"),
        "tz": ("The time zone of the days.", "UTC"),
        "groupBy": ("What the groups are.", "day"),
        "includeMerged": ("Count merged tickets, too.", False),
        "completeUntil": ("Up to when the data is complete.", "2026-11-24T09:30:00Z"),
        "mergedTickets": ("Merged tickets that are not counted.", 3),
        "response": ("First replies.", None),
        "resolution": ("Resolutions.", None),
        "byPriority": ("The same, by priority.", None),
        "now": ("Active tickets right now.", None),
        "active": ("Open or in progress.", 41),
        "atRisk": ("Close to a deadline, and past none.", 4),
        "overdue": ("Past a deadline.", 2),
        "unassigned": ("With nobody assigned.", 6),
        "count": ("Clocks that have stopped in the range.", 120),
        "met": ("Those within their target.", 114),
        "breached": ("Those that missed it.", 6),
        "attainment": ("met / count.", 0.95),
        "averageSeconds": ("The mean of business seconds.", 5_400.0),
        "medianSeconds": ("The median of business seconds.", 3_600.0),
        "p90Seconds": ("The 90th percentile of business seconds.", 14_400.0),
        "totals": ("All groups together.", None),
        "groups": ("In order.", None),
        "key": ("The day, week, month, category …, or the ID of the user or team.", "2026-11-24"),
        "created": ("Tickets created in the range.", 48),
        "resolved": ("Tickets resolved in the range.", 44),
        "closed": ("Tickets closed in the range.", 40),
        "reopened": ("Tickets reopened in the range.", 2),
        "escalated": ("Escalations in the range.", 5),
        "resolutionRate": ("resolved / created.", 0.92),
        "format": ("What is returned: `json`, or a file as `csv` or `xlsx`.", "json"),
        "columns": ("The figures of the table, in order.", None),
        "figure": ("The name of a figure.", "response-median"),
        "label": ("In the language of the request.", "First reply, median"),
        "unit": ("Of a figure: seconds are working time, a share is 0.95 for 95 %.", "seconds"),
        "figures": ("By name. Null where there is nothing to compute it from.", {"created": 48}),
        "all": ("The figures of all tickets together.", {"created": 48}),
        "weekday": ("1 is Monday.", 1),
        "hour": ("From 0 on.", 9),
        "hours": ("By weekday and hour.", None),
        "times": ("How often the range has this hour of the week.", 4.0),
        "replies": ("Replies to customers.", 12),
        "backlog": ("Active tickets, on average.", 41.5),
        "rule": ("The key of an escalation rule.", "response-breached"),
        "level": ("The escalation level that a rule raised a ticket to.", "1"),
    }
)


class ClockStats(ApiSchema):
    """First reply or resolution times of a set of tickets."""

    count: int
    met: int = Field(description="Completed within the deadline.")
    breached: int
    attainment: float | None = Field(description="met / count. Null if count is 0.")
    average_seconds: int | None = Field(description="Average business time in seconds.")
    median_seconds: float | None = Field(description="Nearest rank, accurate to 1 %.")
    p90_seconds: float | None = Field(
        alias="p90Seconds", description="Nearest rank, accurate to 1 %."
    )


class ClockFigures(ApiSchema):
    response: ClockStats
    resolution: ClockStats


class TicketsNow(ApiSchema):
    """Active tickets right now. The filters apply, the date range does not."""

    active: int
    at_risk: int
    overdue: int
    waiting: int
    unassigned: int


class Completeness(ApiSchema):
    """Completeness of the data."""

    complete_until: Moment | None = Field(
        description="The data is complete up to this time. Null if all of it is."
    )
    merged_tickets: int = Field(
        description="Merged tickets created in the range, not counted. 0 with includeMerged."
    )


class SlaReport(Completeness):
    """`response`: tickets with their first reply in the range. `resolution`: tickets with their
    last resolution in the range, not reopened since."""

    start: str = Field(alias="from", description="The first day.")
    to: str = Field(description="The day after the last day.")
    tz: str
    response: ClockStats
    resolution: ClockStats
    by_priority: dict[str, ClockFigures]
    now: TicketsNow


class VolumeCounts(ApiSchema):
    created: int
    resolved: int
    closed: int
    reopened: int
    escalated: int = Field(description="Escalations, automatic and manual.")
    resolution_rate: float | None = Field(description="resolved / created. Null if created is 0.")


class AnalyticsGroup(VolumeCounts):
    key: str


class Analytics(Completeness):
    start: str = Field(alias="from")
    to: str
    tz: str
    group_by: str
    totals: VolumeCounts
    groups: list[AnalyticsGroup]


class ReportParameters(ApiSchema):
    """Date range and filters. Filters use the tickets' current values."""

    start: date | None = Field(
        None, alias="from", description="The first day. Defaults to 30 days before the end."
    )
    to: date | None = Field(None, description="The day after the last day. Defaults to tomorrow.")
    tz: str = Field("", description="UTC, or another zone of REPORT_TIME_ZONES.")
    priority: list[Priority] = Field([], description="Matches any of the values.")
    category: list[Category] = Field([], description="Matches any of the values.")
    channel: list[Channel | Literal["none"]] = Field(
        [], description="Matches any of the values; `none` where the channel is not known."
    )
    assigned_to: str = Field("", description="A user ID, `me` or `none`.")
    include_merged: bool = Field(False, description="Include merged tickets.")


@router.get("/tickets/sla-report", response=SlaReport, by_alias=True, operation_id="getSlaReport")
def sla_report(
    request: HttpRequest, days: Annotated[ReportParameters, Query()]
) -> dict[str, object]:
    """Return SLA attainment, first reply and resolution times."""
    by = actor_of(request.user)
    asked = _asked(request)
    now = now_counts(
        priorities=asked.priorities,
        categories=asked.categories,
        channels=asked.channels,
        assignee=asked.assignee,
        by=by,
    )
    return report.sla_report(asked, now=now)


class AnalyticsParameters(ReportParameters):
    group_by: GroupBy = Field(GroupBy.DAY, description="The field to group by.")


@router.get("/tickets/analytics", response=Analytics, by_alias=True, operation_id="getAnalytics")
def analytics(
    request: HttpRequest, days: Annotated[AnalyticsParameters, Query()]
) -> dict[str, object]:
    """Return ticket volume: created, resolved, closed, reopened and escalated."""
    asked, wanted = _asked(request), Dimension(days.group_by.value)
    if wanted.value in list(Grouping):
        return report.analytics(asked, Grouping(wanted.value))
    table = sheets.named_table(asked, wanted, today=this_second().date())
    return {
        **_head(asked),
        "groupBy": wanted.value,
        "totals": report.counts(report.report(asked).row),
        "groups": [
            {"key": row.key, **{name: row.figures.get(of) for name, of in _VOLUME.items()}}
            for row in table.rows
        ],
    }


_VOLUME = {
    **{name: name for name in ("created", "resolved", "closed", "reopened", "escalated")},
    "resolutionRate": "rate",
}
"""Figures of the analytics, by their names there."""


class FigureOfTable(ApiSchema):
    figure: str
    label: str
    unit: Unit


class RowOfTable(ApiSchema):
    key: str
    name: str = Field(description="What the row is called on pages.")
    figures: dict[str, int | float | None]


class FigureTable(Completeness):
    """Figures by name: of all tickets, and of each group. What a group of this kind does not have,
    such as the median of a day, is left out."""

    start: str = Field(alias="from")
    to: str
    tz: str
    group_by: str
    columns: list[FigureOfTable]
    all: dict[str, int | float | None]
    groups: list[RowOfTable]


class TableParameters(ReportParameters):
    group_by: GroupBy = Field(GroupBy.ASSIGNEE, description="What the rows are.")
    format: Literal["json", "csv", "xlsx"] = "json"


class FileParameters(ReportParameters):
    format: Literal["json", "csv", "xlsx"] = "json"


class HourOfWeek(ApiSchema):
    weekday: int
    hour: int
    times: float
    created: int
    replies: int
    backlog: float | None = Field(
        description="Active tickets, on average. Null where the hour has not come yet."
    )


class HeatMap(Completeness):
    """What happened in each hour of the week, in the zone that was asked for."""

    start: str = Field(alias="from")
    to: str
    tz: str
    hours: list[HourOfWeek]


class RuleCount(ApiSchema):
    rule: str
    name: str = Field(description="What the rule is called on pages.")
    level: str
    escalated: int


class EscalationsByRule(Completeness):
    start: str = Field(alias="from")
    to: str
    tz: str
    groups: list[RuleCount] | None = Field(
        examples=[[]],
        description="Null where a filter applies, as in every report of a representative.",
    )


_FILES = {
    "responses": {
        200: {
            "content": {
                one.media_type: {"schema": {"type": "string", "format": "binary"}}
                for one in FileFormat
            }
        }
    }
}


@router.get(
    "/reports/tables",
    response=FigureTable,
    by_alias=True,
    operation_id="getReportTable",
    openapi_extra=_FILES,
)
def table(request: HttpRequest, days: Annotated[TableParameters, Query()]) -> Any:
    """Return every figure of each person, team, priority, week …

    Teams, segments and makes can be filtered by priority only.
    """
    asked, now = _asked(request), this_second()
    if file := _file(asked, days.group_by.value, days.format):
        return file
    head = _head(asked)
    wanted = Dimension(days.group_by.value)
    found = sheets.named_table(asked, wanted, today=day_of(now, asked.zone))
    return {
        **head,
        "groupBy": days.group_by.value,
        "columns": [
            {"figure": name, "label": str(LABELS[name]), "unit": FIGURES[name].unit}
            for name in found.figures
        ],
        "all": _figures(tables.totals(asked)),
        "groups": [
            {"key": row.key, "name": found.name(row.key), "figures": _figures(row.figures)}
            for row in found.rows
        ],
    }


@router.get(
    "/reports/heat-map",
    response=HeatMap,
    by_alias=True,
    operation_id="getHeatMap",
    openapi_extra=_FILES,
)
def heat_map(request: HttpRequest, days: Annotated[FileParameters, Query()]) -> Any:
    """Return what was created and replied to in each hour of the week, and the backlog in it."""
    asked = _asked(request)
    if file := _file(asked, sheets.HOURS, days.format):
        return file
    head = _head(asked)
    found = heat.heat(asked, now=this_second())
    return {
        **head,
        "hours": [
            {
                "weekday": weekday + 1,
                "hour": hour,
                "times": found.hours(weekday, hour),
                "created": found.created[weekday][hour],
                "replies": found.replies[weekday][hour],
                "backlog": found.backlog(weekday, hour),
            }
            for weekday in range(7)
            for hour in range(24)
        ],
    }


@router.get(
    "/reports/escalations",
    response=EscalationsByRule,
    by_alias=True,
    operation_id="getEscalationsByRule",
    openapi_extra=_FILES,
)
def escalations(request: HttpRequest, days: Annotated[FileParameters, Query()]) -> Any:
    """Return how often each escalation rule fired, of all tickets together."""
    asked = _asked(request)
    if file := _file(asked, sheets.RULES, days.format):
        return file
    head = _head(asked)
    counted = sheets.rules_of(asked)
    groups = (
        None
        if counted is None
        else [
            {"rule": rule, "name": sheets.rule_name(rule), "level": level, "escalated": count}
            for (rule, level), count in sorted(counted.items())
        ]
    )
    return {**head, "groups": groups}


def _file(asked: ReportQuery, word: str, wanted: str) -> HttpResponseBase | None:
    """Return a table as a file, which is recorded; None if JSON is wanted."""
    if wanted == "json":
        return None
    rows = sheets.sheet(asked, word, now=this_second())
    record("report", "exported", f"report:{word}")
    name = f"report-{word}-{asked.range.start}-{asked.range.end}"
    return download(rows, name=name, file_format=FileFormat(wanted))


def _head(asked: ReportQuery) -> dict[str, Any]:
    """Return the head of an answer; call it before the figures are read."""
    return {
        "from": str(asked.range.start),
        "to": str(asked.range.end),
        "tz": asked.zone,
        "completeUntil": report.complete_until(),
        "mergedTickets": report.merged_tickets(asked),
    }


def _figures(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return figures, fractions to the digits that mean something."""
    return {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in values.items()
    }


def _asked(request: HttpRequest) -> ReportQuery:
    given = dict(request.GET.lists())
    return report.parse_query(given, by=actor_of(request.user), today=this_second().date())
