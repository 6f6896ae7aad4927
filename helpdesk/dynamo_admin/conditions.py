"""A parsed WHERE as plain conditions, as far as it is a conjunction."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import FieldError
from django.db.models.expressions import Col
from django.db.models.lookups import Lookup
from django.db.models.sql.where import AND, OR, NothingNode, WhereNode

_TIGHTER: dict[str, Callable[[Any, Any], Any]] = {
    "in": lambda one, other: one & other,
    "gte": max,
    "gt": max,
    "lte": min,
    "lt": min,
}

Found = dict[str, dict[str, Any]]


class Contradiction(Exception):
    """No row can meet these conditions."""


def conditions_of(where: WhereNode) -> tuple[Found, bool]:
    """Return the conditions that all have to hold, and whether these are all of the WHERE.

    `exact` becomes `in` with one value, `range` becomes two bounds. Raises Contradiction.
    """
    found: Found = {}
    return found, _collect(where, found)


def field_of(lookup: Lookup) -> str:
    """Return the field of a lookup. Raises FieldError for anything but a plain field."""
    if not isinstance(lookup.lhs, Col):
        name = getattr(lookup.lhs, "lookup_name", None) or type(lookup.lhs).__name__
        raise FieldError(f"Fields are compared as they are stored: “{name}” cannot be asked.")
    return str(lookup.lhs.target.attname)


def value_of(lookup: Lookup) -> Any:
    """Return the value of a lookup. Raises FieldError for what only a database can compute."""
    value = lookup.rhs
    parts = value if isinstance(value, list | tuple | set | frozenset) else [value]
    if any(hasattr(part, "resolve_expression") for part in (value, *parts)):
        raise FieldError("Fields are compared with values, not with other fields or queries.")
    return value


def _collect(node: WhereNode, found: Found) -> bool:
    if node.negated:
        return False
    if node.connector == OR and len(node.children) > 1:
        either = _either(node)
        if either:
            _add(found, either[0], "in", either[1])
        return either is not None
    if node.connector not in (AND, OR):
        return False
    complete = True
    for child in node.children:
        if isinstance(child, NothingNode):
            raise Contradiction
        if isinstance(child, WhereNode):
            complete &= _collect(child, found)
        elif isinstance(child, Lookup):
            _take(found, child)
        else:
            complete = False
    return complete


def _either(node: WhereNode) -> tuple[str, frozenset[Any]] | None:
    """Return the one field of an OR and its values; None if it is about several fields."""
    fields: set[str] = set()
    values: set[Any] = set()
    for child in node.children:
        part: Found = {}
        if isinstance(child, WhereNode):
            if not _collect(child, part):
                return None
        elif isinstance(child, Lookup):
            _take(part, child)
        else:
            return None
        if len(part) != 1:
            return None
        ((field, lookups),) = part.items()
        if set(lookups) != {"in"}:
            return None
        fields.add(field)
        values |= lookups["in"]
    return (fields.pop(), frozenset(values)) if len(fields) == 1 else None


def _take(found: Found, lookup: Lookup) -> None:
    field, value = field_of(lookup), value_of(lookup)
    if lookup.lookup_name == "exact":
        _add(found, field, "in", frozenset([value]))
    elif lookup.lookup_name == "in":
        _add(found, field, "in", frozenset(one for one in value if one is not None))
    elif lookup.lookup_name == "range":
        _add(found, field, "gte", value[0])
        _add(found, field, "lte", value[1])
    else:
        _add(found, field, str(lookup.lookup_name), value)


def _add(found: Found, field: str, lookup: str, value: Any) -> None:
    known = found.setdefault(field, {})
    if lookup not in known:
        known[lookup] = value
    elif lookup in _TIGHTER:
        known[lookup] = _TIGHTER[lookup](known[lookup], value)
    elif known[lookup] != value:
        if lookup == "isnull":
            raise Contradiction
        raise FieldError(f"“{lookup}” of {field} can be asked once.")
    if lookup == "in" and not known["in"]:
        raise Contradiction
