"""What the select of a filter offers, and what a chosen value is called."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

from customers.services.read import find_vehicle, get_customer
from helpdesk.accounts.models import Team
from helpdesk.accounts.people import every_team, names_of
from helpdesk.parsing import whole_number
from tickets.domain.filters import ME, MY_TEAMS, NOBODY
from tickets.domain.ticket import Priority
from tickets.models import labels
from tickets.services.assignment.assignable import people_in_lists

Choices = Iterable[tuple[str, Any]]
"""Values, each with its label."""


def words_of(known: type[StrEnum]) -> Callable[[], Choices]:
    """Return what offers the words of an enumeration; of priorities the most urgent first."""
    words = list(known)[::-1] if known is Priority else list(known)
    return lambda: labels.choices(words)


def people() -> Choices:
    """Return the current user, nobody, and everybody who can hold tickets or does."""
    known = ((person.user_id, person.label) for person in people_in_lists())
    return [(ME, _("Me")), (NOBODY, _("Unassigned")), *known]


def teams() -> Choices:
    return [(str(team.pk), team.name) for team in every_team()]


def word(value: str) -> str:
    """Return the label of a schema's word; any other value as it is."""
    return str(labels.LABELS.get(value, value))


def person(value: str) -> str:
    """Return what a chosen user is called; an unknown value as it is. One SQL query."""
    known = {ME: _("Me"), NOBODY: _("Unassigned"), **names_of([value])}
    return known.get(value, value)


def team(value: str) -> str:
    """Return what a chosen team is called; an unknown value as it is. One SQL query."""
    if value == MY_TEAMS:
        return _("My teams")
    found = Team.objects.filter(pk=whole_number(value) or 0).first()
    return found.name if found else value


def customer(value: str) -> str:
    """Return a chosen customer's name; an unknown ID as it is. One GetItem."""
    found = get_customer(value)
    return found.name if found else value


def vehicle(value: str) -> str:
    """Return a chosen vehicle's year, make and model; an unknown ID as it is."""
    found = find_vehicle(value)
    return found.label if found else value
