"""The day's figures for the dashboard."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.core.cache import cache

from helpdesk.accounts.actors import Actor, require_ticket_work
from reporting.domain.days import DAY, Range, day_of
from reporting.domain.figures import Column
from reporting.services.query import ReportQuery
from reporting.services.report import Report, complete_until, report
from tickets.domain import instant

SHARED = 5
"""Seconds for which those who watch the dashboard share one look at what figures lack."""


def escalated_today(*, by: Actor, now: datetime) -> Counter[tuple[str, str]]:
    """Return escalations of the business's current day, by rule and level.

    Cost: a query of the day's rows. Raises NotAllowed.
    """
    require_ticket_work(by)
    return _report(now).rules


@dataclass(frozen=True)
class Today:
    """Counts of a day; `ended` and `met` are of clocks, and those of them that met the target."""

    created: int
    resolved: int
    escalated: int
    ended: int
    met: int


def today(*, by: Actor, now: datetime) -> Today:
    """Return counts of the business's current day.

    Cost: a query of the day's rows. Raises NotAllowed.
    """
    require_ticket_work(by)
    row = _report(now).row
    return Today(
        created=row[Column.CREATED],
        resolved=row[Column.RESOLVED],
        escalated=row[Column.ESCALATED],
        ended=row[Column.RESPONSES] + row[Column.NEXT_RESPONSES] + row[Column.RESOLUTIONS],
        met=row[Column.RESPONSES_MET]
        + row[Column.NEXT_RESPONSES_MET]
        + row[Column.RESOLUTIONS_MET],
    )


def _report(now: datetime) -> Report:
    zone = settings.REPORT_TIME_ZONES[-1]
    day = day_of(now, zone)
    return report(ReportQuery(Range(day, day + DAY), zone))


def complete_until_lately() -> datetime | None:
    """As `complete_until`, cached for a few seconds for all viewers. Cost: as it, or none."""
    known = cache.get("reporting:complete")
    if known is None:
        at = complete_until()
        known = instant.text(at) if at else ""
        cache.set("reporting:complete", known, SHARED)
    return instant.parse(known) if known else None
