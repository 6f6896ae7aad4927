"""What is to come before a deadline, as a strip of time for each day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from helpdesk.accounts.middleware import twelve_hours
from tickets.domain.sla.ahead import Ahead, Day, Stretch

WIDTH = 1_000
"""Units of a day's strip, whichever length the day has."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of a day's strip."""

    x: float
    width: float


def rows(found: Ahead, *, now: datetime, deadline: datetime) -> Iterator[dict[str, Any]]:
    """Yield each day with its hours in words and the parts of its strip. Times are of the
    calendar's zone."""
    zone = ZoneInfo(found.zone)
    for day in found.days:
        yield {
            "day": day,
            "hours": [_hours(window, day, zone) for window in day.windows],
            "breaks": [_hours(gap, day, zone) for gap in day.breaks],
            "counted": hours(day.seconds) if day.seconds else "–",
            "window_bars": [_bar(window, day) for window in day.windows],
            "break_bars": [_bar(gap, day) for gap in day.breaks],
            "now_x": _place(now, day) if day.start <= now < day.end else None,
            "deadline_x": _place(deadline, day) if day.start < deadline <= day.end else None,
        }


def hours(seconds: int) -> str:
    """Return working time in hours, also beyond a day: that of 24 h is nobody's."""
    whole, rest = divmod(seconds, 3_600)
    short = _("%(n)s min") % {"n": rest // 60} if rest >= 60 else ""
    long = _("%(n)s h") % {"n": number_format(whole, force_grouping=True)} if whole else ""
    return " ".join(part for part in (long, short) if part) or _("%(n)s s") % {"n": rest}


def _hours(window: Stretch, day: Day, zone: ZoneInfo) -> str:
    return "–".join(_time(at, day, zone) for at in window)


def _time(at: datetime, day: Day, zone: ZoneInfo) -> str:
    if twelve_hours.get():
        return date_format(at.astimezone(zone), "g:i a")
    return "24:00" if at == day.end else date_format(at.astimezone(zone), "H:i")


def _bar(window: Stretch, day: Day) -> Bar:
    start, end = (_place(at, day) for at in window)
    return Bar(start, max(round(end - start, 1), 1))


def _place(at: datetime, day: Day) -> float:
    return round((at - day.start) / (day.end - day.start) * WIDTH, 1)
