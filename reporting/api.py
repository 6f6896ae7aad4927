"""The two reports of the JSON API."""

from datetime import date
from typing import Annotated, Literal

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from helpdesk.accounts.actors import actor_of
from helpdesk.api.fields import describe
from helpdesk.api.schema import ApiSchema, Moment
from helpdesk.clock import this_second
from reporting.services import report
from reporting.services.report import GroupBy, ReportQuery
from tickets.domain.ticket import Category, Channel, Priority
from tickets.services.lists.counts import now_counts

router = Router(tags=["reports"])


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
        "key": ("The day, week, month, category, priority, channel or user ID.", "2026-11-24"),
        "created": ("Tickets created in the range.", 48),
        "resolved": ("Tickets resolved in the range.", 44),
        "closed": ("Tickets closed in the range.", 40),
        "reopened": ("Tickets reopened in the range.", 2),
        "escalated": ("Escalations in the range.", 5),
        "resolutionRate": ("resolved / created.", 0.92),
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
    return report.analytics(_asked(request), days.group_by)


def _asked(request: HttpRequest) -> ReportQuery:
    given = dict(request.GET.lists())
    return report.parse_query(given, by=actor_of(request.user), today=this_second().date())
