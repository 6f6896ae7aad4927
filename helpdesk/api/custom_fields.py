"""Custom fields in the API: an object by key, of tickets, customers and vehicles."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StrictBool, StrictFloat, StrictInt, StringConstraints

from helpdesk.api.fields import describe
from helpdesk.custom_fields.definition import LONGEST_TEXT, Value
from helpdesk.custom_fields.models import MOST

_EXAMPLE = {"port": "Antwerp", "weight": 1250.5, "ready_on": "2026-11-30", "insured": True}

describe({"customFields": ("Custom fields, by key.", _EXAMPLE)})

CHANGED_FIELDS = (
    "The custom fields to change, by key. Absent ones stay unchanged; null removes a value."
)
Key = Annotated[str, StringConstraints(max_length=40)]
Text = Annotated[str, StringConstraints(max_length=LONGEST_TEXT)]

CustomFields = Annotated[
    dict[str, str | int | float | bool],
    Field(
        description="Custom fields that have a value, by key. Supervisors define them: a text or a "
        "choice is a string, a number a number, a date a string such as `2026-11-30`, a yes or no "
        "a boolean.",
        examples=[_EXAMPLE],
    ),
]
GivenFields = Annotated[
    dict[Key, StrictBool | StrictInt | StrictFloat | Text | None],
    Field(max_length=MOST, description="Custom fields, by key.", examples=[_EXAMPLE]),
]


def custom_fields_out(values: Mapping[str, Value] | None) -> dict[str, str | int | float | bool]:
    """Return the values of a record as JSON has them."""
    return {key: _plain(value) for key, value in (values or {}).items()}


def _plain(value: Value) -> str | int | float | bool:
    if not isinstance(value, Decimal):
        return value
    return int(value) if value == value.to_integral_value() else float(value)
