"""The day's figures for the dashboard."""

from collections import Counter
from datetime import datetime

from django.conf import settings
from django.core.cache import cache

from helpdesk.accounts.actors import Actor, require_ticket_work
from reporting.domain.days import DAY, Range, day_of
from reporting.services.query import ReportQuery
from reporting.services.report import complete_until, report
from tickets.domain import instant

SHARED = 5
"""Seconds for which those who watch the dashboard share one look at what figures lack."""


def escalated_today(*, by: Actor, now: datetime) -> Counter[tuple[str, str]]:
    """Return escalations of the business's current day, by rule and level.

    Cost: a query of the day's rows. Raises NotAllowed.
    """
    require_ticket_work(by)
    zone = settings.REPORT_TIME_ZONES[-1]
    today = day_of(now, zone)
    return report(ReportQuery(Range(today, today + DAY), zone)).rules


def complete_until_lately() -> datetime | None:
    """As `complete_until`, cached for a few seconds for all viewers. Cost: as it, or none."""
    known = cache.get("reporting:complete")
    if known is None:
        at = complete_until()
        known = instant.text(at) if at else ""
        cache.set("reporting:complete", known, SHARED)
    return instant.parse(known) if known else None
