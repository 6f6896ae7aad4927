"""Targets as people write them: `2h`, `1d 4h`, `90m`. One `d` is 24 h of working time."""

import re

from customers.domain.wording import gettext_noop as _
from tickets.domain.errors import TargetRefused

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
# Spaces come singly here, and a text is short: no text makes this slow.
_SHAPE = re.compile(" ?".join(rf"(?:(\d+) ?{unit})?" for unit in _UNITS), re.ASCII)
LONGEST_TEXT = 100

LONGEST = 3_650 * _UNITS["d"]
"""Seconds; far beyond any sensible target, and well before a calendar's horizon."""


def parse(text: str) -> int:
    """Return the seconds of working time that `text` names.

    Raises AllowanceRefused: unknown or repeated units, units from small to large, nothing at
    all, or more than LONGEST.
    """
    plain = " ".join(text[: LONGEST_TEXT + 1].lower().split())
    shape = _SHAPE.fullmatch(plain) if len(text) <= LONGEST_TEXT else None
    if shape is None or not any(shape.groups()):
        raise TargetRefused(
            _("“%(text)s” is not a duration such as 2h, 1d 4h or 90m."), text=text[:40]
        )
    seconds = sum(
        int(count or 0) * unit for count, unit in zip(shape.groups(), _UNITS.values(), strict=True)
    )
    if not 0 < seconds <= LONGEST:
        raise TargetRefused(
            _("“%(text)s” is not between 1s and %(longest)s."), text=text, longest=format(LONGEST)
        )
    return seconds


def format(seconds: int) -> str:
    """Return seconds of working time in the largest units that fit: 100800 is `1d 4h`."""
    parts = []
    rest = seconds
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"
