"""Words and marks that every page shares."""

import re
from collections.abc import Hashable
from datetime import date, datetime, timedelta
from functools import lru_cache

from django import template
from django.template.loader import render_to_string
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone_name, localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from helpdesk.accounts.middleware import twelve_hours
from helpdesk.formats.dates import day_format, moment_format
from helpdesk.markdown import as_written, to_html
from helpdesk.messages import UNDO

register = template.Library()

_INDENTATION = re.compile(r"\n\s+")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_HOURS_NO_MORE = 100
"""Days after which nobody asks for the hours."""


@register.filter
def span(length: timedelta | int) -> str:
    """A length of time in its two largest units: 2 h 10 min; seconds only below a minute."""
    seconds = abs(int(length.total_seconds() if isinstance(length, timedelta) else length))
    days, rest = divmod(seconds, _DAY)
    hours, rest = divmod(rest, _HOUR)
    minutes, rest = divmod(rest, _MINUTE)
    parts = []
    if days:
        shown = hours and days < _HOURS_NO_MORE
        parts = [_("%(n)s d") % {"n": days}, _("%(n)s h") % {"n": hours} if shown else ""]
    elif hours:
        parts = [_("%(n)s h") % {"n": hours}, _("%(n)s min") % {"n": minutes} if minutes else ""]
    elif minutes:
        parts = [_("%(n)s min") % {"n": minutes}]
    else:
        parts = [_("%(n)s s") % {"n": rest}]
    return " ".join(part for part in parts if part)


@register.filter
def number(value: object) -> str:
    """A whole number with its thousands apart, as the reader writes it; anything else as it is."""
    if isinstance(value, int) and -1_000 < value < 1_000:
        return str(int(value))  # nothing to part: a report has hundreds, and Django takes its time
    return number_format(value, force_grouping=True) if isinstance(value, int) else str(value)


@register.filter
def time_left(due_at: datetime | None, now: datetime) -> str:
    """`2 h 10 min left`, or `overdue by 35 min`; nothing without a deadline."""
    if due_at is None:
        return ""
    if due_at < now:
        return _("Overdue by %(span)s") % {"span": span(now - due_at)}
    return _("%(span)s left") % {"span": span(due_at - now)}


@register.filter
def moment(at: datetime) -> str:
    """A date and time in the reader's zone, the month as a word: no order to mistake."""
    return date_format(localtime(at), moment_format())


@register.filter
def clock(at: datetime) -> str:
    """The time of day in the reader's zone, without its date."""
    return date_format(localtime(at), "g:i a" if twelve_hours.get() else "H:i")


@register.filter
def day(at: date) -> str:
    """A date, the month as a word."""
    return date_format(at, day_format())


@register.filter
def quote_lines(text: str) -> str:
    """A text as mails quote it: each line behind a `>`."""
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


@register.filter
def markdown(text: str) -> SafeString:
    """What staff write, as harmless HTML; `#41` is a link to that ticket."""
    return to_html(text, tickets=True)


@register.filter
def written(text: str) -> SafeString:
    """What a customer wrote, as they wrote it."""
    return as_written(text)


@register.simple_tag
def fixed(component: str, **said: Hashable) -> SafeString:
    """A component that shows nothing but what is said here: rendered once for each kind of reader.

    A page of fifty rows has hundreds of the same few marks, and templates are slow at that: without
    it the page costs twice as much. For the same reason its indentation is left out.
    """
    reader = get_language(), get_current_timezone_name(), twelve_hours.get()
    return _fixed(component, reader, tuple(said.items()))


@lru_cache(maxsize=4_000)
def _fixed(
    component: str, reader: tuple[Hashable, ...], said: tuple[tuple[str, Hashable], ...]
) -> SafeString:
    return SafeString(_INDENTATION.sub("\n", render_to_string(component, dict(said))))


@register.filter
def initials(name: str) -> str:
    """`Rosa Marin` is RM."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


@register.filter
def undo_address(tags: str) -> str:
    """Return where a message's button posts to undo what was done; empty without one."""
    return tags.removeprefix(UNDO) if tags.startswith(UNDO) else ""
