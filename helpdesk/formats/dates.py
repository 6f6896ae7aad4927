"""How the desk writes dates and times: the month as a word, so that no order can be mistaken."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from helpdesk.accounts.middleware import twelve_hours


def moment_format() -> str:
    """Return the format of a date with a time, for the reader."""
    return _("j M Y, g:i a") if twelve_hours.get() else _("j M Y, H:i")


def day_format() -> str:
    """Return the format of a date, for the reader."""
    return _("j M Y")


class _Format(str):
    """A format that is read anew whenever it is used: Django keeps one for each language, and asks
    for its text with `str`. As JSON it is plain text."""

    read: Callable[[], str]

    __slots__ = ("read",)

    def __str__(self) -> str:
        return self.read()


def _read_by(read: Callable[[], str], usual: str) -> _Format:
    made = _Format(usual)
    made.read = read
    return made


DATE_FORMAT = _read_by(day_format, "j M Y")
DATETIME_FORMAT = _read_by(moment_format, "j M Y, H:i")
