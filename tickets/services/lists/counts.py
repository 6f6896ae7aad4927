"""Counts of active tickets. From the search index: a second late."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Q

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from tickets.domain.filters import NOBODY, Filters
from tickets.domain.ticket import Category, Priority
from tickets.services.lists import find
from tickets.services.lists.filter_definition import Now
from tickets.services.lists.filters import condition
from tickets.store import queries, search
from tickets.store.ticket import Ticket

KEPT = 5
"""Seconds in which everybody who looks sees the same snapshot."""

MOST_DUE = 60
HOUR = timedelta(hours=1)


@dataclass
class TicketCounts:
    """Counts of active tickets. A ticket can be in several of them."""

    active: int = 0
    overdue: int = 0
    at_risk: int = 0
    waiting: int = 0
    unassigned: int = 0
    escalated: int = 0

    def add(self, row: dict[str, Any]) -> None:
        """Add what a row of the search index counts, such as the tickets of one assignee."""
        self.active += row["active"]
        self.overdue += row["overdue"]
        self.at_risk += row["atRisk"]
        self.waiting += row["waiting"]
        self.escalated += row["escalated"]
        self.unassigned += 0 if row["assignee"] else row["active"]


@dataclass
class Snapshot:
    """Counts, and in `due` the tickets whose deadline is within the next hour, the next first."""

    at: datetime
    all: TicketCounts = field(default_factory=TicketCounts)
    by_priority: dict[str, TicketCounts] = field(default_factory=dict)
    by_team: dict[str, TicketCounts] = field(default_factory=dict)
    due: Sequence[Ticket] = ()


def now_counts(
    *,
    priorities: frozenset[str] = frozenset(),
    categories: frozenset[str] = frozenset(),
    channels: frozenset[str] = frozenset(),
    assignee: str | None = None,
    by: Actor,
    now: datetime | None = None,
) -> dict[str, int]:
    """Return the `now` of the SLA report: active, atRisk, overdue, waiting, unassigned. One SQL
    query.

    `assignee` is a user id, or "" for nobody; a channel of "" is an unknown one. Raises NotAllowed.
    """
    require_ticket_work(by)
    found, at = TicketCounts(), now or this_second()
    wanted = _condition(priorities, categories, channels, assignee, at)
    for row in search.active_counts(wanted, now=at):
        found.add(row)
    return {
        "active": found.active,
        "atRisk": found.at_risk,
        "overdue": found.overdue,
        "waiting": found.waiting,
        "unassigned": found.unassigned,
    }


def active_by_age(
    bounds: Sequence[datetime],
    *,
    priorities: frozenset[str] = frozenset(),
    categories: frozenset[str] = frozenset(),
    channels: frozenset[str] = frozenset(),
    assignee: str | None = None,
    by: Actor,
) -> list[int]:
    """Return how many active tickets were created since the first bound, before it and since the
    second, and so on, at last before the last one. One SQL query.

    Bounds are instants, the latest first; filters as of `now_counts`. Cost: grows with the active
    tickets. Raises NotAllowed.
    """
    require_ticket_work(by)
    wanted = _condition(priorities, categories, channels, assignee, bounds[0])
    return search.active_by_age(wanted, bounds)


def _condition(
    priorities: frozenset[str],
    categories: frozenset[str],
    channels: frozenset[str],
    assignee: str | None,
    at: datetime,
) -> Q:
    """Return the condition of the search index for these filters."""
    filters = Filters(
        priorities=frozenset(Priority(word) for word in priorities),
        categories=frozenset(Category(word) for word in categories),
        assigned_to=NOBODY if assignee == "" else assignee,
    )
    by_channel = Q(channel__in=channels) if channels else Q()
    return condition(filters, Now(at)) & by_channel


def list_counts(*, by: Actor, now: datetime | None = None) -> tuple[dict[str, int], find.Replies]:
    """Return how many tickets each list holds, up to `find.MOST_COUNTED`, and how many need a reply
    of the actor. Raises NotAllowed.

    Those of everybody are up to KEPT seconds late. Cost: one SQL query, and one more in KEPT
    seconds.
    """
    require_ticket_work(by)
    at = now or this_second()
    everybodys: Any = cache.get_or_set(
        f"list-counts:{int(at.timestamp()) // KEPT}",
        lambda: find.counts(find.COUNTED_FOR_ALL, by=by, now=at),
        KEPT,
    )
    own, replies = find.own_counts(by=by, now=now)
    return own | everybodys, replies


def snapshot(*, by: Actor, now: datetime | None = None) -> Snapshot:
    """Return the counts of the whole desk. Raises NotAllowed.

    Cost: two SQL queries and a batch read, once in KEPT seconds.
    """
    require_ticket_work(by)
    at = now or this_second()
    key = f"snapshot:{int(at.timestamp()) // KEPT}"
    known: list[Any] | None = cache.get(key)
    if known is None:
        known = [
            search.active_counts(Q(), now=at),
            search.due_between(at, at + HOUR, limit=MOST_DUE),
        ]
        cache.set(key, known, KEPT)
    rows, numbers = known
    found = Snapshot(at, by_priority={priority.value: TicketCounts() for priority in Priority})
    for row in rows:
        found.all.add(row)
        found.by_priority[row["priority"]].add(row)
        found.by_team.setdefault(row["team"], TicketCounts()).add(row)
    due = queries.tickets([str(number) for number in numbers], consistent=False).values()
    found.due = sorted(
        (ticket for ticket in due if ticket.sla_deadline and at <= ticket.sla_deadline < at + HOUR),
        key=lambda ticket: (ticket.sla_deadline or at, int(ticket.ticket_id)),
    )
    return found
