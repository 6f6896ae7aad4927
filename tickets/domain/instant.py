"""Instants: moments in UTC to the second, written so that string order is time order."""

import re
from datetime import UTC, datetime, timedelta

from tickets.domain.errors import NotAnInstant

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)
_SHAPE = re.compile(
    r"(?P<wall>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?P<fraction>\.\d+)?(?P<offset>Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)


def parse(text: str) -> datetime:
    """Read `2026-11-23T20:29:00Z`; any other offset than Z is converted.

    Raises NotAnInstant: no date and time, no offset, or a fraction of a second.
    """
    shape = _SHAPE.fullmatch(text) if isinstance(text, str) else None
    if shape is None:
        raise NotAnInstant(text, "expected YYYY-MM-DDTHH:MM:SSZ")
    if shape["offset"] is None:
        raise NotAnInstant(text, "the offset from UTC is missing")
    if shape["fraction"] and shape["fraction"].strip(".0"):
        raise NotAnInstant(text, "instants have whole seconds")
    try:
        return datetime.fromisoformat(shape["wall"] + shape["offset"]).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NotAnInstant(text, str(error)) from error


def text(at: datetime) -> str:
    """Write an instant as `YYYY-MM-DDTHH:MM:SSZ`. Raises NotAnInstant as `checked` does."""
    return checked(at).replace(tzinfo=None).isoformat() + "Z"


def checked(at: datetime) -> datetime:
    """Return `at` itself. Raises NotAnInstant when it is naive, not in UTC, or not whole."""
    if at.tzinfo is None:
        raise NotAnInstant(at, "it has no time zone")
    if at.utcoffset():
        raise NotAnInstant(at, "it is not in UTC")
    if at.microsecond:
        raise NotAnInstant(at, "instants have whole seconds")
    return at


def seconds(at: datetime) -> int:
    """Return the seconds since 1970."""
    return (at - _EPOCH) // _SECOND


def from_seconds(count: int) -> datetime:
    """Return the instant `count` seconds after 1970.

    Raises OverflowError outside the years 1 to 9999.
    """
    return _EPOCH + timedelta(seconds=count)
