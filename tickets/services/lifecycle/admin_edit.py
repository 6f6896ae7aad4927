"""All changes of a supervisor's form to a ticket, in one transaction."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.errors import NotAllowed
from tickets.domain import events
from tickets.domain.ticket import CommunicationType, Status
from tickets.services.assignment.assign import set_assignee, to_team
from tickets.services.conversation import mentioning
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.validation import LONGEST_CONTENT, Checks
from tickets.store import queries
from tickets.store.ticket import Ticket

BESIDE = ("assigned_to", "team_id", "note")
"""What a supervisor's form has beside the fields that `edit` changes."""


def edit_as_supervisor(
    ticket_id: str,
    *,
    changed: Mapping[str, Any],
    by: Actor,
    version: int | None,
    now: datetime | None = None,
) -> Ticket:
    """Change the fields in `changed`: those of `edit`, `assigned_to`, `team_id`, and an internal
    `note`.

    An empty assignee or team removes it. Raises Invalid with all that is wrong; TransitionRefused;
    NotFound, NotAllowed (on a closed ticket, for all but administrators), StaleVersion, Busy.
    """
    require_supervision(by)
    checks = Checks()
    to = changed.get("assigned_to") or None
    if to:
        checks.assignee("assigned_to", to)
    said = (changed.get("note") or "").strip()
    if said:
        said = checks.text("note", said, longest=LONGEST_CONTENT)
    checks.done()
    team = to_team(changed["team_id"] or None) if "team_id" in changed else None
    mentioned = mentioning.called(said) if said else {}
    stored = queries.ticket(ticket_id)
    if stored and not may_change(stored.status, by=by):
        raise NotAllowed(_("Only administrators can edit closed tickets."))

    def also(draft: Draft) -> None:
        if team:
            team(draft)
        if "assigned_to" in changed:
            set_assignee(draft, to)
        if said:
            line = draft.add_entry(CommunicationType.INTERNAL_NOTE, said)
            draft.emit(
                events.Communicated(
                    communication_id=line.communication_id,
                    type=CommunicationType.INTERNAL_NOTE.value,
                    mentions=tuple(sorted(set().union(*mentioned.values()))),
                    assigned_to=draft.ticket.assigned_to,
                    team_id=draft.ticket.team_id,
                )
            )

    fields = {name: value for name, value in changed.items() if name not in BESIDE}
    return edit(ticket_id, **fields, also=also, by=by, version=version, now=now)


def may_change(ticket_status: str, *, by: Actor) -> bool:
    """Return whether the admin lets the actor change a ticket of this status, such as a
    closed one."""
    return by.supervises and (by.administers or ticket_status != Status.CLOSED)
