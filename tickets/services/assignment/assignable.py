"""Users in lists: everybody who can be assigned tickets, and those who left and still hold some.

A list without the latter would hide their tickets.
"""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Absence, User
from helpdesk.accounts.people import assignable_users, away_in_words, names_apart
from helpdesk.request_cache import once_a_page
from tickets.store import queries, search

PAGE = 100


@dataclass(frozen=True)
class Person:
    """A user who has tickets, or can be assigned some."""

    user: User
    assignable: bool
    name: str
    """What they are called; with the username if somebody else is called the same."""
    away_until: date | None = None
    """The last day of an absence that goes on."""

    @property
    def user_id(self) -> str:
        return str(self.user.pk)

    @property
    def label(self) -> str:
        """The name, marked if the user can no longer be assigned tickets."""
        return self.name if self.assignable else inactive(self.name)

    @property
    def choice(self) -> str:
        """The name where tickets are assigned: marked if the user is away, too."""
        there = self.assignable and self.away_until
        return away_in_words(self.name, there) if there else self.label


def inactive(name: str) -> str:
    """Return the name with the mark of users who can no longer be assigned tickets."""
    return _("%(name)s (inactive)") % {"name": name}


@once_a_page
def people_in_lists() -> list[Person]:
    """Return everybody who can hold tickets or does, by name.

    One SQL query, with an index look-up for each account.
    """
    statement, parameters = _statement()
    today = connection.ops.adapt_datefield_value(timezone.localdate())
    found = list(User.objects.raw(statement, [today if one == _DAY else one for one in parameters]))
    names = names_apart(found)
    return [
        Person(user, bool(works), names[user.pk], away_until)
        for user in found
        for works, away_until in [(vars(user)["works"], vars(user)["away_until"])]
    ]


_DAY = connection.ops.adapt_datefield_value(date(1, 2, 3))
"""Stands for the present day in the statement."""


@cache
def _statement() -> tuple[str, tuple[Any, ...]]:
    """Return the query of `people_in_lists`. To build it anew for each page costs 4 ms, which is a
    tenth of a list; it depends on nothing but the kind of database."""
    works = assignable_users().order_by().filter(pk=OuterRef("pk"))
    absences = Absence.objects.filter(
        user=OuterRef("pk"), first_day__lte=date(1, 2, 3), last_day__gte=date(1, 2, 3)
    )
    away = Subquery(absences.values("last_day")[:1])
    users = User.objects.annotate(works=Exists(works), away_until=away).filter(
        Q(works=True) | Q(search.held_by(OuterRef("pk")))
    )
    named = users.order_by("first_name", "last_name", "username")
    statement, parameters = named.query.sql_with_params()
    return statement, tuple(parameters)


def tickets_held_by(user_id: str) -> list[str]:
    """Return the numbers of a user's active tickets. Cost: a query for each hundred."""
    found: list[str] = []
    place = None
    while True:
        page = queries.queue_page(assignee=user_id, place=place, limit=PAGE)
        found += [row.ticket_id for row in page]
        place = page.next
        if place is None:
            return found


def count_held_by(user_id: str, *, now: datetime) -> int:
    """Return how many active tickets a user holds, from the search index. One SQL query."""
    return search.loads(now=now, user_ids=[user_id]).get(user_id, search.NOTHING).active
