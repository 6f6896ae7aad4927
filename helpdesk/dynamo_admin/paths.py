"""What a model can be asked, and what reads it.

A model's paths are tried in their order; the first that serves a query is taken.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Collection as AnyOf
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldError
from django.db.models import Model

from helpdesk.dynamo.pages import Page, PagePosition

Row = Mapping[str, Any]
"""A row by its attributes' names. What is missing is read when it is asked for."""

Conditions = Mapping[str, Mapping[str, Any]]
"""By field, then by lookup. `exact` is `in` with one value; every other lookup is Django's."""

MOST_KEYS = 1_000


@dataclass(frozen=True)
class ByKey:
    """Rows by their primary keys. Whatever else is asked is decided on the rows.

    Keys that name nothing are left out by `read`.
    """

    read: Callable[[Sequence[Any]], Iterable[Row]]
    name: str = "by key"


@dataclass(frozen=True)
class Collection:
    """All rows that share the value of each field of `by`: few, so the rest is decided on them.

    `read` gives at most `most` + 1 of them; with that many, a query is refused.
    """

    name: str
    by: tuple[str, ...]
    read: Callable[[Mapping[str, Any]], Iterable[Row]]
    most: int = 100


@dataclass(frozen=True)
class ListQuery:
    """A page of a listing: rows that meet `conditions`, in `order`, from `place` on."""

    conditions: Conditions
    order: tuple[str, ...]
    limit: int
    place: PagePosition | None = None

    def any_of(self, field: str) -> frozenset[Any]:
        """The values one of which a field has to have; empty: it was not asked."""
        found: frozenset[Any] = self.conditions.get(field, {}).get("in", frozenset())
        return found

    def one(self, field: str) -> Any:
        """The value that a field has to have, or None: it was not asked."""
        return next(iter(self.any_of(field)), None)

    def get(self, field: str, lookup: str) -> Any:
        return self.conditions.get(field, {}).get(lookup)


@dataclass(frozen=True)
class Listing:
    """Rows of an index, page by page.

    `takes` says which lookups of which fields it may be asked with, all of them together, and which
    values (None: any). `exact` takes one value, `in` any number. `needs` names the fields that have
    to be asked for. `orders` are all the orders that it has; the first is the one that is meant
    where none is said. `read` gives at most as many rows as it is asked for, in no more requests
    for a later page than for the first.
    """

    name: str
    takes: Mapping[str, Mapping[str, AnyOf[Any] | None]]
    orders: tuple[tuple[str, ...], ...]
    read: Callable[[ListQuery], Page[Row]]
    needs: tuple[str, ...] = ()
    count: Callable[[Conditions, int], int | None] | None = None
    """Counts up to a number of rows more cheaply than by reading them; None: it cannot, then."""

    def serves(self, conditions: Conditions, order: Sequence[str]) -> bool:
        """Whether the listing has exactly these rows in exactly this order."""
        return (
            all(field in conditions for field in self.needs)
            and all(
                self._takes(field, lookup, value)
                for field, lookups in conditions.items()
                for lookup, value in lookups.items()
            )
            and self.order_for(order) is not None
        )

    def order_for(self, order: Sequence[str]) -> tuple[str, ...] | None:
        """The listing's order that begins as asked."""
        wanted = tuple(order)
        return next((one for one in self.orders if one[: len(wanted)] == wanted), None)

    def _takes(self, field: str, lookup: str, value: Any) -> bool:
        taken = self.takes.get(field, {})
        if lookup == "in":
            if "in" not in taken and not ("exact" in taken and len(value) == 1):
                return False
            known = taken.get("in", taken.get("exact"))
            return known is None or all(one in known for one in value)
        return lookup in taken and (taken[lookup] is None or value in taken[lookup])  # type: ignore[operator]

    def in_words(self) -> str:
        """What can be asked of it."""
        fields = ", ".join(
            f"{field}{'*' if field in self.needs else ''} ({'/'.join(lookups)})"
            for field, lookups in self.takes.items()
        )
        orders = " or ".join(", ".join(order) for order in self.orders)
        return f"{self.name}: filter by {fields or 'nothing'}; order by {orders}"


Path = ByKey | Collection | Listing

_paths: dict[type[Model], tuple[Path, ...]] = {}


def serve(model: type[Model], *paths: Path) -> None:
    """Say what `model` can be asked."""
    _paths[model] = paths


def paths_of(model: type[Model]) -> tuple[Path, ...]:
    """Raises FieldError for a model that can be asked nothing."""
    try:
        return _paths[model]
    except KeyError as missing:
        raise FieldError(f"{model.__name__} has no access paths.") from missing


def refusal(model: type[Model], why: str) -> FieldError:
    """An error that says what was refused, and what would not have been."""
    possible = "; ".join(_in_words(model, path) for path in paths_of(model))
    return FieldError(f"{why} {model.__name__} can be asked: {possible}.")


def _in_words(model: type[Model], path: Path) -> str:
    pk = model._meta.pk.attname if model._meta.pk else "pk"
    if isinstance(path, Listing):
        return path.in_words()
    by = pk if isinstance(path, ByKey) else ", ".join(path.by)
    return f"{path.name}: {by} (exact{'/in' if isinstance(path, ByKey) else ''}), and anything else"
