"""Allowances as people write them: `2h`, `1d 4h`, `90m`. One `d` is 24 h of working time."""

import re

from tickets.domain.errors import AllowanceRefused

_UNITS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
_SHAPE = re.compile(r"\s*".join(rf"(?:(\d+)\s*{unit})?" for unit in _UNITS), re.ASCII)

LONGEST = 3_650 * _UNITS["d"]
"""Seconds; far beyond what a policy promises, and far within what a calendar can find."""


def parse(text: str) -> int:
    """Return the seconds of working time that `text` names.

    Raises AllowanceRefused: unknown or repeated units, units from small to large, nothing at
    all, or more than LONGEST.
    """
    shape = _SHAPE.fullmatch(text.strip().lower())
    if shape is None or not any(shape.groups()):
        raise AllowanceRefused(f"{text!r} is not a duration such as 2h, 1d 4h or 90m")
    seconds = sum(
        int(count or 0) * unit for count, unit in zip(shape.groups(), _UNITS.values(), strict=True)
    )
    if not 0 < seconds <= LONGEST:
        raise AllowanceRefused(f"{text!r} is not between 1s and {format(LONGEST)}")
    return seconds


def format(seconds: int) -> str:
    """Write seconds of working time in the largest units that fit: 100800 is `1d 4h`."""
    parts = []
    rest = seconds
    for unit, size in _UNITS.items():
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0s"
