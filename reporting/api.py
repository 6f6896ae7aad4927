"""The two reports of the JSON API."""

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from ninja import Query, Router
from pydantic import Field

from helpdesk.accounts.actors import actor_of
from helpdesk.api.schema import Moment, Shape
from helpdesk.clock import this_second
from reporting.services import report
from reporting.services.report import Asked, GroupBy
from tickets.domain.ticket import Category, Priority
from tickets.services.lists.counts import now_counts

router = Router(tags=["reports"])


class Stat(Shape):
    """One clock over some tickets."""

    count: int
    met: int = Field(description="Stopped at the deadline or before.")
    breached: int
    attainment: float | None = Field(description="met / count; null for none.")
    average_seconds: int | None = Field(description="Working time on the clock, to the second.")
    median_seconds: float | None = Field(description="Nearest rank, within 1 %.")
    p90_seconds: float | None = Field(alias="p90Seconds", description="Nearest rank, within 1 %.")


class BothClocks(Shape):
    response: Stat
    resolution: Stat


class Now(Shape):
    """Active tickets as they stand; the filters hold, the days do not."""

    active: int
    at_risk: int
    overdue: int
    waiting: int
    unassigned: int


class Whole(Shape):
    """How whole the figures are."""

    complete_until: Moment | None = Field(
        description="The instant up to which the figures are complete; null: all of them are."
    )
    merged_tickets: int = Field(
        description="Tickets created in the range that are left out, since they were merged into "
        "another; 0 with includeMerged."
    )


class SlaReport(Whole):
    """Response: tickets whose first response lies in the range. Resolution: tickets whose last
    resolution does, and which have not been reopened since."""

    start: str = Field(alias="from", description="The first day.")
    to: str = Field(description="The day after the last one.")
    tz: str
    response: Stat
    resolution: Stat
    by_priority: dict[str, BothClocks]
    now: Now


class Counts(Shape):
    created: int
    resolved: int
    closed: int
    reopened: int
    escalated: int = Field(description="Escalations fired, or made by hand.")
    resolution_rate: float | None = Field(description="resolved / created; null for none.")


class Group(Counts):
    key: str


class Analytics(Whole):
    start: str = Field(alias="from")
    to: str
    tz: str
    group_by: str
    totals: Counts
    groups: list[Group]


class Days(Shape):
    """Which days, and of which tickets; the tickets count as they are now."""

    start: date | None = Field(
        None, alias="from", description="A day; 30 days before the end if absent."
    )
    to: date | None = Field(None, description="The day after the last one; tomorrow if absent.")
    tz: str = Field("", description="UTC, or another of REPORT_TIME_ZONES.")
    priority: list[Priority] = Field([], description="Any of these.")
    category: list[Category] = Field([], description="Any of these.")
    assigned_to: str = Field("", description="A user id, me or none.")
    include_merged: bool = Field(
        False, description="Count tickets too that were merged into another."
    )


@router.get("/tickets/sla-report", response=SlaReport, by_alias=True)
def sla_report(request: HttpRequest, days: Annotated[Days, Query()]) -> dict[str, object]:
    """How the promises were kept."""
    by = actor_of(request.user)
    asked = _asked(request)
    now = now_counts(
        priorities=asked.priorities, categories=asked.categories, assignee=asked.assignee, by=by
    )
    return report.sla_report(asked, now=now)


class Grouped(Days):
    group_by: GroupBy = Field(GroupBy.DAY, description="What each group is.")


@router.get("/tickets/analytics", response=Analytics, by_alias=True)
def analytics(request: HttpRequest, days: Annotated[Grouped, Query()]) -> dict[str, object]:
    """How many tickets came, and went."""
    return report.analytics(_asked(request), days.group_by)


def _asked(request: HttpRequest) -> Asked:
    given = dict(request.GET.lists())
    return report.read_asked(given, by=actor_of(request.user), today=this_second().date())
