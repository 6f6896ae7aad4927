"""The orders of the search index. Each follows an index, forward and back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet

from tickets.domain.filters import Sort
from tickets.domain.ticket import Category, Priority, Status
from tickets.models.search import Entry
from tickets.store.fulltext import Field, engine


@dataclass(frozen=True)
class Hit:
    """A ticket's number, and the position to continue after it."""

    number: int
    place: list[int]


_COLUMNS_OF_ORDERS: Mapping[Sort, tuple[str, bool]] = {
    Sort.TIME_LEFT: ("urgency", True),
    Sort.MOST_TIME_LEFT: ("urgency", False),
    Sort.CREATED: ("created", False),
    Sort.OLDEST: ("created", True),
    Sort.UPDATED: ("updated", False),
    Sort.LONGEST_UNCHANGED: ("updated", True),
    Sort.NEEDS_REPLY: ("needs_reply", True),
    Sort.LAST_MESSAGE: ("last_message", False),
    Sort.LONGEST_SILENT: ("last_message", True),
}
"""The column of an order, and whether low values come first."""

_WORDS_OF_ORDERS: Mapping[Sort, tuple[str, Sequence[str]]] = {
    Sort.PRIORITY: ("priority", tuple(Priority)[::-1]),
    Sort.LEAST_PRIORITY: ("priority", tuple(Priority)),
    Sort.STATUS: ("status", tuple(Status)),
    Sort.LAST_STATUS: ("status", tuple(Status)[::-1]),
    Sort.CATEGORY: ("category", tuple(Category)),
    Sort.LAST_CATEGORY: ("category", tuple(Category)[::-1]),
}
"""The column of an order that has few words, and these in their order: each word has an index by
time left."""


def in_order(
    found: QuerySet[Entry],
    order: Sort,
    words: Sequence[str],
    *,
    limit: int,
    place: list[int] | None,
    back: bool,
    among: frozenset[str],
) -> list[Hit]:
    """Return hits in an order, after a place (before it with `back`: the last first).

    One SQL query; by priority and status up to four, by category six, but none for a word that is
    not `among` those of the list: what is not active would be looked through for what is.
    """
    if order in _WORDS_OF_ORDERS:
        column, ranks = _WORDS_OF_ORDERS[order]
        parts = [
            found.filter(**{column: word}) if not among or word in among else None for word in ranks
        ]
        return _by_rank(parts, words, limit=limit, place=place, back=back)
    column, rising = _COLUMNS_OF_ORDERS[order]
    return _by_column(
        found, column, words, rising=rising is not back, limit=limit, place=place or []
    )


def _by_rank(
    parts: Sequence[QuerySet[Entry] | None],
    words: Sequence[str],
    *,
    limit: int,
    place: list[int] | None,
    back: bool,
) -> list[Hit]:
    """Return the hits of one part after the other, by time left within each. One SQL query for each
    part that it takes to fill the limit: each has an index in that order."""
    last = len(parts) - 1
    at = place[0] if place else (last if back else 0)
    hits: list[Hit] = []
    for rank in range(at, -1 if back else last + 1, -1 if back else 1):
        part = parts[rank]
        if part is None:
            continue
        rows = _by_column(
            part,
            "urgency",
            words,
            rising=not back,
            limit=limit - len(hits),
            place=place[1:] if place and place[0] == rank else [],
        )
        hits += [Hit(hit.number, [rank, *hit.place]) for hit in rows]
        if len(hits) == limit:
            break
    return hits


def _by_column(
    found: QuerySet[Entry],
    column: str,
    words: Sequence[str],
    *,
    rising: bool,
    limit: int,
    place: list[int],
) -> list[Hit]:
    if place:
        value, number = place
        # The first condition is a range of the index; the second leaves out what was shown.
        side, beyond = ("gte", "gt") if rising else ("lte", "lt")
        found = found.filter(**{f"{column}__{side}": value})
        found = found.filter(
            Q(**{f"{column}__{beyond}": value}) | Q(**{f"number__{beyond}": number})
        )
    by = [F(column).asc(), F("number").asc()] if rising else [F(column).desc(), F("number").desc()]
    ordered = found.order_by(*by).values_list(column, "number")
    rows = engine().first(ordered, words, Field.ANYWHERE, limit=limit) if words else ordered[:limit]
    return [Hit(number, [value, number]) for value, number in rows]
