"""Apply retention rules: archive, erase and delete closed tickets after a while.

A run goes through all tickets by their numbers, archived ones too, some at a step. Whatever it does
may be done again: a worker that dies costs a step.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from helpdesk import jobs, leases, wake
from helpdesk.accounts.actors import SYSTEM, Actor, require_administration
from helpdesk.audit.record import record
from helpdesk.clock import this_second
from tickets.domain import retention
from tickets.domain.retention import RetentionAction
from tickets.domain.ticket import ERASED
from tickets.models import RetentionRule, RetentionRun
from tickets.services.customer_records import erasure
from tickets.services.customer_records.deletion import delete_ticket, is_deleted
from tickets.services.delivery import outbox
from tickets.services.lifecycle.archive import archive
from tickets.services.read import get_tickets, last_ticket_number
from tickets.store.ticket import Ticket

STEP = 100
"""Tickets that one request reads."""
MOST_DONE = 20
"""Tickets with which something is done in one step: its lease is a minute."""
EVERY = timedelta(hours=24)

_COUNTS = {
    RetentionAction.ARCHIVE: "archived",
    RetentionAction.ERASE: "erased",
    RetentionAction.DELETE: "deleted",
}


def start(*, trial: bool, by: Actor) -> RetentionRun:
    """Start a run of the active rules; with `trial` it counts and does nothing.

    With `trial` inactive rules count, too. Raises NotAllowed for all but administrators.
    """
    require_administration(by)
    rules = RetentionRule.objects.all() if trial else RetentionRule.objects.filter(active=True)
    with transaction.atomic():
        run = RetentionRun.objects.create(
            asked_by_id=None if by == SYSTEM else int(by.user_id),
            is_trial=trial,
            rules=list(rules.values_list("pk", flat=True)),
            last=last_ticket_number(),
        )
        if not trial:
            record("retention", "started", f"retention:{run.pk}", by=by.user_id)
    wake.send("tickets.resume_retention")
    return run


def start_daily(*, now: datetime) -> None:
    """Start a run if it is time."""
    if is_due(now=now):
        start(trial=False, by=SYSTEM)


def is_due(*, now: datetime) -> bool:
    """Return whether rules are active and no run was started for a day. Up to two SQL queries."""
    if not RetentionRule.objects.filter(active=True).exists():
        return False
    return not RetentionRun.objects.filter(is_trial=False, asked_at__gt=now - EVERY).exists()


def unfinished() -> QuerySet[RetentionRun]:
    """Return runs that have not ended, and on which nobody works."""
    return RetentionRun.objects.filter(leases.free(), finished_at=None).order_by("pk")


def left() -> bool:
    """Return whether there is anything to do. Up to three SQL queries."""
    return unfinished().exists() or is_due(now=this_second())


def step(run_id: int, *, now: datetime | None = None) -> RetentionRun:
    """Look at the next tickets of a run, unless somebody else has its lease.

    A rule that is deactivated meanwhile does nothing more, from the next step on.
    Cost: a BatchGetItem, and for each ticket with which something is done what that costs.
    """
    run = jobs.lease(RetentionRun, run_id)
    if run is None:
        return RetentionRun.objects.get(pk=run_id)
    asked = RetentionRule.objects.filter(pk__in=run.rules)
    rules = [rule.as_rule() for rule in (asked if run.is_trial else asked.filter(active=True))]
    numbers = range(run.place + 1, min(run.place + STEP, run.last) + 1)
    found = get_tickets(map(str, numbers))
    done = 0
    with outbox.one_wake_up():
        for number in numbers:
            ticket = found.get(str(number))
            if ticket is not None and (act := _act(rules, ticket, now or this_second())):
                setattr(run, act, getattr(run, act) + 1)
                if not run.is_trial:
                    _do(act, ticket, run)
                    done += 1
            run.place = number
            if done >= MOST_DONE:
                break
    finished = run.place >= run.last
    if finished and not run.is_trial and (run.erased or run.deleted):
        erasure.finish()
    jobs.step_done(run, finished=finished)
    return run


def _act(rules: Sequence[retention.RetentionRule], ticket: Ticket, now: datetime) -> str | None:
    """Return what is still to be done with a ticket, as the count's name; None: nothing."""
    due = retention.due_action(
        rules,
        category=ticket.category,
        segment=ticket.segment or "",
        closed_at=ticket.closed_at,
        now=now,
    )
    if due is None or is_deleted(ticket):
        return None
    is_done = {
        RetentionAction.ARCHIVE: bool(ticket.archived_at),
        RetentionAction.ERASE: ticket.description == ERASED and ticket.subject == ERASED,
        RetentionAction.DELETE: False,
    }
    return None if is_done[due] else _COUNTS[due]


def _do(act: str, ticket: Ticket, run: RetentionRun) -> None:
    number = ticket.ticket_id
    if act == "archived":
        archive(number, by=SYSTEM)  # its event is recorded
        return
    record("ticket", act, f"ticket:{number}", by=SYSTEM.user_id, key=f"{run.pk}-{act}-{number}")
    if act == "erased":
        erasure.forget_tickets([number], by=SYSTEM)
    else:
        delete_ticket(number, by=SYSTEM)
