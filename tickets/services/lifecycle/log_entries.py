"""Entries of a ticket's log: the old and new values of a System Update."""

from collections.abc import Mapping, Sequence
from typing import Any

from helpdesk.custom_fields.definition import as_text
from helpdesk.custom_fields.values import PREFIX
from tickets.domain.ticket import (
    BY_CUSTOMER,
    ERASED,
    CommunicationType,
    Direction,
    LogEvent,
    no_customer_of,
)
from tickets.store.items import Change, Communication
from tickets.store.ticket import Ticket

# What a System Update names when it changes, by attribute; in this order.
_LOGGED = (
    "status",
    "waiting",
    "priority",
    "category",
    "assigned_to",
    "team_id",
    "subject",
    "description",
    "customer_id",
    "vehicle_id",
    "tags",
    "continued_by",
    "merged_into",
    "duplicates",
    "related",
    "participants",
    "custom_fields",
)

_WHOSE = ("customer_id", "vehicle_id")

ERASED_TEXTS: Mapping[str, Any] = {
    "subject": ERASED,
    "description": ERASED,
    "tags": [],
    "participants": [],
    "returned_addresses": [],
    "reply_to": None,
    "custom_fields": None,
}
"""The attributes of a ticket that hold people's words, and what an erasure leaves of each."""

TEXTS = frozenset(Ticket.get_attributes()[name].attr_name for name in ERASED_TEXTS)
"""The same, as the log names them."""

_ATTRIBUTES = {one.attr_name: name for name, one in Ticket.get_attributes().items()}

Values = dict[str, Any]


def is_text(field: str) -> bool:
    """Return whether what the log calls `field` holds people's words; each custom field does."""
    return field.partition(".")[0] in TEXTS


def logged_values(ticket: Ticket) -> Values:
    """Return the current values of everything whose changes are logged."""
    return {name: getattr(ticket, name) for name in _LOGGED}


def differences(was: Values, after: Ticket) -> list[Change]:
    """Return the differences to earlier values, without erased texts and a deleted ticket's
    customer."""
    changed = []
    for name, before in was.items():
        becomes = getattr(after, name)
        if name == "custom_fields":
            changed += _custom(before or {}, becomes or {}, erased=after.subject == ERASED)
        elif before != becomes:
            field = Ticket.get_attributes()[name].attr_name
            old, new = text_of(before), text_of(becomes)
            if field in TEXTS and after.subject == ERASED:
                old = new = ERASED
            if name in _WHOSE and after.customer_id == no_customer_of(after.ticket_id):
                old = new = new or ERASED
            changed.append(Change(field=field, before=old, after=new))
    return changed


def _custom(before: Values, after: Values, *, erased: bool) -> list[Change]:
    """Return a change for each custom field that differs."""
    return [
        Change(field=f"{PREFIX}{key}", before=ERASED, after=ERASED)
        if erased
        else Change(
            field=f"{PREFIX}{key}",
            before=as_text(before[key]) if key in before else None,
            after=as_text(after[key]) if key in after else None,
        )
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    ]


def text_in(ticket: Ticket, field: str) -> str | None:
    """Return the value of what the log calls `field` in the form of the log."""
    name, _dot, key = field.partition(".")
    if key:
        own = (ticket.custom_fields or {}).get(key)
        return None if own is None else as_text(own)
    value = getattr(ticket, _ATTRIBUTES[name])
    return str(int(value)) if name == "escalationLevel" else text_of(value)


def text_of(value: Any) -> str | None:
    """Return a value in the form of the log."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(value) or None
    return str(value) if value else None


def summary(changed: list[Change]) -> str:
    """Return changes as a line of English, with ids; pages show them in the reader's language."""
    return "; ".join(
        "description changed"
        if change.field == "description"
        else f"{change.field}: {change.before or 'none'} → {change.after or 'none'}"
        for change in changed
    )


def last_message(lines: Sequence[Communication]) -> Communication | None:
    """Return the last reply, note or message among lines of a log, or else the entry of the
    creation; None if they have none of these."""
    system = CommunicationType.SYSTEM_UPDATE.value
    spoken = (
        line for line in reversed(lines) if line.type != system or line.event == LogEvent.CREATED
    )
    return next(spoken, None)


def last_message_of(log: Sequence[Communication]) -> Communication | None:
    """Return the last message of a whole log. It begins with the creation, which entries of an
    earlier release do not say of themselves."""
    return last_message(log) or next(iter(log), None)


def author_of(message: Communication) -> str:
    """Return who wrote a message: BY_CUSTOMER, or a user's id."""
    inbound = message.direction == Direction.INBOUND.value
    return BY_CUSTOMER if inbound else message.created_by
