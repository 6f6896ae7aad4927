"""A version of a policy in words, and what distinguishes it from the one before."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from tickets.domain import target
from tickets.domain.ticket import Priority
from tickets.models import Calendar, Policy, PolicyVersion
from tickets.models.policy import CLOCKS, DAYS, WEEKDAYS, target_field

YEARS = 3
"""Years whose holidays are shown, from the one in which the version was made."""


def lines(version: PolicyVersion) -> dict[str, str]:
    """Return what a version says, by the names that the forms have for it."""
    return dict(_lines(version.terms, version.made_at.year))


def changes(version: PolicyVersion) -> list[tuple[str, str, str]]:
    """Return what a version changed: names with the values before and after. One SQL query."""
    older = PolicyVersion.objects.filter(policy=version.policy, number=version.number - 1).first()
    if version.policy_id is None or older is None:
        return []
    # Of the same years, or a version of another year would differ in all its holidays.
    before = dict(_lines(older.terms, version.made_at.year))
    after = lines(version)
    names = dict.fromkeys([*after, *before])
    return [
        (name, before.get(name, ""), after.get(name, ""))
        for name in names
        if before.get(name, "") != after.get(name, "")
    ]


def _lines(terms: Any, year: int) -> Iterator[tuple[str, str]]:
    for priority in reversed(Priority):
        for clock in CLOCKS:
            if seconds := terms["targets"][priority.value].get(clock):
                yield _name(Policy, target_field(priority, clock)), target.format(seconds)
    yield _name(Policy, "at_risk_percent"), str(terms["atRiskPercent"])
    calendar = terms["calendar"]
    if not isinstance(calendar, dict):
        yield _("Business hours"), _("around the clock")
        return
    yield _name(Calendar, "time_zone"), calendar["timezone"]
    for day, field in zip(DAYS, WEEKDAYS, strict=True):
        if windows := calendar["hours"].get(day):
            yield _name(Calendar, field), ", ".join("–".join(window) for window in windows)
    for shown in range(year, year + YEARS):
        days = [day for day in calendar["holidays"] if day.startswith(f"{shown}-")]
        text = ", ".join(date_format(date.fromisoformat(day)) for day in days)
        yield _("Holidays in %(year)s") % {"year": shown}, text


def _name(model: Any, field: str) -> str:
    return str(capfirst(model._meta.get_field(field).verbose_name))
