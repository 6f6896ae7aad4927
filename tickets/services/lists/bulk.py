"""Bulk changes: a job whose steps change each ticket through its own service."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import structlog
from django.db.models import Q, QuerySet
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from helpdesk import jobs
from helpdesk.accounts.actors import Actor, actor_of, on_behalf_of, require_ticket_work
from helpdesk.errors import Busy, Invalid, NotFound, ServiceError, StaleVersion, worded
from helpdesk.idempotency import Token
from tickets.domain.errors import DomainError, TransitionRefused
from tickets.domain.filters import Filters
from tickets.domain.ticket import Priority, Status
from tickets.models import Bulk
from tickets.services.assignment.assign import (
    assign,
    assign_automatically,
    assign_team,
    set_assignee,
    to_team,
)
from tickets.services.delivery import outbox
from tickets.services.lifecycle.change import ATTEMPTS, change
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lifecycle.status import change_status
from tickets.services.lifecycle.validation import LONGEST_SUBJECT, Checks
from tickets.services.lists.find import every_number, still_meets
from tickets.store import queries
from tickets.store.ticket import Ticket

log = structlog.get_logger(__name__)

HAND_OVER = "hand-over"
HOLDER_AND_NEXT = ":"
"""Separates the holder of the tickets from the new assignee."""

MOST = 10_000
"""Tickets of one change: its results are written with each step."""
STEP = 25

Act = Callable[[str, Bulk, Actor], Ticket]


def _assign(ticket_id: str, bulk: Bulk, by: Actor) -> Ticket:
    if bulk.value == "auto":
        return assign_automatically(ticket_id, by=by)
    if bulk.value.startswith("team-"):
        return assign_team(ticket_id, team_id=bulk.value.removeprefix("team-"), by=by)
    return assign(ticket_id, to=bulk.value or None, by=by)


def _hand_over(ticket_id: str, bulk: Bulk, by: Actor) -> Ticket:
    """Reassign a ticket if the user who left still holds it; otherwise skip it."""
    holder, _colon, to = bulk.value.partition(HOLDER_AND_NEXT)
    if to == "auto":
        return _assign_next(ticket_id, holder, by)
    checks = Checks()
    checks.assignee("to", to or None)
    checks.done()
    return _reassign(ticket_id, holder, to or None, by)


def _reassign(ticket_id: str, holder: str, to: str | None, by: Actor) -> Ticket:
    def decide(draft: Draft) -> None:
        if draft.ticket.assigned_to == holder:
            set_assignee(draft, to)

    return change(ticket_id, decide, by=by)


def _assign_next(ticket_id: str, holder: str, by: Actor) -> Ticket:
    """Assign a ticket by routing; if that finds nobody, return it to its queue."""
    for _attempt in range(ATTEMPTS):
        found = queries.ticket(ticket_id)
        if found is None:
            raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
        if found.assigned_to != holder:
            return found
        try:
            return assign_automatically(ticket_id, by=by, version=found.version, besides=holder)
        except StaleVersion:
            continue  # another writer changed it at the same moment
        except Invalid:
            return _reassign(ticket_id, holder, None, by)
    raise Busy(_("Others are updating this ticket right now. Try again."))


def _tag(ticket_id: str, bulk: Bulk, by: Actor) -> Ticket:
    checks = Checks()
    wanted = checks.tags("tag", bulk.value.split(","))
    checks.done()

    def add(draft: Draft) -> None:
        checks = Checks()
        draft.ticket.tags = checks.tags("tag", [*draft.ticket.tags, *wanted])
        checks.done()

    return change(ticket_id, add, by=by)


ACTIONS: Mapping[str, Act] = {
    "assign": _assign,
    HAND_OVER: _hand_over,
    "priority": lambda ticket_id, bulk, by: edit(ticket_id, priority=bulk.value, by=by),
    "status": lambda ticket_id, bulk, by: change_status(ticket_id, to=bulk.value, by=by),
    "tag": _tag,
    "escalate": lambda ticket_id, bulk, by: escalate(
        ticket_id, reason=bulk.value, token=Token(f"bulk-{bulk.pk}-{ticket_id}"), by=by
    ),
}


def check(action: str, value: str) -> None:
    """Raise Invalid for a change that no ticket could accept. Two SQL queries at most."""
    if action not in ACTIONS:
        raise Invalid({"action": _("Select an action.")})
    if len(value) > LONGEST_SUBJECT or (action in Bulk.IN_WORDS and not value.strip()):
        raise Invalid({"value": _("Enter a tag or a reason.")})
    checks = Checks()
    if action == "priority":
        checks.word("value", value, Priority)
    elif action == "status":
        checks.word("value", value, Status)
    elif action == "tag":
        checks.tags("value", value.split(","))
    elif action == "assign" and value.startswith("team-"):
        to_team(value.removeprefix("team-"))
    elif action == "assign" and value != "auto":
        checks.assignee("value", value or None)
    checks.done()


def all_of(filters: Filters, *, by: Actor) -> list[str]:
    """Return the numbers of all tickets of a list, for one change to all of them.

    Raises Invalid if one change cannot include them all; NotAllowed. Cost: see `every_number`.
    """
    numbers = every_number(filters, most=MOST + 1, by=by)
    if len(numbers) > MOST:
        words = _(
            "More than %(most)s tickets match, and one change takes %(most)s at most. "
            "Narrow the list down with filters."
        )
        raise Invalid({"tickets": words % {"most": number_format(MOST, force_grouping=True)}})
    return numbers


def first_of(ticket_ids: Sequence[str], most: int, *, by: Actor) -> list[Ticket]:
    """Return the first of these tickets that exist, for a question. One batch read."""
    require_ticket_work(by)
    return list(queries.tickets(ticket_ids[:most], consistent=False).values())


def start(
    *,
    action: str,
    value: str,
    ticket_ids: Sequence[str],
    refused: Mapping[str, str] = MappingProxyType({}),
    filters: Filters | None = None,
    key: str | None = None,
    by: Actor,
) -> Bulk:
    """Start a change of these tickets. Nothing is changed yet: see `step`.

    Tickets of `refused` are skipped, and listed with the reason; so are those that no longer meet
    `filters`, the list that they were selected from, when it is their turn. With a `key` that was
    used before the earlier change is returned. Raises Invalid for no tickets, too many, or an
    unknown change; NotAllowed.
    """
    require_ticket_work(by)
    chosen = list(dict.fromkeys(ticket_ids))
    check(action, value)
    if not chosen:
        raise Invalid({"tickets": _("Select at least one ticket.")})
    if len(chosen) > MOST:
        words = _("%(count)s tickets are selected. You can change at most %(most)s at once.")
        raise Invalid({"tickets": words % {"count": len(chosen), "most": MOST}})
    spared = [ticket_id for ticket_id in chosen if ticket_id in refused]
    left = [ticket_id for ticket_id in chosen if ticket_id not in refused]
    asked: dict[str, Any] = {
        "action": action,
        "value": value.strip(),
        "ticket_ids": [*spared, *left],
        # What was searched for is not held against tickets again, and may be a person's name.
        "filters": replace(filters, text="", sort=None).as_json() if filters else {},
        "results": [{"ticket": one, "refused": refused[one]} for one in spared],
        "asked_by_id": int(by.user_id),
    }
    if key is None:
        return Bulk.objects.create(**asked)
    return Bulk.objects.get_or_create(key=key, defaults=asked)[0]


def bulk_of(bulk_id: int, *, by: Actor) -> Bulk:
    """Return a change that the actor started; for administrators, any hand-over. Raises
    NotFound."""
    seen = Q(asked_by_id=int(by.user_id or 0))
    if by.administers:
        seen |= Q(action=HAND_OVER)
    found = Bulk.objects.filter(seen, pk=bulk_id).select_related("asked_by").first()
    if found is None:
        raise NotFound(_("Bulk change not found."))
    return found


def left() -> QuerySet[Bulk]:
    """Return unfinished changes of many tickets that nobody works on."""
    return jobs.abandoned(Bulk)


def step(bulk_id: int) -> Bulk:
    """Change the next STEP tickets, unless somebody else has the lease.

    `results` has the id of each ticket, and why it was refused or skipped, if it was.
    """
    bulk = jobs.lease(Bulk, bulk_id)
    if bulk is None:
        return Bulk.objects.get(pk=bulk_id)
    by = done_as(bulk)
    done = len(bulk.results)
    with outbox.one_wake_up():
        for ticket_id in bulk.ticket_ids[done : done + STEP]:
            bulk.results.append({"ticket": ticket_id, **_result(ticket_id, bulk, by)})
    finished = len(bulk.results) == len(bulk.ticket_ids)
    if finished and bulk.action in Bulk.IN_WORDS:
        bulk.value = ""  # what people wrote is kept with the tickets alone
    if finished:
        bulk.filters = {}  # the former holder is personal data
    if finished and bulk.action == HAND_OVER:
        bulk.key = None  # the same person's tickets can be handed over another time
    jobs.step_done(bulk, finished=finished)
    return bulk


def done_as(bulk: Bulk) -> Actor:
    """Return the actor of a change: the user who started it, with their current permissions.

    A hand-over is finished in any case: half of it would leave tickets without an assignee.
    """
    return (on_behalf_of if bulk.action == HAND_OVER else actor_of)(bulk.asked_by)


def _result(ticket_id: str, bulk: Bulk, by: Actor) -> dict[str, Any]:
    if bulk.filters and not still_meets(ticket_id, Filters.from_json(bulk.filters), by=by):
        return {"refused": "", "skipped": True}
    return {"refused": _work(ticket_id, bulk, by)}


def _work(ticket_id: str, bulk: Bulk, by: Actor) -> str:
    """Change one ticket; return why it was refused, in the language of the user who started it."""
    with translation.override(bulk.asked_by.language or translation.get_language()):
        return _refusal(ticket_id, bulk, by)


def _refusal(ticket_id: str, bulk: Bulk, by: Actor) -> str:
    try:
        ACTIONS[bulk.action](ticket_id, bulk, by)
    except TransitionRefused as refused:
        return "" if refused.current == refused.wanted else worded(refused)
    except Invalid as refused:
        return " ".join(refused.errors.values())
    except (ServiceError, DomainError) as refused:
        return worded(refused)
    return ""
