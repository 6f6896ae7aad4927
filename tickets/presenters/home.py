"""What to do next, out of the first page of one's work: it costs no read of DynamoDB."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from tickets.presenters.rows import Line

MOST = 5


@dataclass(frozen=True)
class Home:
    """The first of the reader's tickets that wait for a reply, and those that are due next."""

    needs_reply: Sequence[Line]
    due: Sequence[Line]


def home_of(lines: Sequence[Line]) -> Home:
    """Return what is to be done next. `lines` are the reader's tickets, the least time left
    first."""
    waiting = [line for line in lines if line.needs_reply_since]
    return Home(
        needs_reply=sorted(waiting, key=attrgetter("needs_reply_since"))[:MOST],
        due=[line for line in lines if line.due_at][:MOST],
    )
