"""IDs that sort in the order of writing."""

import time
from datetime import datetime
from secrets import randbelow, randbits

from ulid import ULID

LONGEST_ULID = 26
_RANDOM_BITS = 80
_STEP = 2**48


def new_ulid(*, after: str | None = None, at: datetime | None = None) -> str:
    """Return a ULID of the moment `at` (default: now) that sorts after `after`.

    Machines' clocks differ by milliseconds. A log that is written under a version condition is in
    order all the same, because each line's id follows the previous one's, by a random step: ids of
    two logs that count up from the same moment never meet.
    """
    millisecond = int((at.timestamp() if at else time.time()) * 1_000)
    made = (millisecond << _RANDOM_BITS) | randbits(_RANDOM_BITS)
    if after:
        last = int(ULID.from_str(after))
        if made <= last:
            made = last + 1 + randbelow(_STEP)
    return str(ULID.from_int(made))
