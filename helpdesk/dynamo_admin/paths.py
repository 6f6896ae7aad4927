"""The queries that a model serves, and what reads their rows.

A model's paths are tried in order; the first that serves a query is used.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as AnyOf
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldError
from django.db.models import Model

from helpdesk.dynamo.pages import Page, PagePosition

Row = Mapping[str, Any]
"""A row by its attributes' names. Missing attributes are read when they are used."""

Conditions = Mapping[str, Mapping[str, Any]]
"""By field, then by lookup. `exact` is `in` with one value; every other lookup is Django's."""

MOST_KEYS = 1_000


@dataclass(frozen=True)
class ByKey:
    """Rows by primary key. Other conditions are checked on the rows.

    `read` leaves out keys that do not exist.
    """

    read: Callable[[Sequence[Any]], Iterable[Row]]
    name: str = "by key"


@dataclass(frozen=True)
class Collection:
    """All rows that share the value of each field of `by`: few, so other conditions are checked on
    them.

    `read` returns at most `most` + 1 rows; with that many, the query is refused.
    """

    name: str
    by: tuple[str, ...]
    read: Callable[[Mapping[str, Any]], Iterable[Row]]
    most: int = 100


@dataclass(frozen=True)
class ListQuery:
    """A page of a listing: rows that meet `conditions`, in `order`, after `place`."""

    conditions: Conditions
    order: tuple[str, ...]
    limit: int
    place: PagePosition | None = None

    def any_of(self, field: str) -> frozenset[Any]:
        """Return the values that a field may have; empty if there is no condition on it."""
        found: frozenset[Any] = self.conditions.get(field, {}).get("in", frozenset())
        return found

    def one(self, field: str) -> Any:
        """Return the value that a field has to have, or None if there is no condition on it."""
        return next(iter(self.any_of(field)), None)

    def get(self, field: str, lookup: str) -> Any:
        return self.conditions.get(field, {}).get(lookup)


@dataclass(frozen=True)
class Listing:
    """Rows of an index, page by page.

    `takes` names the lookups of each field that may be combined, and the allowed values (None:
    any). `exact` takes one value, `in` any number. `needs` names required fields. `orders` are
    orders of the index; the first is the default. Each is served from its other end, too: `read`
    takes places before which a page ends, and END for the last page. It returns at most as many
    rows as requested, in no more requests for a later page than for the first.
    """

    name: str
    takes: Mapping[str, Mapping[str, AnyOf[Any] | None]]
    orders: tuple[tuple[str, ...], ...]
    read: Callable[[ListQuery], Page[Row]]
    needs: tuple[str, ...] = ()
    count: Callable[[Conditions, int], int | None] | None = None
    """Counts up to a number of rows more cheaply than by reading them; None: it cannot, then."""

    def serves(self, conditions: Conditions, order: Sequence[str]) -> bool:
        """Return whether the listing has exactly these rows in exactly this order."""
        return (
            all(field in conditions for field in self.needs)
            and all(
                self._takes(field, lookup, value)
                for field, lookups in conditions.items()
                for lookup, value in lookups.items()
            )
            and self.order_for(order) is not None
        )

    def order_for(self, order: Sequence[str]) -> tuple[tuple[str, ...], bool] | None:
        """Return the listing's order that begins as requested, and whether from its other end."""
        for wanted, falling in ((tuple(order), False), (reversed_order(order), True)):
            found = next((one for one in self.orders if one[: len(wanted)] == wanted), None)
            if found is not None:
                return found, falling
        return None

    def _takes(self, field: str, lookup: str, value: Any) -> bool:
        taken = self.takes.get(field, {})
        if lookup == "in":
            if "in" not in taken and not ("exact" in taken and len(value) == 1):
                return False
            known = taken.get("in", taken.get("exact"))
            return known is None or all(one in known for one in value)
        return lookup in taken and (taken[lookup] is None or value in taken[lookup])  # type: ignore[operator]

    def in_words(self) -> str:
        """Return which queries the listing serves, as text for a person."""
        fields = ", ".join(
            f"{field}{'*' if field in self.needs else ''} ({'/'.join(lookups)})"
            for field, lookups in self.takes.items()
        )
        orders = " or ".join(", ".join(order) for order in self.orders)
        return f"{self.name}: filter by {fields or 'nothing'}; order by {orders}, or its reverse"


def reversed_order(order: Sequence[str]) -> tuple[str, ...]:
    """Return an order from its other end."""
    return tuple(name.removeprefix("-") if name[0] == "-" else f"-{name}" for name in order)


Path = ByKey | Collection | Listing

_paths: dict[type[Model], tuple[Path, ...]] = {}


def serve(model: type[Model], *paths: Path) -> None:
    """Register the access paths of `model`."""
    _paths[model] = paths


def paths_of(model: type[Model]) -> tuple[Path, ...]:
    """Return the access paths of a model. Raises FieldError if it has none."""
    try:
        return _paths[model]
    except KeyError as missing:
        raise FieldError(f"{model.__name__} has no access paths.") from missing


class NotServed(FieldError):
    """No access path has exactly the rows of these conditions in this order."""

    def __init__(self, text: object, conditions: Conditions, order: Sequence[str]) -> None:
        super().__init__(text)
        self.conditions, self.order = conditions, tuple(order)


def refusal(model: type[Model], why: str) -> FieldError:
    """Return an error that says what was refused, and which queries are served."""
    possible = "; ".join(_in_words(model, path) for path in paths_of(model))
    return FieldError(f"{why} {model.__name__} can be asked: {possible}.")


def _in_words(model: type[Model], path: Path) -> str:
    pk = model._meta.pk.attname if model._meta.pk else "pk"
    if isinstance(path, Listing):
        return path.in_words()
    by = pk if isinstance(path, ByKey) else ", ".join(path.by)
    return f"{path.name}: {by} (exact{'/in' if isinstance(path, ByKey) else ''}), and anything else"
