"""The history of another help desk, line by line (INTERFACES.md, "History import")."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from customers.domain.choices import can_be_stored
from tickets.domain import instant
from tickets.domain.errors import DomainError, NotAnInstant
from tickets.domain.ticket import Category, Priority

LONGEST_LINE = 1_000_000
"""Bytes."""


class HistoryRefused(DomainError):
    """A line that cannot be imported, with the reason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)


class ImportEventKind(StrEnum):
    CREATED = "created"
    ASSIGNED = "assigned"
    RESPONDED = "responded"
    CUSTOMER_REPLIED = "customer_replied"
    NOTE = "note"
    PRIORITY = "priority"
    WAITING = "waiting"
    RESUMED = "resumed"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"


_TEXTS: Mapping[ImportEventKind, tuple[str, ...]] = {
    ImportEventKind.CREATED: ("subject", "description", "category", "priority"),
    ImportEventKind.ASSIGNED: ("to",),
    ImportEventKind.RESPONDED: ("content",),
    ImportEventKind.CUSTOMER_REPLIED: ("content",),
    ImportEventKind.NOTE: ("content",),
    ImportEventKind.PRIORITY: ("value",),
}
_WORDS: Mapping[str, type[Category] | type[Priority]] = {
    "category": Category,
    "priority": Priority,
    "value": Priority,
}


_LONGEST: Mapping[str, int] = {"ticket": 200, "externalId": 200, "by": 150, "to": 150}
"""Characters of what keys and user names are made of; the other texts are measured as live ones."""

_FIRST_YEAR = 1970
"""Ids begin with the seconds since then."""


@dataclass(frozen=True, slots=True)
class HistoryEvent:
    """An event of a ticket in another system. `texts` holds the fields of its kind."""

    ticket: str
    at: datetime
    kind: ImportEventKind
    by: str
    texts: Mapping[str, str]
    customer: Mapping[str, str] = field(default_factory=dict)
    vehicle: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    """Custom fields by key, as JSON has them."""
    key: str = ""
    """Identifies the event within its ticket; only identical events have the same one."""


def parse(line: bytes) -> HistoryEvent:
    """Return the event of a history's line. Raises HistoryRefused."""
    if len(line) > LONGEST_LINE:
        raise HistoryRefused(f"it is longer than {LONGEST_LINE:,} bytes")
    try:
        written = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise HistoryRefused("it is not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise HistoryRefused(f"it is not JSON: {error}") from error
    if not isinstance(written, dict):
        raise HistoryRefused("it is not a JSON object")
    name = written.get("event")
    if name not in list(ImportEventKind):
        known = ", ".join(ImportEventKind)
        raise HistoryRefused(f"{str(name)[:40]!r} is not an event; known: {known}")
    kind = ImportEventKind(name)
    try:
        at = instant.parse(written.get("at", ""))
    except NotAnInstant as error:
        raise HistoryRefused(str(error)) from error
    if at.year < _FIRST_YEAR:
        raise HistoryRefused(f"it lies before {_FIRST_YEAR}")
    texts = {text: _text(written, text) for text in _TEXTS.get(kind, ())}
    for text, words in _WORDS.items():
        if text in texts and texts[text] not in list(words):
            raise HistoryRefused(f"{text}: {texts[text][:40]!r} is not one of {', '.join(words)}")
    plain = json.dumps(written, sort_keys=True, ensure_ascii=False)
    return HistoryEvent(
        ticket=_text(written, "ticket"),
        at=at,
        kind=kind,
        by=_text(written, "by"),
        texts=texts,
        customer=_person(written) if kind is ImportEventKind.CREATED else {},
        vehicle=_vehicle(written) if kind is ImportEventKind.CREATED else {},
        fields=_fields(written) if kind is ImportEventKind.CREATED else {},
        key=sha256(plain.encode(errors="surrogatepass")).hexdigest()[:12],
    )


def _text(written: Mapping[str, Any], name: str) -> str:
    value = written.get(name)
    if not isinstance(value, str) or not value.strip():
        raise HistoryRefused(f"{name} is missing, or no text")
    if not can_be_stored(value):
        raise HistoryRefused(f"{name} has a character that cannot be stored")
    if len(value) > _LONGEST.get(name, len(value)):
        raise HistoryRefused(f"{name} is too long: at most {_LONGEST[name]} characters")
    return value


def _person(written: Mapping[str, Any]) -> dict[str, str]:
    customer = written.get("customer")
    if not isinstance(customer, dict):
        raise HistoryRefused("customer is missing")
    found = {name: _text(customer, name) for name in ("externalId", "name")}
    if customer.get("email"):
        found["email"] = _text(customer, "email")
    return found


def _vehicle(written: Mapping[str, Any]) -> dict[str, str]:
    vehicle = written.get("vehicle")
    if vehicle is None:
        return {}
    if not isinstance(vehicle, dict):
        raise HistoryRefused("vehicle is not an object")
    found = {"vin": _text(vehicle, "vin")}
    for name in ("make", "model", "year"):
        if vehicle.get(name):
            found[name] = str(vehicle[name])
    return found


def _fields(written: Mapping[str, Any]) -> dict[str, str | int | float | bool]:
    fields = written.get("fields")
    if fields is None:
        return {}
    if not isinstance(fields, dict):
        raise HistoryRefused("fields is not an object")
    for key, value in fields.items():
        if not can_be_stored(key):
            raise HistoryRefused("fields has a name with a character that cannot be stored")
        if not isinstance(value, str | int | float):  # a boolean is an int
            raise HistoryRefused(f"fields.{key[:40]} is no text, number or boolean")
    return fields
