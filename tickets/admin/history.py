"""The history of a policy or calendar for people: who changed what from what to what, and when."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from helpdesk.accounts.people import names_of
from helpdesk.audit import store, words
from helpdesk.audit.audited import kind_of
from helpdesk.audit.models import QueuedEntry
from helpdesk.audit.record import Change, loaded
from helpdesk.place_names import country_name
from tickets.models import Calendar, Policy, PolicyVersion, public_holidays
from tickets.models.labels import LABELS

MOST = 100
"""Changes that are shown; the audit record has all."""


@dataclass(frozen=True)
class Step:
    """One change: `lines` are names of fields with the values before and after."""

    at: datetime
    who: str
    action: str
    lines: list[tuple[str, str, str]]


class HistoryAdmin(admin.ModelAdmin):
    """Shows the audit record's entries of a row as its history, with values in words."""

    object_history_template = "admin/tickets/configuration_history.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context = {
            "steps": steps_of(row) if row else [],
            "versions": _versions(row),
            "audited": f"{kind_of(self.model)}:{object_id}",
        }
        return super().history_view(request, object_id, {**(extra_context or {}), **context})


def steps_of(row: Any) -> list[Step]:
    """Return the changes of a row, newest first. Cost: a Query, and three SQL queries."""
    kind = kind_of(type(row))
    about = f"{kind}:{row.pk}"
    page = store.entries_page(
        store.Entry.by_object, about, since=None, until=None, limit=MOST, place=None
    )
    found: dict[str, Any] = {entry.key: entry for entry in page.rows}
    for entry in QueuedEntry.objects.filter(object_id=about, delivered_at=None):
        found.setdefault(entry.key, entry)
    entries = sorted(found.values(), key=lambda entry: entry.at, reverse=True)
    names = names_of({entry.actor for entry in entries} - words.NOT_PEOPLE.keys())
    calendars = {str(one.pk): one.name for one in Calendar.objects.all()}
    return [
        Step(
            entry.at,
            names.get(entry.actor) or str(words.NOT_PEOPLE.get(entry.actor, "–")),
            words.action_in_words(entry.action),
            list(_lines(row, loaded(entry.changes), calendars)),
        )
        for entry in entries
    ]


def _lines(
    row: Any, changed: Iterable[Change], calendars: dict[str, str]
) -> Iterator[tuple[str, str, str]]:
    kind = kind_of(type(row))
    for change in changed:
        before, after = change.values or (None, None)
        yield (
            words.field_in_words(kind, change.field),
            _in_words(row, change.field, before, calendars),
            _in_words(row, change.field, after, calendars),
        )


def _in_words(row: Any, field: str, value: str | None, calendars: dict[str, str]) -> str:
    """Return a stored value as the form shows it."""
    if value in ("true", "false"):
        return _("Yes") if value == "true" else _("No")
    if field in ("categories", "segments"):
        chosen = json.loads(value or "[]")
        return ", ".join(str(LABELS.get(one, one)) for one in chosen) or _("every")
    if not value:
        return "–"
    if field == "calendar":
        return calendars.get(value, value)
    if field == "holiday_country":
        return country_name(value, get_language() or "en")
    if field == "holiday_region":
        return public_holidays.regions(row.holiday_country).get(value, value)
    return value


def _versions(row: Any) -> list[PolicyVersion]:
    return list(row.versions.order_by("-number")[:MOST]) if isinstance(row, Policy) else []
