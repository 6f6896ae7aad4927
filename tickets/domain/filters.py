"""The filters of a list of tickets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from tickets.domain.ticket import Category, Channel, Priority, Status

ME, NOBODY, MY_TEAMS = "me", "none", "mine"

ACTIVE = frozenset(status for status in Status if status.active)
DONE = frozenset(Status) - ACTIVE


_INSTANTS = ("created_from", "created_to", "updated_from", "updated_to", "due_from", "due_to")


class Sort(StrEnum):
    """The API's names of the orders. Each but the last is read from an index from both ends."""

    TIME_LEFT = "slaDeadline"
    MOST_TIME_LEFT = "-slaDeadline"
    PRIORITY = "-priority"
    LEAST_PRIORITY = "priority"
    CREATED = "-createdAt"
    OLDEST = "createdAt"
    UPDATED = "-updatedAt"
    LONGEST_UNCHANGED = "updatedAt"
    LAST_MESSAGE = "-lastMessage"
    LONGEST_SILENT = "lastMessage"
    STATUS = "status"
    LAST_STATUS = "-status"
    CATEGORY = "category"
    LAST_CATEGORY = "-category"
    NEEDS_REPLY = "needsReplySince"  # its other end would be all that need none

    @property
    def reverse(self) -> "Sort":
        """The same order from its other end."""
        return Sort(self.value.removeprefix("-") if self.value[0] == "-" else f"-{self.value}")


@dataclass(frozen=True, slots=True)
class Filters:
    """A ticket of the list meets all of these; empty or None means no condition.

    What each one means is in tickets/services/lists/filters.py.
    """

    statuses: frozenset[Status] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    categories: frozenset[Category] = frozenset()
    channels: frozenset[Channel] = frozenset()
    assigned_to: str | None = None  # a user id, ME or NOBODY
    team: str | None = None  # a team's id, or MY_TEAMS
    customer_id: str | None = None
    vehicle_id: str | None = None
    tags: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()  # conditions of customers/store/custom_values.py
    overdue: bool | None = None
    at_risk: bool | None = None
    waiting: bool | None = None
    escalated: bool | None = None
    needs_reply: bool | None = None
    snoozed: bool | None = None  # by the user who asks
    followed: bool | None = None  # by the user who asks
    # Bounds of a range: the first instant in it, and the first after it
    created_from: datetime | None = None
    created_to: datetime | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    due_from: datetime | None = None
    due_to: datetime | None = None
    text: str = ""
    sort: Sort | None = None  # None: the best match first for a text, else by time left

    @property
    def order(self) -> Sort:
        """The order of the list: without a choice, the least time left first."""
        return self.sort or Sort.TIME_LEFT

    @property
    def words_of_order(self) -> frozenset[str]:
        """What the list has in the column that it is sorted by: some words, or empty for any."""
        column = self.order.removeprefix("-")
        of = {"priority": self.priorities, "status": self.statuses, "category": self.categories}
        return frozenset(of.get(column, ()))

    def key(self) -> list[str]:
        """Return a text that is different for every list, for its cursors."""
        return [
            ",".join(sorted(value)) if isinstance(value, frozenset) else str(value)
            for value in (getattr(self, name) for name in self.__slots__)
        ]

    def as_json(self) -> dict[str, Any]:
        """Return the filters in JSON's types; `from_json` reads them."""
        empty = Filters()
        return {
            name: sorted(value)
            if isinstance(value, frozenset)
            else value.isoformat()
            if isinstance(value, datetime)
            else value
            for name in self.__slots__
            if (value := getattr(self, name)) != getattr(empty, name)
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Filters":
        """Return the filters that `as_json` wrote."""
        read: dict[str, Callable[[Any], Any]] = {
            "statuses": lambda names: frozenset(map(Status, names)),
            "priorities": lambda names: frozenset(map(Priority, names)),
            "categories": lambda names: frozenset(map(Category, names)),
            "channels": lambda names: frozenset(map(Channel, names)),
            "tags": frozenset,
            "fields": frozenset,
            "sort": Sort,
            **dict.fromkeys(_INSTANTS, datetime.fromisoformat),
        }
        return cls(**{name: read.get(name, lambda same: same)(given[name]) for name in given})

    def within(self, base: "Filters") -> "Filters":
        """Return these filters combined with those of a base list; where both are set,
        these count."""
        empty = Filters()
        given = {
            name: getattr(self, name)
            for name in self.__slots__
            if getattr(self, name) != getattr(empty, name)
        }
        return replace(base, **given)
