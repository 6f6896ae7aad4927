"""The two reports of the JSON API."""

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from helpdesk.accounts.actors import actor_of
from helpdesk.api.schema import ApiSchema, Moment
from helpdesk.clock import this_second
from reporting.services import report
from reporting.services.report import GroupBy, ReportQuery
from tickets.domain.ticket import Category, Priority
from tickets.services.lists.counts import now_counts

router = Router(tags=["reports"])


class Stat(ApiSchema):
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


class BothClocks(ApiSchema):
    response: Stat
    resolution: Stat


class Now(ApiSchema):
    """Active tickets right now. The filters apply, the date range does not."""

    active: int
    at_risk: int
    overdue: int
    waiting: int
    unassigned: int


class Whole(ApiSchema):
    """Completeness of the data."""

    complete_until: Moment | None = Field(
        description="The data is complete up to this time. Null if all of it is."
    )
    merged_tickets: int = Field(
        description="Merged tickets created in the range, not counted. 0 with includeMerged."
    )


class SlaReport(Whole):
    """`response`: tickets with their first reply in the range. `resolution`: tickets with their
    last resolution in the range, not reopened since."""

    start: str = Field(alias="from", description="The first day.")
    to: str = Field(description="The day after the last day.")
    tz: str
    response: Stat
    resolution: Stat
    by_priority: dict[str, BothClocks]
    now: Now


class Counts(ApiSchema):
    created: int
    resolved: int
    closed: int
    reopened: int
    escalated: int = Field(description="Escalations, automatic and manual.")
    resolution_rate: float | None = Field(description="resolved / created. Null if created is 0.")


class Group(Counts):
    key: str


class Analytics(Whole):
    start: str = Field(alias="from")
    to: str
    tz: str
    group_by: str
    totals: Counts
    groups: list[Group]


class Days(ApiSchema):
    """Date range and filters. Filters use the tickets' current values."""

    start: date | None = Field(
        None, alias="from", description="The first day. Defaults to 30 days before the end."
    )
    to: date | None = Field(None, description="The day after the last day. Defaults to tomorrow.")
    tz: str = Field("", description="UTC, or another zone of REPORT_TIME_ZONES.")
    priority: list[Priority] = Field([], description="Matches any of the values.")
    category: list[Category] = Field([], description="Matches any of the values.")
    assigned_to: str = Field("", description="A user ID, `me` or `none`.")
    include_merged: bool = Field(False, description="Include merged tickets.")


@router.get("/tickets/sla-report", response=SlaReport, by_alias=True)
def sla_report(request: HttpRequest, days: Annotated[Days, Query()]) -> dict[str, object]:
    """Return SLA attainment, first reply and resolution times."""
    by = actor_of(request.user)
    asked = _asked(request)
    now = now_counts(
        priorities=asked.priorities, categories=asked.categories, assignee=asked.assignee, by=by
    )
    return report.sla_report(asked, now=now)


class Grouped(Days):
    group_by: GroupBy = Field(GroupBy.DAY, description="The field to group by.")


@router.get("/tickets/analytics", response=Analytics, by_alias=True)
def analytics(request: HttpRequest, days: Annotated[Grouped, Query()]) -> dict[str, object]:
    """Return ticket volume: created, resolved, closed, reopened and escalated."""
    return report.analytics(_asked(request), days.group_by)


def _asked(request: HttpRequest) -> ReportQuery:
    given = dict(request.GET.lists())
    return report.parse_query(given, by=actor_of(request.user), today=this_second().date())
