"""Attribute types that PynamoDB lacks."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar

from pynamodb.attributes import Attribute
from pynamodb.constants import BOOLEAN, MAP, NUMBER, STRING

E = TypeVar("E", bound=StrEnum)

_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


class InstantAttribute(Attribute[datetime]):
    """An instant in UTC to the second, stored as fixed-width text, so that string order is time
    order.

    Raises ValueError for a naive time or a fraction of a second: truncating silently would let two
    readings of one clock disagree.
    """

    attr_type = STRING

    def serialize(self, value: datetime) -> str:
        if value.tzinfo is None or value.microsecond:
            raise ValueError(f"{value!r} is not an instant: it needs a zone and whole seconds")
        return value.astimezone(UTC).strftime(_FORMAT)

    def deserialize(self, value: str) -> datetime:
        return datetime.fromisoformat(value)


class IntegerAttribute(Attribute[int]):
    """A whole number. PynamoDB's own attribute for numbers gives a float to the type checker.

    Raises ValueError for anything else.
    """

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        if int(value) != value:
            raise ValueError(f"{value!r} is not a whole number")
        return str(int(value))

    def deserialize(self, value: str) -> int:
        return int(value)


class EnumAttribute(Attribute[E]):
    """A member of an enumeration, stored as its text. Text that is assigned becomes a member.

    Raises ValueError for text that is no member.
    """

    attr_type = STRING

    def __init__(self, words: type[E], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = words

    def __set__(self, instance: Any, value: E | None) -> None:
        super().__set__(instance, None if value is None else self.words(value))

    def serialize(self, value: E) -> str:
        return self.words(value).value

    def deserialize(self, value: str) -> E:
        return self.words(value)


class ValuesAttribute(Attribute[dict[str, str | bool | Decimal]]):
    """A map of texts, numbers and yes/nos, each stored as its own type. Empty is None.

    The map is replaced as a whole, never changed: two versions of an item share it.
    """

    attr_type = MAP

    def serialize(self, value: Mapping[str, str | bool | Decimal]) -> dict[str, dict[str, Any]]:
        return {key: _typed(one) for key, one in value.items()}

    def deserialize(self, value: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {
            key: Decimal(one[NUMBER]) if NUMBER in one else next(iter(one.values()))
            for key, one in value.items()
        }


def _typed(value: str | bool | Decimal) -> dict[str, Any]:
    if isinstance(value, bool):
        return {BOOLEAN: value}
    return {NUMBER: f"{value:f}"} if isinstance(value, Decimal) else {STRING: value}
