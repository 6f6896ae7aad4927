"""Which access path serves a query, and the rows that it reads."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.core.exceptions import FieldError
from django.db.models import Model
from django.db.models.expressions import F, OrderBy
from django.db.models.sql import Query

from helpdesk.dynamo.pages import END, Page, PagePosition
from helpdesk.dynamo_admin import matching
from helpdesk.dynamo_admin.conditions import Contradiction, Found, conditions_of
from helpdesk.dynamo_admin.paths import (
    MOST_KEYS,
    ByKey,
    Collection,
    Listing,
    ListQuery,
    NotServed,
    Path,
    Row,
    paths_of,
    refusal,
)

MOST = 1_000
"""The most rows that one query reads of a listing. More are read page by page."""

STEP = 100


@dataclass(frozen=True)
class Plan:
    """A query and the path that serves it. Without a path no row can meet its conditions."""

    query: Query
    path: Path | None
    conditions: Found
    order: tuple[str, ...]
    falling: bool = False
    """Whether the rows come from the other end of a listing's order."""

    def rows(self) -> Iterator[Row]:
        """Return the rows between the query's limits, in its order. Raises FieldError
        beyond MOST."""
        low, high = self.query.low_mark, self.query.high_mark
        if isinstance(self.path, Listing):
            return islice(self._listed(high), low, high)
        return iter(self._whole()[low:high])

    def count(self, most: int = MOST) -> int:
        """Return how many rows there are between the query's limits, up to `most`.

        Raises FieldError where there are more: half a count is a wrong one.
        """
        found = self.count_up_to(most + 1)
        if found > most:
            raise refusal(_model(self.query), f"There are more than {most} rows to count.")
        return found

    def count_up_to(self, most: int) -> int:
        """Return how many rows there are between the query's limits, or `most`."""
        low, high = self.query.low_mark, self.query.high_mark
        if not isinstance(self.path, Listing):
            return min(len(self._whole()[low:high]), most)
        wanted = low + most if high is None else min(high, low + most)
        counted = self.path.count(self.conditions, wanted) if self.path.count else None
        if counted is None:
            counted = sum(1 for _row in self._listed(wanted, step=max(wanted, 1)))
        return max(min(counted, wanted) - low, 0)

    def count_cheaply(self, most: int) -> int | None:
        """As `count_up_to`, where that takes no more than one request; None: it would."""
        if isinstance(self.path, Listing):
            return self.path.count(self.conditions, most) if self.path.count else None
        return self.count_up_to(most)

    def page(self, *, limit: int, place: PagePosition | None) -> Page[Row]:
        """Return a page of a listing; all rows of anything smaller."""
        if not isinstance(self.path, Listing):
            return Page(self._whole(), None, None)
        at = _turned(place) if self.falling else place
        page = self.path.read(ListQuery(self.conditions, self.order, limit, at))
        if not self.falling:
            return page
        onward, before = page.previous, page.next
        return Page(
            page.rows[::-1],
            next=_turned(onward) if onward else None,
            previous=_turned(before) if before else None,
        )

    def pages(self, *, limit: int, names: Sequence[str]) -> Iterator[list[Row]]:
        """Yield all rows page by page, with these attributes: however many there are.

        What an index lacks is read by key, a batch for each page.
        """
        place: PagePosition | None = None
        while True:
            page = self.page(limit=limit, place=place)
            yield list(completed(names, page.rows, self.query))
            place = page.next
            if place is None:
                return

    def in_words(self) -> str:
        return f"{self.path.name}: {self.conditions}" if self.path else "nothing can be found"

    def _listed(self, high: int | None, step: int = STEP) -> Iterator[Row]:
        place: PagePosition | None = None
        wanted = MOST + 1 if high is None else high
        if wanted > MOST + 1:
            raise refusal(
                _model(self.query), f"At most {MOST} rows are read at once; ask page by page."
            )
        read = 0
        while read < wanted:
            page = self.page(limit=min(step, wanted - read), place=place)
            yield from page.rows
            read += len(page.rows)
            place = page.next
            if place is None:
                return
            if high is None and read > MOST:
                raise refusal(
                    _model(self.query), f"There are more than {MOST} rows; ask page by page."
                )

    def _whole(self) -> list[Row]:
        rows = [row for row in self._read_whole() if matching.meets(row, self.query.where)]
        for name in reversed(self.order):
            attribute = name.removeprefix("-")
            rows.sort(
                # The absent is the least of all, as in SQLite.
                key=lambda row: (row[attribute] is not None, row[attribute]),
                reverse=name.startswith("-"),
            )
        return rows

    def _read_whole(self) -> Iterable[Row]:
        if self.path is None:
            return []
        if isinstance(self.path, ByKey):
            return self.path.read(list(self.conditions[_pk(self.query)]["in"]))
        assert isinstance(self.path, Collection)  # noqa: S101 (for the type checker)
        values = {field: next(iter(self.conditions[field]["in"])) for field in self.path.by}
        rows = list(self.path.read(values))
        if len(rows) > self.path.most:
            raise refusal(_model(self.query), f"There are more than {self.path.most} rows.")
        return rows


def _turned(place: PagePosition | None) -> PagePosition | None:
    """Return a position in an order as the one in its reverse; None is the beginning."""
    if place is None or place == END:
        return END if place is None else None
    return PagePosition(place.key, back=not place.back)


def plan(query: Query) -> Plan:
    """Return the plan of the first path that serves the query.

    Raises FieldError, which says what the paths serve.
    """
    model = _model(query)
    _refuse_what_only_sql_can(query)
    order = _order(query)
    try:
        conditions, complete = conditions_of(query.where)
    except Contradiction:
        return Plan(query, None, {}, order)
    for path in paths_of(model):
        if isinstance(path, Listing):
            if complete and path.serves(conditions, order):
                chosen, falling = path.order_for(order) or ((), False)
                return Plan(query, path, conditions, chosen, falling)
            continue
        fields = [_pk(query)] if isinstance(path, ByKey) else path.by
        most = MOST_KEYS if isinstance(path, ByKey) else 1
        if all(0 < len(conditions.get(field, {}).get("in", ())) <= most for field in fields):
            matching.check(query.where, model)
            return Plan(query, path, conditions, order)
    asked = ", ".join(
        f"{field}__{lookup}" for field, lookups in conditions.items() for lookup in lookups
    )
    more = "" if complete else " with OR or NOT"
    by = f" ordered by {', '.join(order)}" if order else ""
    why = refusal(model, f"No access path serves {asked or 'everything'}{more}{by}.")
    raise NotServed(why, conditions, order)


def completed(names: Sequence[str], rows: Sequence[Row], query: Query) -> Iterator[Row]:
    """Return rows with all attributes that are named: those that an index lacks are read by key."""
    model = _model(query)
    lacking = [row for row in rows if any(name not in row for name in names)]
    pk = _pk(query)
    full: dict[Any, Row] = {}
    if lacking:
        by_key = next((path for path in paths_of(model) if isinstance(path, ByKey)), None)
        found: Iterable[Row] = by_key.read([row[pk] for row in lacking]) if by_key else ()
        full = {row[pk]: row for row in found}
    # What was deleted since the index was read is left out.
    return (
        {**row, **full.get(row[pk], {})}
        for row in rows
        if all(name in row for name in names) or row[pk] in full
    )


def _refuse_what_only_sql_can(query: Query) -> None:
    wrong = {
        "annotations": query.annotations,
        "extra()": query.extra or query.extra_order_by or query.extra_tables,
        "union() and the like": query.combinator,
        "grouping": query.group_by is not None,
        "select_related()": query.select_related,
        "select_for_update()": query.select_for_update,
        "distinct() of single fields": query.distinct_fields
        or (query.distinct and query.values_select),
    }
    for what, used in wrong.items():
        if used:
            raise FieldError(f"{_model(query).__name__} is not in SQL: {what} cannot be asked.")


def _order(query: Query) -> tuple[str, ...]:
    asked: Sequence[Any] = query.order_by
    if not asked and query.default_ordering:
        asked = query.get_meta().ordering or ()
    return tuple(_ordered_by(query, item) for item in asked)


def _ordered_by(query: Query, item: Any) -> str:
    if isinstance(item, OrderBy) and not (item.nulls_first or item.nulls_last):
        item = f"{'-' if item.descending else ''}{getattr(item.expression, 'name', '?')}"
    elif isinstance(item, F):
        item = item.name  # type: ignore[attr-defined]
    known = {field.name: field.attname for field in query.get_meta().concrete_fields}
    known |= {attribute: attribute for attribute in known.values()} | {"pk": _pk(query)}
    attribute = known.get(item.removeprefix("-")) if isinstance(item, str) else None
    if attribute is None:
        raise FieldError("Rows are ordered by fields as they are stored.")
    falling = item.startswith("-") is query.standard_ordering
    return f"-{attribute}" if falling else attribute


def _pk(query: Query) -> str:
    return str(_model(query)._meta.pk.attname)


def _model(query: Query) -> type[Model]:
    assert query.model is not None  # noqa: S101 (for the type checker)
    return query.model
