"""Whom a note mentions: colleagues by their username, teams by their name written as one word."""

from collections.abc import Iterator
from dataclasses import dataclass

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.people import assignable_users, every_team, people_called, team_members
from tickets.domain.mentions import handle, mentions


@dataclass(frozen=True)
class Mentionable:
    """A colleague or team as a completion offers it."""

    handle: str
    name: str
    is_team: bool = False


def called(content: str) -> dict[str, set[str]]:
    """Return the ids of the users whom a text mentions, by the name after the @ in small letters.

    A team stands for its active members; where a colleague has the same name, they are meant. One
    SQL query, two and one for each team where no colleague has a name; none without mentions.
    """
    named = [name.casefold() for name in mentions(content)]
    people = people_called(named)
    found = {name: {people[name]} for name in named if name in people}
    others = set(named) - people.keys()
    if others:
        for team in every_team():
            if handle(team.name) in others:
                found[handle(team.name)] = team_members(str(team.pk))
    return found


def unknown(content: str) -> list[str]:
    """Return the @names in a note that are nobody's and no team's. Cost: as `called`."""
    known = called(content)
    return [name for name in mentions(content) if name.casefold() not in known]


def mentionable(*, by: Actor) -> Iterator[Mentionable]:
    """Yield everybody whom a note can mention, colleagues first. Two SQL queries. Raises
    NotAllowed."""
    require_ticket_work(by)
    for user in assignable_users():
        yield Mentionable(user.username, user.display_name)
    for team in every_team():
        yield Mentionable(handle(team.name), team.name, is_team=True)
