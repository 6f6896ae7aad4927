"""The choices of selects on pages and in the admin."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.accounts.people import every_team
from tickets.presenters.labels import label
from tickets.services.assignment.assignable import people_in_lists


def assignee_choices(present: str | None = None) -> list[tuple[str, Any]]:
    """Return nobody, automatic, users and teams.

    `present` is the current assignee, who is offered even if they could no longer be assigned the
    ticket. Two SQL queries.
    """
    people = [(one.user_id, one.choice) for one in people_in_lists() if one.assignable]
    people += [
        (one.user_id, one.label)
        for one in people_in_lists()
        if one.user_id == present and not one.assignable
    ]
    teams = [(f"team-{team.pk}", team.name) for team in every_team()]
    choices: list[tuple[str, Any]] = [("", _("Unassigned"))]
    if teams:
        choices += [("auto", _("Auto-assign"))]
    choices += [(str(_("People")), people)]
    return [*choices, (str(_("Teams")), teams)] if teams else choices


def first_assignee_choices() -> list[tuple[str, Any]]:
    """Return whom a new ticket can be assigned to; without a choice, routing decides.

    Two SQL queries.
    """
    rest = [choice for choice in assignee_choices() if choice[0] not in ("", "auto")]
    return [("", _("Automatic")), *rest]


def word_choices(words: Sequence[str]) -> list[tuple[str, str]]:
    return [(str(word), label(word)) for word in words]
