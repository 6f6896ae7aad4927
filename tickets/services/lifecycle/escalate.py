"""Escalate tickets whose milestones have passed, and by hand.

The sweep reads only tickets with a milestone that is due, from a sparse index. The index may be
late or wrong, since what fires is decided on the ticket itself, in `change`.
"""

from dataclasses import dataclass
from datetime import datetime

import structlog

from helpdesk.accounts.actors import SYSTEM, Actor
from helpdesk.clock import this_second
from helpdesk.errors import Busy, NotFound
from helpdesk.idempotency import Token
from tickets.domain import events
from tickets.domain.errors import TicketArchived
from tickets.domain.escalation import MANUAL, manual_key
from tickets.domain.sla import milestones
from tickets.domain.ticket import CommunicationType, LogEvent
from tickets.services.delivery import outbox
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.validation import LONGEST_SUBJECT, Checks
from tickets.services.sla import policies
from tickets.store import queries
from tickets.store.items import Change
from tickets.store.ticket import Ticket

log = structlog.get_logger(__name__)

BATCH = 100
"""Tickets that one worker takes at a time."""

MOST_DUE = 5_000
"""Tickets that one sweep shares out; the rest is met by the next one."""


@dataclass(frozen=True)
class Sweep:
    """The result of a sweep: tickets due, milestones fired, tickets left for the next one."""

    due: int
    fired: int
    conflicts: int


def due_batches(*, now: datetime) -> list[list[str]]:
    """Yield the ids of due tickets in batches, the longest due first.

    Cost: one query a shard that reads the due keys, MOST_DUE at most.
    """
    due = queries.due_tickets(now, limit=MOST_DUE)
    return [due[start : start + BATCH] for start in range(0, len(due), BATCH)]


def sweep(*, now: datetime | None = None) -> Sweep:
    """Fire the passed milestones of every due ticket, in this process."""
    at = now or this_second()
    done = [fire_all(batch, now=at) for batch in due_batches(now=at)]
    return Sweep(
        due=sum(part.due for part in done),
        fired=sum(part.fired for part in done),
        conflicts=sum(part.conflicts for part in done),
    )


def fire_all(ticket_ids: list[str], *, now: datetime | None = None) -> Sweep:
    """Fire the passed milestones of these tickets. Cost: a batch read, and a
    transaction for each."""
    fired = conflicts = 0
    known = queries.tickets(ticket_ids)
    with outbox.one_wake_up(), policies.rules_asked_once():
        for ticket_id in ticket_ids:
            try:
                fired += fire_due(ticket_id, known=known.get(ticket_id), now=now)
            except (Busy, NotFound, TicketArchived) as error:
                # Its place in the index stays, so the next sweep meets it again.
                conflicts += 1
                log.warning("sweep_skipped", ticket_id=ticket_id, reason=type(error).__name__)
    return Sweep(due=len(ticket_ids), fired=fired, conflicts=conflicts)


def fire_due(ticket_id: str, *, known: Ticket | None = None, now: datetime | None = None) -> int:
    """Fire the passed milestones of a ticket; return how many.

    `known` is the ticket as read a moment ago; if it has changed since, it is read again.
    """
    fired = 0

    def nothing_else(draft: Draft) -> None:
        nonlocal fired
        fired = len(draft.escalations)

    change(ticket_id, nothing_else, by=SYSTEM, known=known, now=now)
    return fired


def escalate(
    ticket_id: str,
    *,
    reason: str,
    token: Token | None = None,
    by: Actor,
    version: int | None = None,
    now: datetime | None = None,
) -> Ticket:
    """Escalate a ticket by one level, by hand. A `token` that was used before changes nothing.

    Raises Invalid without a reason; HighestLevelReached; NotFound, NotAllowed, StaleVersion, Busy.
    """
    checks = Checks()
    reason = checks.line("reason", reason, longest=LONGEST_SUBJECT)
    checks.done()

    def raise_level(draft: Draft) -> None:
        was = draft.ticket.escalation_level
        level = milestones.manual_level(was)
        line = draft.add_entry(
            CommunicationType.SYSTEM_UPDATE,
            f"Escalated by hand, level {was} → {level}: {reason}",
            event=LogEvent.ESCALATED,
            changes=[Change(field="escalationLevel", before=str(was), after=str(level))],
            rule=MANUAL,
            reason=reason,
        )
        key = manual_key(line.communication_id)
        draft.escalate(
            key=key,
            level=level,
            due_at=draft.at,
            by=by,
            reason=reason,
        )
        told = ("assignee", "supervisors")
        draft.emit_escalated([events.Raised(MANUAL, level, told, record=key)])

    return change(ticket_id, raise_level, by=by, version=version, token=token, now=now)
