"""Users' names, for lists and filters of the admin. Cached for a moment."""

from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import Exists, OuterRef
from django.http import HttpRequest

from helpdesk.accounts.actors import SYSTEM
from helpdesk.accounts.models import User
from helpdesk.accounts.people import assignable_users, every_team, names_apart
from helpdesk.parsing import whole_number
from tickets.services.assignment.assignable import inactive
from tickets.store.search import held_by

KEY = "admin:people:4"
KEPT = 20
"""Seconds after which a new name is seen."""


@dataclass(frozen=True)
class People:
    """The names of all users by id, who can be assigned tickets, who has left and still holds some,
    and the teams."""

    names: dict[str, str]
    assignable: list[tuple[str, str]]
    left: frozenset[str]
    teams: list[tuple[str, str]]

    def name(self, user_id: str | None) -> str:
        return self.names.get(user_id or "", "")

    def team(self, team_id: str | None) -> str:
        return dict(self.teams).get(team_id or "", "")

    def everybody(self) -> dict[str, str]:
        """Return users' names by id, and teams' by `team-<id>`."""
        return self.names | {f"team-{team_id}": name for team_id, name in self.teams}

    def label(self, user_id: str) -> str:
        """Return the name, marked if the user can no longer be assigned tickets."""
        name = self.names.get(user_id, user_id)
        known = any(user_id == there for there, _name in self.assignable)
        return name if known else inactive(name)

    def in_lists(self) -> list[tuple[str, str]]:
        """Return everybody who can hold tickets or does, by name, marked as in the workspace."""
        works = {user_id for user_id, _name in self.assignable}
        return [
            (user_id, self.label(user_id))
            for user_id in self.names
            if user_id in works or user_id in self.left
        ]


def people() -> People:
    """Return the users. Two SQL queries, once in KEPT seconds."""
    known = cache.get(KEY)
    if known is None:
        works = assignable_users().order_by().filter(pk=OuterRef("pk"))
        users = User.objects.annotate(works=Exists(works), holds=held_by(OuterRef("pk")))
        found = list(users.order_by("first_name", "last_name", "username"))
        apart = names_apart(found)
        known = [
            {str(user.pk): apart[user.pk] for user in found} | {SYSTEM.user_id: "Helpdesk"},
            [[str(user.pk), apart[user.pk]] for user in found if user.works],
            [str(user.pk) for user in found if user.holds and not user.works],
            [[str(team.pk), team.name] for team in every_team()],
        ]
        cache.set(KEY, known, KEPT)
    names, assignable, left, teams = known
    return People(
        names,
        [(user_id, name) for user_id, name in assignable],
        frozenset(left),
        [(team_id, name) for team_id, name in teams],
    )


def shown_object(request: HttpRequest) -> int | None:
    """Return the primary key of the row whose form is shown or saved; None on a form
    for a new one."""
    match = request.resolver_match
    return whole_number(str(match.kwargs.get("object_id", ""))) if match else None
