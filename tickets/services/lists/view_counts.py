"""Counts of saved views, for the menu. From the search index: a second late."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

from django.core.cache import cache

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from tickets.domain.filters import ACTIVE, Filters
from tickets.models import SavedView
from tickets.services.lists.counts import KEPT
from tickets.services.lists.filters import BY_SEARCH, read_filters
from tickets.services.lists.find import Queue, counts_of, in_queue

MOST = 20
"""Views that are counted, the first of the menu."""

_SEARCHES = {"q", *BY_SEARCH}


def view_counts(
    views: Sequence[SavedView], *, by: Actor, now: datetime | None = None
) -> dict[int, int]:
    """Return how many tickets saved views hold, by id, up to `find.MOST_COUNTED`.

    Those alone that search for no text and have active tickets only: a bounded part of the index,
    however many years it has. Up to KEPT seconds late. Cost: none without such views, else one SQL
    query in KEPT seconds and what `read_filters` asks.
    """
    require_ticket_work(by)
    queries = {view.pk: view.query for view in views if not _SEARCHES & parse_qs(view.query).keys()}
    queries = dict(list(queries.items())[:MOST])
    if not queries:
        return {}
    at = now or this_second()
    asked = sha256("\n".join(queries.values()).encode()).hexdigest()
    held: Any = cache.get_or_set(
        f"view-counts:{by.user_id}:{asked}:{int(at.timestamp()) // KEPT}",
        lambda: _counted(list(queries.values()), by, at),
        KEPT,
    )
    return {pk: many for pk, many in zip(queries, held, strict=True) if many is not None}


def _counted(queries: Sequence[str], by: Actor, at: datetime) -> list[int | None]:
    """Return the count of each query; None for one that is no longer valid, or not counted."""
    lists = [_active_list(query, by) for query in queries]
    asked = [one for one in lists if one]
    held = iter(counts_of(asked, by=by, now=at)) if asked else iter(())
    return [next(held) if one else None for one in lists]


def _active_list(query: str, by: Actor) -> Filters | None:
    given = parse_qs(query)
    try:
        filters = read_filters(given, by=by)
        queue = Queue(given.get("view", [Queue.ACTIVE.value])[-1])
    except (Invalid, ValueError):  # of a user, a team or a field that is no longer there
        return None
    filters = in_queue(filters, queue)
    return filters if filters.statuses and filters.statuses <= ACTIVE else None
