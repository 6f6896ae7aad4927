"""What becomes of a closed ticket after a while."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from tickets.domain.ticket import Category


class RetentionAction(StrEnum):
    """What a rule does; each includes the ones before it."""

    ARCHIVE = "archive"
    ERASE = "erase"
    DELETE = "delete"


ACTIONS = tuple(RetentionAction)


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """An action some days after a ticket was closed. None as category or segment: any."""

    action: RetentionAction
    days: int
    category: Category | None = None
    segment: str | None = None

    def covers(
        self, *, category: Category, segment: str, closed_at: datetime, now: datetime
    ) -> bool:
        return (
            self.category in (None, category)
            and self.segment in (None, segment)
            and closed_at + timedelta(days=self.days) <= now
        )


def due_action(
    rules: Iterable[RetentionRule],
    *,
    category: Category,
    segment: str,
    closed_at: datetime | None,
    now: datetime,
) -> RetentionAction | None:
    """Return what is to be done with a ticket: the furthest action of the rules that cover it.

    None for a ticket that no rule covers, and for one that is not closed.
    """
    if closed_at is None:
        return None
    found = [
        rule.action
        for rule in rules
        if rule.covers(category=category, segment=segment, closed_at=closed_at, now=now)
    ]
    return max(found, key=ACTIONS.index, default=None)
