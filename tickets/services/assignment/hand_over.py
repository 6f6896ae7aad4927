"""Hand over the open tickets of a user who leaves or has left."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.accounts.people import can_work_now
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from tickets.models import Bulk
from tickets.services.assignment.assignable import tickets_held_by
from tickets.services.lifecycle.validation import Checks
from tickets.services.lists import bulk

NOBODY, NEXT = "", "auto"
"""NOBODY: back to the queue of each ticket's team. NEXT: to the team's next member."""


def hand_over(holder_id: str, *, to: str, by: Actor, now: datetime | None = None) -> list[Bulk]:
    """Start to hand over a user's active tickets: to a user by id, NOBODY or NEXT. Return the jobs.

    Each job has at most bulk.MOST tickets; there is none if there are no tickets. All jobs are
    created, or none; two requests at the same moment get the same ones. Raises Invalid for a holder
    who can work, for one whose tickets are being handed over, and for a new assignee who does not
    work tickets; NotAllowed. Cost: a query for each hundred tickets, and a row for each job.
    """
    require_ticket_work(by)
    if works_now(holder_id, now=now or this_second()):
        raise Invalid({"to": _("This person can work on tickets. Nothing to hand over.")})
    if running(holder_id):
        raise Invalid({"to": _("The tickets are already being handed over.")})
    if to not in (NOBODY, NEXT):
        checks = Checks()
        checks.assignee("to", to)
        checks.done()
        if to == holder_id:
            raise Invalid({"to": _("Select a different person.")})
    value = f"{holder_id}{bulk.HOLDER_AND_NEXT}{to}"
    parts = _pieces(tickets_held_by(holder_id))
    with transaction.atomic():
        return [
            bulk.start(
                action=bulk.HAND_OVER,
                value=value,
                ticket_ids=some,
                key=f"{_keys(holder_id)}{part}",
                by=by,
            )
            for part, some in enumerate(parts, 1)
        ]


def running(holder_id: str) -> list[Bulk]:
    """Return the unfinished jobs that hand over a user's tickets, in order. One SQL query."""
    found = Bulk.objects.filter(key__startswith=_keys(holder_id), finished_at=None)
    return list(found.select_related("asked_by").order_by("pk"))


def works_now(holder_id: str, *, now: datetime) -> bool:
    """Return whether a user can work their tickets: active, in a role, not absent."""
    return holder_id in can_work_now([holder_id], day=timezone.localdate(now))


def _keys(holder_id: str) -> str:
    """Return the prefix of the keys of a user's running jobs; the job's number follows."""
    return f"{bulk.HAND_OVER} {holder_id} "


def _pieces(ticket_ids: list[str]) -> list[list[str]]:
    starts = range(0, len(ticket_ids), bulk.MOST)
    return [ticket_ids[start : start + bulk.MOST] for start in starts]
