"""Custom fields as columns of a file for spreadsheet programs."""

from collections.abc import Mapping
from typing import Any

from helpdesk.custom_fields.defined import active_fields
from helpdesk.custom_fields.definition import RecordKind, Value
from helpdesk.custom_fields.values import PREFIX


def columns_of(of: RecordKind) -> list[str]:
    """Return the keys of the fields that an export has. One SQL query."""
    return [field.key for field in active_fields(of)]


def heads(keys: list[str]) -> list[Any]:
    """Return the heads of the columns of custom fields: their names in the API."""
    return [f"{PREFIX}{key}" for key in keys]


def cells(keys: list[str], values: Mapping[str, Value] | None) -> list[Any]:
    """Return the cells of custom fields. Numbers stay numbers."""
    stored = values or {}
    return [_cell(stored.get(key)) for key in keys]


def _cell(value: Value | None) -> Any:
    return ("yes" if value else "no") if isinstance(value, bool) else value
