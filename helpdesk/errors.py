"""Errors of services that every app shares.

They are raised deep inside and turned into a page or a status in one place: helpdesk/middleware.py.
Errors that only tickets have, such as a refused transition, are in tickets/domain/errors.py.
"""

import errno
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Protocol, runtime_checkable

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class ServiceError(Exception):
    """A request cannot be carried out. Nothing was written."""


class NotFound(ServiceError):
    """The ticket, customer, vehicle or user does not exist."""


class NotAllowed(ServiceError):
    """The actor may not do this."""


class Invalid(ServiceError):
    """Invalid input. `errors` says for each field what would be right."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))


class StaleVersion(ServiceError):
    """The item has changed since version `seen`; it is at version `current` now."""

    def __init__(self, *, seen: int, current: int) -> None:
        self.seen, self.current = seen, current
        super().__init__(f"This was updated in the meantime (version {current}, not {seen}).")


class AnswerErased(ServiceError):
    """The request is a repeat, and the personal data in its first response has been
    erased since."""


class Busy(ServiceError):
    """Too many writers change the same item at once. A retry will succeed."""


class NoRoom(ServiceError):
    """The disk that files are written to is full."""

    CAUSES = frozenset({errno.ENOSPC, errno.EDQUOT})
    """Errors of the operating system that say so."""

    def __init__(self) -> None:
        super().__init__(_("File storage is full. Nothing was sent. Try again later."))


class TooManyTries(ServiceError):
    """Too many attempts under one `limit`. The next one is allowed in `seconds`."""

    def __init__(self, seconds: float, *, limit: str) -> None:
        self.seconds, self.limit = max(int(seconds + 0.999), 1), limit
        if self.seconds < 60:
            number, wait = (
                self.seconds,
                ngettext("%(count)s second", "%(count)s seconds", self.seconds),
            )
        else:
            number = (self.seconds + 59) // 60
            wait = ngettext("%(count)s minute", "%(count)s minutes", number)
        super().__init__(
            _("Too many attempts. Try again in %(wait)s.") % {"wait": wait % {"count": number}}
        )


@runtime_checkable
class Worded(Protocol):
    """An error with a translatable message and values for its placeholders."""

    message: str
    values: Mapping[str, object]


def worded(error: Exception) -> str:
    """Return an error's text in the reader's language, or as it is without a
    translatable message."""
    if isinstance(error, Invalid):
        return " ".join(error.errors.values())
    if not isinstance(error, Worded) or not error.message:
        return str(error)
    shown = {name: _shown(value) for name, value in error.values.items()}
    said = _(error.message)
    return said % shown if shown else said


def _shown(value: object) -> str:
    """Return a word of a schema in the reader's language; anything else as it is."""
    if isinstance(value, tuple | list):
        return ", ".join(map(_shown, value))
    return _(str(value)) if isinstance(value, StrEnum) else str(value)


@cache
def refusals() -> tuple[type[Exception], ...]:
    """Return the base classes of the refusals of the apps' domains, named by REFUSALS in the
    settings.

    Each is a conflict (409) with a message for people.
    """
    return tuple(import_string(path) for path in settings.REFUSALS)
