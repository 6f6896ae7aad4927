"""Check a parsed WHERE on rows that were read, with SQL's three truth values.

NULL is equal to nothing and different from nothing: NOT of it is unknown, too.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import FieldError
from django.db.models import Model
from django.db.models.lookups import Lookup
from django.db.models.sql.where import AND, OR, NothingNode, WhereNode

from helpdesk.dynamo_admin.conditions import field_of, value_of
from helpdesk.dynamo_admin.paths import Row, refusal

_COMPARED: Mapping[str, Callable[[Any, Any], bool]] = {
    "exact": lambda value, asked: value == asked,
    "gt": lambda value, asked: value > asked,
    "gte": lambda value, asked: value >= asked,
    "lt": lambda value, asked: value < asked,
    "lte": lambda value, asked: value <= asked,
    "range": lambda value, asked: asked[0] <= value <= asked[1],
    "contains": lambda value, asked: (
        set(listed(asked)) <= set(value) if isinstance(value, list) else str(asked) in str(value)
    ),
    "startswith": lambda value, asked: str(value).startswith(str(asked)),
    "endswith": lambda value, asked: str(value).endswith(str(asked)),
    "iexact": lambda value, asked: str(value).lower() == str(asked).lower(),
    "icontains": lambda value, asked: str(asked).lower() in str(value).lower(),
    "istartswith": lambda value, asked: str(value).lower().startswith(str(asked).lower()),
    "iendswith": lambda value, asked: str(value).lower().endswith(str(asked).lower()),
}


def listed(asked: Any) -> list[Any]:
    """Return the value of a list lookup as a list, whether it holds one or several."""
    return list(asked) if isinstance(asked, list | tuple | set | frozenset) else [asked]


def check(where: WhereNode, model: type[Model]) -> None:
    """Raise FieldError for what cannot be checked on a row, before anything is read."""
    for child in where.children:
        if isinstance(child, WhereNode):
            check(child, model)
        elif isinstance(child, Lookup):
            field_of(child)
            value_of(child)
            if child.lookup_name not in (*_COMPARED, "in", "isnull"):
                raise refusal(model, f"“{child.lookup_name}” cannot be decided on single rows.")
        elif not isinstance(child, NothingNode):
            raise FieldError(f"{type(child).__name__} can be asked of SQL only.")


def meets(row: Row, where: WhereNode) -> bool:
    """Return whether the row meets `where`."""
    return _truth(row, where) is True


def _truth(row: Row, node: Any) -> bool | None:
    if isinstance(node, NothingNode):
        return False
    if isinstance(node, Lookup):
        return _compared(row, node)
    truths = [_truth(row, child) for child in node.children]
    if not truths:
        found: bool | None = True
    elif node.connector == AND:
        found = False if False in truths else None if None in truths else True
    elif node.connector == OR:
        found = True if True in truths else None if None in truths else False
    else:
        found = None if None in truths else sum(map(bool, truths)) % 2 == 1
    return found if found is None or not node.negated else not found


def _compared(row: Row, lookup: Lookup) -> bool | None:
    value, asked = row[field_of(lookup)], value_of(lookup)
    if lookup.lookup_name == "isnull":
        return (value is None) is asked
    if lookup.lookup_name == "in" and not asked:
        return False  # nothing is in nothing, not even the unknown
    if value is None:
        return None
    if lookup.lookup_name == "in":
        return value in asked
    return _COMPARED[str(lookup.lookup_name)](value, asked)
