"""Counts of active tickets for a wallboard: by team, and by the time that is left."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from helpdesk.accounts.actors import Actor, require_ticket_work
from tickets.services.lists.counts import TicketCounts
from tickets.store import search
from tickets.store.due_counts import due_counts

BANDS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4), timedelta(hours=8))
"""Time left up to which each count of deadlines reaches, the overdue ones apart."""


@dataclass(frozen=True)
class WallCounts:
    """Counts of the whole desk, of each team by its id ("": of none), and of deadlines by band."""

    all: TicketCounts
    by_team: dict[str, TicketCounts]
    due: list[int]


def wall_counts(*, by: Actor, now: datetime) -> WallCounts:
    """Return the counts. Cost: two SQL queries. Raises NotAllowed."""
    require_ticket_work(by)
    found = WallCounts(TicketCounts(), {}, due_counts([now, *(now + band for band in BANDS)]))
    for row in search.active_counts(Q(), now=now):
        found.all.add(row)
        found.by_team.setdefault(row["team"], TicketCounts()).add(row)
    return found
