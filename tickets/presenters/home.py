"""What to do next, out of the first page of one's work: it costs no read of DynamoDB."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from tickets.presenters.rows import Line

MOST = 5
MOST_COUNTED = 100


@dataclass(frozen=True)
class Home:
    """The first of the reader's tickets that wait for a reply, and those that are due next."""

    needs_reply: Sequence[Line]
    due: Sequence[Line]
    later: int = 0
    """How many wait for a reply if none of the first page does."""
    more: bool = False
    """Whether there are more than were counted."""


def home_of(lines: Sequence[Line], *, count_later: Callable[[int], int] | None) -> Home:
    """Return what is to be done next. `lines` are the reader's tickets, the least time left
    first. `count_later` counts all of them that wait, up to a number; it is called if the lines are
    not all of the tickets, and none of them waits."""
    waiting = [line for line in lines if line.needs_reply_since]
    later = count_later(MOST_COUNTED) if count_later and not waiting else 0
    return Home(
        needs_reply=sorted(waiting, key=attrgetter("needs_reply_since"))[:MOST],
        due=[line for line in lines if line.due_at][:MOST],
        later=later,
        more=later >= MOST_COUNTED,
    )
