"""How a user sees lists of tickets: which columns, how dense, and their views in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from helpdesk.accounts.models import User
from helpdesk.custom_fields.defined import active_fields
from helpdesk.custom_fields.definition import Definition, RecordKind


class Column(StrEnum):
    """What lists can show of a ticket beside its number and subject, in their order."""

    CUSTOMER = "customer"
    STATUS = "status"
    PRIORITY = "priority"
    CATEGORY = "category"
    TAGS = "tags"
    TEAM = "team"
    TIME_LEFT = "timeLeft"
    NEEDS_REPLY = "needsReply"
    LAST_MESSAGE = "lastMessage"
    CREATED = "created"
    UPDATED = "updated"
    ASSIGNEE = "assignee"


FIELD = "field."
"""Before the key of a custom field that is a column."""

USUAL = (Column.STATUS, Column.PRIORITY, Column.TIME_LEFT, Column.ASSIGNEE)


@dataclass(frozen=True)
class ListSettings:
    """The columns in the order of Column, the keys of custom fields that are columns after them,
    whether rows are low, and ids of views in their order."""

    columns: tuple[Column, ...] = USUAL
    fields: tuple[str, ...] = ()
    compact: bool = False
    views: tuple[int, ...] = ()


def settings_of(user: User) -> ListSettings:
    """Return the settings of a user. What this release does not know is left out. No query."""
    kept = user.list_settings
    columns = kept.get("columns", USUAL)
    return ListSettings(
        columns=tuple(column for column in Column if column in columns),
        fields=tuple(kept.get("fields", ())),
        compact=kept.get("compact", False),
        views=tuple(kept.get("views", ())),
    )


def field_columns(settings: ListSettings) -> list[Definition]:
    """Return the custom fields that are columns, in their order, without those that are no longer
    defined. One SQL query, or none without any."""
    if not settings.fields:
        return []
    return [field for field in active_fields(RecordKind.TICKET) if field.key in settings.fields]


def set_display(user: User, *, columns: Sequence[str], compact: bool) -> None:
    """Set which columns a user sees, and whether rows are low; unknown columns are left out.

    A custom field is `field.<key>`. One SQL query for these.
    """
    known = [column.value for column in Column if column in columns]
    fields = [
        field.key for field in active_fields(RecordKind.TICKET) if f"{FIELD}{field.key}" in columns
    ]
    _set(user, columns=known, fields=fields, compact=compact)


def set_order_of_views(user: User, view_ids: Sequence[int]) -> None:
    """Set the order in which a user sees saved views; those that are not named follow by name."""
    _set(user, views=list(dict.fromkeys(view_ids)))


def _set(user: User, **changed: object) -> None:
    user.list_settings = {**user.list_settings, **changed}
    user.save(update_fields=["list_settings"])
