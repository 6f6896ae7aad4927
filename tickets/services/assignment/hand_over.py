"""Give on the open tickets of somebody who left, or leaves."""

from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.errors import Invalid
from tickets.models import Bulk
from tickets.services.assignment.assignable import tickets_held_by
from tickets.services.lifecycle.validation import Checks
from tickets.services.lists import bulk

NOBODY, NEXT = "", "auto"
"""Back to the queues of their teams; to whoever is next in each ticket's team."""


def hand_over(holder_id: str, *, to: str, by: Actor) -> list[Bulk]:
    """Start giving on the active tickets that somebody holds: to a person by their id, NOBODY or
    NEXT. Return the jobs, of which each has at most bulk.MOST tickets; none if there is nothing.

    Raises Invalid for somebody who does not work tickets; NotAllowed. Cost: a query for each
    hundred tickets, and a row for each job.
    """
    require_ticket_work(by)
    if to not in (NOBODY, NEXT):
        checks = Checks()
        checks.assignee("to", to)
        checks.done()
        if to == holder_id:
            raise Invalid({"to": _("Choose somebody else.")})
    value = f"{holder_id}{bulk.HOLDER_AND_NEXT}{to}"
    return [
        bulk.start(action=bulk.HAND_OVER, value=value, ticket_ids=some, by=by)
        for some in _pieces(tickets_held_by(holder_id))
    ]


def _pieces(ticket_ids: list[str]) -> list[list[str]]:
    starts = range(0, len(ticket_ids), bulk.MOST)
    return [ticket_ids[start : start + bulk.MOST] for start in starts]
