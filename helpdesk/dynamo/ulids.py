"""Ids whose order is the order of writing."""

from datetime import datetime
from secrets import randbits

from ulid import ULID

LONGEST_ULID = 26


def new_ulid(*, after: str | None = None, at: datetime | None = None) -> str:
    """A ULID of the moment `at` (now if not given) that sorts after `after`.

    Machines' clocks differ by milliseconds; a log that is written under a version condition is in
    order all the same, because each line's id follows the last one's. It follows at a distance that
    nobody guesses: ids of one moment are neighbours, and the very next one is another log's.
    """
    made = ULID.from_datetime(at) if at else ULID()
    if after and str(made) <= after:
        made = ULID.from_int(int(ULID.from_str(after)) + 1 + randbits(64))
    return str(made)
