"""What a custom field is, and which values it takes."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.parsing import BadValue
from helpdesk.short_text import one_line

LONGEST_TEXT = 500
LONGEST_CHOICE = 60
MOST_CHOICES = 50
BOUND = Decimal(10) ** 11
"""Numbers are smaller than this, and have at most PLACES places: no number of a payment card fits,
and the search index has them as whole numbers."""
PLACES = 4

_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

Value = str | bool | Decimal
"""Of a text, a choice or a date (as in 2026-11-30); of a yes/no; of a number."""


class RecordKind(StrEnum):
    """What can have custom fields."""

    TICKET = "ticket"
    CUSTOMER = "customer"
    VEHICLE = "vehicle"


class Kind(StrEnum):
    """What a field's values are."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    YES_NO = "yes-no"

    @property
    def in_order(self) -> bool:
        """Whether its values have an order, so that a list can ask for a range of them."""
        return self in (Kind.NUMBER, Kind.DATE)


class Required(StrEnum):
    """When a record has to have a value."""

    NEVER = ""
    CREATION = "creation"
    RESOLVING = "resolving"


@dataclass(frozen=True, slots=True)
class Definition:
    """A custom field of a kind of record."""

    key: str
    label: str
    kind: Kind
    help_text: str = ""
    choices: tuple[str, ...] = ()
    required: Required = Required.NEVER
    categories: frozenset[str] = frozenset()
    """Of tickets: those that it is for; empty: all."""
    active: bool = True

    def is_for(self, category: str | None) -> bool:
        """Return whether tickets of a category have the field."""
        return not self.categories or category is None or category in self.categories

    def value_of(self, written: Any, *, stored: Value | None = None) -> Value | None:
        """Return the value that `written` means; None for an empty one.

        A choice that is no longer offered is taken if it is `stored` already. Raises BadValue.
        """
        if isinstance(written, str):
            written = one_line(written)
        if written is None or written == "":
            return None
        value = _READ[self.kind](written)
        if self.kind is Kind.CHOICE and value not in self.choices and value != stored:
            raise BadValue(
                _("“%(value)s” is not one of: %(words)s.")
                % {"value": str(value)[:LONGEST_CHOICE], "words": ", ".join(self.choices)}
            )
        return value


def as_text(value: Value) -> str:
    """Return a value as forms, the log and the search index have it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value) if isinstance(value, Decimal) else value


def plain(number: Decimal) -> str:
    """Return a number without an exponent and without zeros at its end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _text(written: Any) -> str:
    if not isinstance(written, str):
        raise BadValue(_("Enter a text."))
    if len(written) > LONGEST_TEXT:
        raise BadValue(_("Use at most %(longest)s characters.") % {"longest": LONGEST_TEXT})
    try:
        written.encode()
    except UnicodeEncodeError:
        raise BadValue(_("Contains a character that can’t be stored.")) from None
    if "\0" in written:
        raise BadValue(_("Contains a character that can’t be stored."))
    return written


def _number(written: Any) -> Decimal:
    refused = BadValue(
        _("Enter a number such as 1250.5, with at most %(places)s decimal places.")
        % {"places": PLACES}
    )
    if isinstance(written, bool) or not isinstance(written, str | int | float | Decimal):
        raise refused
    text = plain(Decimal(str(written))) if not isinstance(written, str) else written
    if not _NUMBER.fullmatch(text):
        raise refused
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise refused from None
    if abs(number) >= BOUND or number != round(number, PLACES):
        raise refused
    return Decimal(plain(number)) + 0  # no minus before a zero


def _date(written: Any) -> str:
    if isinstance(written, date):
        return written.isoformat()
    try:
        if isinstance(written, str) and _DATE.fullmatch(written):
            return date.fromisoformat(written).isoformat()
    except ValueError:
        pass
    raise BadValue(_("Enter a date such as 2026-11-30."))


def _yes_no(written: Any) -> bool:
    if isinstance(written, bool):
        return written
    if written in ("yes", "true"):
        return True
    if written in ("no", "false"):
        return False
    raise BadValue(_("Choose yes or no."))


_READ: Mapping[Kind, Callable[[Any], Value]] = MappingProxyType(
    {
        Kind.TEXT: _text,
        Kind.CHOICE: _text,
        Kind.NUMBER: _number,
        Kind.DATE: _date,
        Kind.YES_NO: _yes_no,
    }
)
