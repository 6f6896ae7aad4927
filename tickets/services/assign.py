"""Give a ticket to somebody, or to nobody."""

from datetime import datetime

from helpdesk.accounts.actors import Actor
from tickets.services.change import Draft, change
from tickets.services.checks import Checks
from tickets.store.ticket import Ticket


def assign(
    ticket_id: str,
    *,
    to: str | None,
    by: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> Ticket:
    """Assign to the user with the id `to`; None unassigns.

    Raises Invalid when nobody who works tickets has this id; NotFound, NotAllowed, StaleVersion,
    Busy.
    """
    checks = Checks()
    checks.assignee("assignedTo", to)
    checks.done()

    def give(draft: Draft) -> None:
        if draft.ticket.assigned_to != to:
            draft.ticket.assigned_to = to
            draft.follow_clock()
            draft.tell("assigned", to=to)

    return change(ticket_id, give, by=by, version=version, now=now)
