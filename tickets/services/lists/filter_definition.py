"""What a filter of ticket lists consists of. The filters themselves: filters.py."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from helpdesk.accounts.actors import Actor
from tickets.domain.filters import Filters
from tickets.services.lists import filter_choices
from tickets.services.lists.filter_choices import Choices
from tickets.store import attention
from tickets.store.ticket import Ticket

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


class Control(StrEnum):
    """The control of a filter in the pages' form: each a template of components/filters."""

    CHECKBOXES = "checkboxes"
    CHECKBOX = "checkbox"
    SELECT = "select"
    TEXT = "text"
    DATE = "date"
    CUSTOM = "custom"
    """A control for each custom field."""


@dataclass(frozen=True)
class Now:
    """What a filter's value is relative to: the time, the teams that MY_TEAMS stands for, and the
    id of the user who asks."""

    at: datetime
    teams: Sequence[str] = ()
    me: str = ""

    @property
    def second(self) -> int:
        return seconds(self.at)

    @cached_property
    def snoozed(self) -> frozenset[int]:
        """The numbers of the tickets that the user has snoozed. One SQL query."""
        return frozenset(attention.snoozed(self.me, self.second))

    @cached_property
    def followed(self) -> frozenset[int]:
        """The numbers of the tickets that the user follows. One SQL query."""
        return frozenset(attention.followed(self.me))


@dataclass(frozen=True)
class Filter:
    """One filter of ticket lists, in all its forms."""

    name: str
    """In addresses and the API."""
    field: str
    """Of `Filters`."""
    label: "_StrPromise"
    description: str
    """Of the API's parameter."""
    example: Any
    kind: Any
    """The type of the API's parameter."""
    control: Control
    read: Callable[[Sequence[str], Actor], Any]
    """Values as they are written → the field's value. Raises BadValue."""
    condition: Callable[[Any, Now], Q]
    """The field's value → the condition of the search index."""
    holds: Callable[[Any, Ticket, Now], bool]
    """Whether a ticket as it is stored meets the field's value."""
    box: str = ""
    """Its key in the search box: `key:value`, or `is:key` for a yes."""
    search: Callable[[str], str] | None = None
    """What is written in the box, or under its key in the form → a value. Raises BadValue."""
    by_queue: bool = False
    """Whether an index of DynamoDB may serve it, without other filters."""
    choices: Callable[[], Choices] | None = None
    """What a select or checkboxes offer."""
    shown: Callable[[str], str] = filter_choices.word
    """What a chosen value is called, beside the list that it filters."""
    title: Callable[[str], str] | None = None
    """What stands before a chosen value there, if that is not the label."""
    admin: tuple[str, str] | None = None
    """The admin's field and lookup, if one lookup expresses the filter. With choices, or a date, it
    is a filter of the admin's list, too."""

    def titled(self, value: str) -> str:
        """Return what stands before a chosen value."""
        return self.title(value) if self.title else str(self.label)

    def value_in(self, filters: Filters) -> Any:
        """Return the filter's value in `filters`, or None if it is not set."""
        value = getattr(filters, self.field)
        return None if value == frozenset() or value == "" else value


def seconds(at: datetime) -> int:
    """Return an instant as the search index has it."""
    return int(at.timestamp())
