"""People in lists: everybody whom tickets can be given to, and whoever holds some all the same.

Somebody who left may still hold tickets; a list that did not name them would hide those.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from helpdesk.accounts.models import User
from helpdesk.accounts.people import assignable_users
from helpdesk.request_cache import once_a_page
from tickets.store import queries, search

PAGE = 100


@dataclass(frozen=True)
class Person:
    """Somebody who has tickets, or can have some."""

    user: User
    assignable: bool

    @property
    def user_id(self) -> str:
        return str(self.user.pk)

    @property
    def label(self) -> str:
        """The name, marked if nothing can be given to them any more."""
        name = self.user.display_name
        return name if self.assignable else inactive(name)


def inactive(name: str) -> str:
    """How lists mark somebody whom nothing can be given to any more."""
    return _("%(name)s (inactive)") % {"name": name}


@once_a_page
def people_in_lists() -> list[Person]:
    """By name. One SQL query, with a look into an index for each account."""
    works = assignable_users().order_by().filter(pk=OuterRef("pk"))
    users = User.objects.annotate(works=Exists(works)).filter(
        Q(works=True) | Q(search.held_by(OuterRef("pk")))
    )
    named = users.order_by("first_name", "last_name", "username")
    return [Person(user, assignable=user.works) for user in named]


def tickets_held_by(user_id: str) -> list[str]:
    """The numbers of somebody's active tickets. Cost: a query for each hundred."""
    found: list[str] = []
    place = None
    while True:
        page = queries.queue_page(assignee=user_id, place=place, limit=PAGE)
        found += [row.ticket_id for row in page]
        place = page.next
        if place is None:
            return found


def count_held_by(user_id: str, *, now: datetime) -> int:
    """How many active tickets somebody holds, from the search index. One SQL query."""
    return search.loads(now=now, user_ids=[user_id]).get(user_id, search.NOTHING).active
