"""Users in lists: everybody who can be assigned tickets, and those who left and still hold some.

A list without the latter would hide their tickets.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from helpdesk.accounts.models import User
from helpdesk.accounts.people import assignable_users
from helpdesk.request_cache import once_a_page
from tickets.store import queries, search

PAGE = 100


@dataclass(frozen=True)
class Person:
    """A user who has tickets, or can be assigned some."""

    user: User
    assignable: bool

    @property
    def user_id(self) -> str:
        return str(self.user.pk)

    @property
    def label(self) -> str:
        """The name, marked if the user can no longer be assigned tickets."""
        name = self.user.display_name
        return name if self.assignable else inactive(name)


def inactive(name: str) -> str:
    """Return the name with the mark of users who can no longer be assigned tickets."""
    return _("%(name)s (inactive)") % {"name": name}


@once_a_page
def people_in_lists() -> list[Person]:
    """Return everybody who can hold tickets or does, by name.

    One SQL query, with an index look-up for each account.
    """
    found = User.objects.raw(*_statement())
    return [Person(user, assignable=bool(vars(user)["works"])) for user in found]


@cache
def _statement() -> tuple[str, tuple[Any, ...]]:
    """Return the query of `people_in_lists`. To build it anew for each page costs 4 ms, which is a
    tenth of a list; it depends on nothing but the kind of database."""
    works = assignable_users().order_by().filter(pk=OuterRef("pk"))
    users = User.objects.annotate(works=Exists(works)).filter(
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
