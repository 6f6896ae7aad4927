"""Targets on the form of a policy: typed in several ways, shown with what they mean."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from helpdesk.errors import worded
from helpdesk.parsing import whole_number
from tickets.domain import calendar, duration, target
from tickets.domain.calendar import ALWAYS
from tickets.domain.errors import CalendarRefused, TargetRefused
from tickets.models import Calendar
from tickets.presenters.business_time import meaning


def week_of(calendar_id: object) -> calendar.Calendar | None:
    """Return a calendar without its holidays; None for an unknown one. One SQL query."""
    found = Calendar.objects.filter(pk=whole_number(str(calendar_id)) or 0).first()
    try:
        return calendar.parse(found.week_as_written()) if found else None
    except CalendarRefused:  # stored by an earlier release
        return None


def as_target(text: str, week: calendar.Calendar | None) -> str:
    """Return a typed duration as a target is stored; what is one already as it is.

    Raises TargetRefused.
    """
    try:
        target.parse(text)
    except TargetRefused:
        return target.format(duration.seconds_of(text, week or ALWAYS))
    return text


def meanings(calendar_id: object, texts: Iterable[str]) -> list[str]:
    """Return what each of these durations means under a calendar; why not if one means nothing."""
    week = week_of(calendar_id)
    return [_meaning(text, week) if text.strip() else "" for text in texts]


def _meaning(text: str, week: calendar.Calendar | None) -> str:
    if week is None:
        return _("Select a calendar to see what this means.")
    try:
        return meaning(duration.seconds_of(text, week), week)
    except TargetRefused as refused:
        return worded(refused)
