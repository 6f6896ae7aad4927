"""The columns of lists: their headings, and how a heading sorts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from helpdesk.custom_fields.defined import active_fields
from helpdesk.custom_fields.definition import Definition, RecordKind
from tickets.domain.filters import Sort
from tickets.services.lists.list_settings import FIELD, Column, ListSettings

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

LABELS: Mapping[Column, "_StrPromise"] = {
    Column.CUSTOMER: _("Customer"),
    Column.STATUS: _("Status"),
    Column.PRIORITY: _("Priority"),
    Column.CATEGORY: _("Category"),
    Column.TAGS: _("Tags"),
    Column.TEAM: _("Team"),
    Column.TIME_LEFT: _("Time left"),
    Column.NEEDS_REPLY: _("Needs reply since"),
    Column.LAST_MESSAGE: _("Last message"),
    Column.CREATED: _("Created"),
    Column.UPDATED: _("Updated"),
    Column.ASSIGNEE: _("Assigned to"),
}

_SORTS: Mapping[Column, Sort] = {
    Column.PRIORITY: Sort.PRIORITY,
    Column.TIME_LEFT: Sort.TIME_LEFT,
    Column.NEEDS_REPLY: Sort.NEEDS_REPLY,
    Column.CREATED: Sort.CREATED,
    Column.UPDATED: Sort.UPDATED,
    Column.STATUS: Sort.STATUS,
    Column.CATEGORY: Sort.CATEGORY,
    Column.LAST_MESSAGE: Sort.LAST_MESSAGE,
}
"""The order that a first press on a heading chooses; a second one reverses it. Those that are not
here have no index in their order."""


def _rises(order: Sort) -> bool:
    """Return whether an order begins with the lowest: its name has no minus."""
    return not order.value.startswith("-")


@dataclass(frozen=True)
class Heading:
    """A heading; `url` is that of the list in its order, and `sorted` a word of `aria-sort`."""

    column: str
    label: str
    url: str | None = None
    sorted: str = ""


def headings(
    columns: Sequence[Column],
    fields: Sequence[Definition],
    *,
    order: Sort | None,
    url_of: Callable[[Sort], str],
) -> list[Heading]:
    """Return the headings of a list that is in this order (None: the best match first), those of
    custom fields last."""
    own = [_heading(column, order, url_of) for column in columns]
    return [*own, *(Heading(f"{FIELD}{field.key}", field.label) for field in fields)]


def column_choices(settings: ListSettings) -> list[tuple[str, list[tuple[str, str, bool]]]]:
    """Return the columns that lists can have, and the custom fields, under their headings: each
    with its label, and whether it is chosen. One SQL query."""
    own = [(column.value, str(LABELS[column]), column in settings.columns) for column in Column]
    fields = [
        (f"{FIELD}{one.key}", one.label, one.key in settings.fields)
        for one in active_fields(RecordKind.TICKET)
    ]
    named = [(gettext("Columns"), own), (gettext("Custom fields"), fields)]
    return [group for group in named if group[1]]


def _heading(column: Column, order: Sort | None, url_of: Callable[[Sort], str]) -> Heading:
    first = _SORTS.get(column)
    if first is None:
        return Heading(column.value, str(LABELS[column]))
    one_way = first is Sort.NEEDS_REPLY
    if order is None or order not in ((first,) if one_way else (first, first.reverse)):
        return Heading(column.value, str(LABELS[column]), url_of(first))
    return Heading(
        column.value,
        str(LABELS[column]),
        None if one_way else url_of(order.reverse),
        "ascending" if _rises(order) else "descending",
    )
