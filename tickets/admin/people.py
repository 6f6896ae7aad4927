"""Names of everybody, for lists and filters. Kept for a moment: a list asks for them once."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from helpdesk.accounts.actors import SYSTEM
from helpdesk.accounts.models import User
from helpdesk.accounts.people import assignable_users, every_team
from helpdesk.parsing import whole_number

KEPT = 20
"""Seconds after which a new name is seen."""


@dataclass(frozen=True)
class People:
    """Everybody's name by id, and who tickets can be given to, by name."""

    names: dict[str, str]
    assignable: list[tuple[str, str]]

    def name(self, user_id: str | None) -> str:
        return self.names.get(user_id or "", "")


def people() -> People:
    """One SQL query, once in KEPT seconds."""
    known = cache.get("admin:people")
    if known is None:
        works = assignable_users().order_by().filter(pk=OuterRef("pk"))
        users = User.objects.annotate(works=Exists(works))
        found = list(users.order_by("first_name", "last_name", "username"))
        known = [
            {str(user.pk): user.display_name for user in found} | {SYSTEM.user_id: "Helpdesk"},
            [[str(user.pk), user.display_name] for user in found if user.works],
        ]
        cache.set("admin:people", known, KEPT)
    names, assignable = known
    return People(names, [(user_id, name) for user_id, name in assignable])


def team_choices() -> list[tuple[str, str]]:
    """One SQL query."""
    return [(str(team.pk), team.name) for team in every_team()]


def shown_object(request: HttpRequest) -> int | None:
    """Return the number of the row whose form is shown or saved; None on a form for a new one."""
    match = request.resolver_match
    return whole_number(str(match.kwargs.get("object_id", ""))) if match else None
