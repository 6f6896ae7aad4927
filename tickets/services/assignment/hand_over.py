"""Give on the open tickets of somebody who left, or leaves."""

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
"""Back to the queues of their teams; to whoever is next in each ticket's team."""


def hand_over(holder_id: str, *, to: str, by: Actor, now: datetime | None = None) -> list[Bulk]:
    """Start giving on the active tickets that somebody holds: to a person by their id, NOBODY or
    NEXT. Return the jobs, of which each has at most bulk.MOST tickets; none if there is nothing.
    All jobs are made, or none; who asks in the same moment gets the same ones.

    Raises Invalid for a holder who can work, for one whose tickets are being handed over, and for
    somebody who does not work tickets; NotAllowed. Cost: a query for each hundred tickets, and a
    row for each job.
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
    """The jobs that give on somebody's tickets and are not finished, in order. One SQL query."""
    found = Bulk.objects.filter(key__startswith=_keys(holder_id), finished_at=None)
    return list(found.select_related("asked_by").order_by("pk"))


def works_now(holder_id: str, *, now: datetime) -> bool:
    """Whether somebody can work the tickets that they hold: active, in a role, not absent."""
    return holder_id in can_work_now([holder_id], day=timezone.localdate(now))


def _keys(holder_id: str) -> str:
    """What the keys of somebody's jobs begin with while they run; the part's number follows."""
    return f"{bulk.HAND_OVER} {holder_id} "


def _pieces(ticket_ids: list[str]) -> list[list[str]]:
    starts = range(0, len(ticket_ids), bulk.MOST)
    return [ticket_ids[start : start + bulk.MOST] for start in starts]
