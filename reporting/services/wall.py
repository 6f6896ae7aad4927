"""The figures of the wallboard: counts alone, nothing of a ticket, a customer or a person."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache

from helpdesk.accounts.actors import SYSTEM, Actor, require_ticket_work
from reporting.models import Television
from reporting.services import today
from tickets.domain import instant
from tickets.services.lists.counts import TicketCounts
from tickets.services.lists.wall_counts import wall_counts

KEPT = 10
"""Seconds in which all who look, televisions and people, share one look."""


@dataclass(frozen=True)
class Board:
    """Counts as of `at`. Those of today are complete until `complete_until`."""

    at: datetime
    now: TicketCounts
    teams: Mapping[str, TicketCounts]
    due: list[int]
    """By band of `wall_counts`."""
    today: today.Today
    complete_until: datetime | None


def board(viewer: Actor | Television, *, now: datetime) -> Board:
    """Return the figures for a paired television, or for whoever works tickets.

    Cost: two SQL queries and eight reads, once in KEPT seconds for all. Raises NotAllowed.
    """
    if isinstance(viewer, Actor):
        require_ticket_work(viewer)
    found: Any = cache.get_or_set(
        f"wall:{int(now.timestamp()) // KEPT}", lambda: _counted(now), KEPT
    )
    return Board(
        at=instant.parse(found["at"]),
        now=TicketCounts(**found["now"]),
        teams={team: TicketCounts(**counts) for team, counts in found["teams"].items()},
        due=found["due"],
        today=today.Today(**found["today"]),
        complete_until=instant.parse(found["until"]) if found["until"] else None,
    )


def _counted(now: datetime) -> dict[str, Any]:
    """Return the figures as the cache keeps them."""
    until = today.complete_until_lately()  # before the figures: these may know more
    counts = wall_counts(by=SYSTEM, now=now)
    return {
        "at": instant.text(now),
        "now": asdict(counts.all),
        "teams": {team: asdict(one) for team, one in counts.by_team.items()},
        "due": counts.due,
        "today": asdict(today.today(by=SYSTEM, now=now)),
        "until": instant.text(until) if until else "",
    }
