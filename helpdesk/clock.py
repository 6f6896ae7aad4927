"""The only place that reads the system clock."""

from datetime import UTC, datetime


def this_second() -> datetime:
    """Return the current time in UTC, rounded down to the second, as records store it."""
    return datetime.now(UTC).replace(microsecond=0)
