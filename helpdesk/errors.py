"""What can go wrong in a service, in words that every app shares.

Raised deep, turned into a page or a status in one place: helpdesk/middleware.py. What only tickets
know (a refused transition) is in tickets/domain/errors.py.
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
    """A request that cannot be carried out. Nothing was written."""


class NotFound(ServiceError):
    """No such ticket, customer, vehicle or person."""


class NotAllowed(ServiceError):
    """The actor may not do this."""


class Invalid(ServiceError):
    """Bad input: `errors` says for each field what would be right."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("; ".join(f"{field}: {message}" for field, message in errors.items()))


class StaleVersion(ServiceError):
    """Somebody changed the item since `seen`; it is at version `current` now."""

    def __init__(self, *, seen: int, current: int) -> None:
        self.seen, self.current = seen, current
        super().__init__(f"This was updated in the meantime (version {current}, not {seen}).")


class AnswerErased(ServiceError):
    """The request came before, and the personal data in its answer has been erased since."""


class Busy(ServiceError):
    """Too many people write the same item at once; trying again will do."""


class NoRoom(ServiceError):
    """The disk that files are written to is full."""

    CAUSES = frozenset({errno.ENOSPC, errno.EDQUOT})
    """Errors of the operating system that say so."""

    def __init__(self) -> None:
        super().__init__(_("File storage is full. Nothing was sent. Try again later."))


class TooManyTries(ServiceError):
    """It was tried too often under one `limit`; in `seconds` it may be tried again."""

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
    """An error whose words are a message to be translated, and what fills its placeholders."""

    message: str
    values: Mapping[str, object]


def worded(error: Exception) -> str:
    """Return what an error says, in the reader's language; one without a message as it is."""
    if isinstance(error, Invalid):
        return " ".join(error.errors.values())
    if not isinstance(error, Worded) or not error.message:
        return str(error)
    shown = {name: _shown(value) for name, value in error.values.items()}
    said = _(error.message)
    return said % shown if shown else said


def _shown(value: object) -> str:
    """A word of a schema in the reader's language; anything else as it is."""
    if isinstance(value, tuple | list):
        return ", ".join(map(_shown, value))
    return _(str(value)) if isinstance(value, StrEnum) else str(value)


@cache
def refusals() -> tuple[type[Exception], ...]:
    """Return the base classes of what the apps' domains refuse, as REFUSALS in the settings names
    them: a conflict, with a message for people."""
    return tuple(import_string(path) for path in settings.REFUSALS)
