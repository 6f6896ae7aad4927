"""Business time in words: the hours of a week, and what a target means under them."""

from itertools import groupby

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.domain.calendar import Calendar, Window
from tickets.domain.duration import business_day

_HOUR = 3_600


def week_in_words(calendar: Calendar) -> str:
    """Return the hours of a week, such as Mon–Thu 09:00–17:00, Fri 09:00–15:00."""
    if calendar.zone is None:
        return _("around the clock")
    parts = []
    for windows, group in groupby(enumerate(calendar.week), key=lambda day: day[1]):
        days = [str(WEEKDAYS_ABBR[number]) for number, _windows in group]
        if windows:
            named = days[0] if len(days) == 1 else f"{days[0]}–{days[-1]}"
            parts.append(f"{named} {' '.join(_window(window) for window in windows)}")
    return ", ".join(parts)


def meaning(seconds: int, calendar: Calendar) -> str:
    """Return how long a target is in hours and in business days, such as = 8 h, 1 business day
    (Mon–Fri 09:00–17:00)."""
    if calendar.zone is None:
        return _("= %(hours)s, around the clock") % {"hours": _hours(seconds)}
    days = seconds / business_day(calendar)
    return ngettext(
        "= %(hours)s, %(n)s business day (%(week)s)",
        "= %(hours)s, %(n)s business days (%(week)s)",
        1 if days == 1 else 2,
    ) % {
        "hours": _hours(seconds),
        "n": number_format(_short(days), force_grouping=True),
        "week": week_in_words(calendar),
    }


def _hours(seconds: int) -> str:
    hours, rest = divmod(seconds, _HOUR)
    minutes, rest = divmod(rest, 60)
    parts = [
        _("%(n)s h") % {"n": number_format(hours, force_grouping=True)} if hours else "",
        _("%(n)s min") % {"n": minutes} if minutes else "",
        _("%(n)s s") % {"n": rest} if rest else "",
    ]
    return " ".join(part for part in parts if part)


def _short(days: float) -> str:
    """Return a number of days with at most two decimals, and none that say nothing."""
    return f"{days:.2f}".rstrip("0").rstrip(".") or "0"


def _window(window: Window) -> str:
    return "–".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in window)
