"""Base schemas of everything that the JSON API accepts and returns."""

from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from ninja import Schema
from pydantic import ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

T = TypeVar("T")
MOST_FIELDS = 40
"""Of a body; far more than any takes."""


class ApiSchema(Schema):
    """A schema with snake_case names in Python and camelCase names in JSON."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class RequestSchema(ApiSchema):
    """The body of a request. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", populate_by_name=False)

    @model_validator(mode="before")
    @classmethod
    def few_unknown(cls, given: Any) -> Any:
        """Return the first few unknown fields; each would take a line of the response."""
        if not isinstance(given, dict) or len(given) <= MOST_FIELDS:
            return given
        known = {info.alias for info in cls.model_fields.values()}
        unknown = [name for name in given if name not in known][:MOST_FIELDS]
        return {name: given[name] for name in given.keys() & {*known, *unknown}}

    def fields_sent(self) -> dict[str, Any]:
        """Return only the fields that the request has."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class Items(ApiSchema, Generic[T]):
    """A page of a list."""

    items: list[T]
    next_cursor: str | None = Field(
        description="Send this as `cursor` for the next page. Null on the last page.",
    )


class Problem(ApiSchema):
    """Problem details (RFC 9457)."""

    type: str = Field(
        description="A URI for the kind of problem, or `about:blank`.", examples=["about:blank"]
    )
    title: str = Field(description="The kind of problem.", examples=["Not found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(
        description="Explains what is wrong and how to fix it.",
        examples=["Ticket 4711 not found."],
    )
    errors: list["FieldError"] = Field(
        [], description="For invalid input: one entry per invalid field."
    )


class FieldError(ApiSchema):
    field: str = Field(description="The invalid field, as it was sent.", examples=["priority"])
    message: str = Field(
        description="What is wrong with it.",
        examples=["“Urgent” is not one of: Low, Medium, High, Critical."],
    )


def silent(default: Any, **more: Any) -> Any:
    """Return a field that may be absent, without a default in the description."""

    def keep_quiet(schema: dict[str, Any]) -> None:
        schema.pop("default", None)

    return Field(default, json_schema_extra=keep_quiet, **more)


Moment = Annotated[
    datetime, Field(description="UTC, to the second.", examples=["2026-11-24T09:30:00Z"])
]
