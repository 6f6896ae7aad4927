"""The one place that asks the machine what time it is."""

from datetime import UTC, datetime


def this_second() -> datetime:
    """Now, in UTC, to the whole second below: what the desk's records are kept in."""
    return datetime.now(UTC).replace(microsecond=0)
