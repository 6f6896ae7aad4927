"""What is written beside a ticket: entries of its log, escalations, and events of the outbox."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

import structlog

from helpdesk import tracing
from helpdesk.accounts.actors import Actor
from tickets.domain import events
from tickets.domain.events import Event
from tickets.domain.ticket import CommunicationType, Delivery, Direction, LogEvent
from tickets.services.delivery import outbox
from tickets.store.events import OutboxEvent
from tickets.store.items import (
    Attachment,
    Change,
    Communication,
    Escalation,
    communication_sk,
    escalation_sk,
)
from tickets.store.keys import set_record_keys, set_timeline_keys
from tickets.store.ticket import Ticket


class EntryFacts(TypedDict, total=False):
    """What an entry can have beside its text. `event` and what follows it: of a System Update."""

    direction: Direction | None
    attachments: Sequence[Attachment]
    delivery: Delivery | None
    event: LogEvent
    changes: Sequence[Change]
    rule: str
    due_at: datetime
    reason: str | None
    reference: str | None


def log_entry(
    ticket: Ticket,
    entry_id: str,
    kind: CommunicationType,
    content: str,
    *,
    at: datetime,
    by: Actor,
    **facts: Unpack[EntryFacts],
) -> Communication:
    """Return an entry of a ticket's log."""
    direction, delivery = facts.get("direction"), facts.get("delivery")
    event = facts.get("event")
    entry = Communication(
        ticket.pk,
        communication_sk(entry_id),
        communication_id=entry_id,
        ticket_id=ticket.ticket_id,
        type=kind.value,
        content=content,
        event=event.value if event else None,
        direction=direction.value if direction else None,
        author_id=ticket.customer_id if direction is Direction.INBOUND else None,
        changes=list(facts.get("changes", ())) or None,
        rule=facts.get("rule"),
        due_at=facts.get("due_at"),
        reason=facts.get("reason"),
        reference=facts.get("reference"),
        attachments=list(facts.get("attachments", ())) or None,
        delivery=delivery.value if delivery else None,
        created_by=by.user_id,
        created_at=at,
    )
    set_record_keys(entry)
    set_timeline_keys(entry, ticket.customer_id)
    return entry


def escalation(
    ticket: Ticket, key: str, *, due_at: datetime, at: datetime, by: Actor, reason: str | None
) -> Escalation:
    """Return the record of an escalation to the ticket's level. Its key makes it happen once until
    the ticket is reopened."""
    record = Escalation(
        ticket.pk,
        escalation_sk(ticket.reopen_cycle, key),
        ticket_id=ticket.ticket_id,
        reopen_cycle=ticket.reopen_cycle,
        rule=key,
        level=ticket.escalation_level,
        due_at=due_at,
        fired_at=at,
        reason=reason,
        escalated_by=by.user_id,
    )
    set_record_keys(record)
    return record


def outbox_event(
    ticket: Ticket, event_id: str, event: Event, *, at: datetime, by: Actor
) -> OutboxEvent:
    """Return an event in the form in which it waits in the outbox."""
    return OutboxEvent(
        outbox.partition(ticket.ticket_id),
        event_id,
        event_id=event_id,
        kind=events.kind_of(event),
        ticket_id=ticket.ticket_id,
        at=at,
        by=by.user_id,
        reopen_cycle=ticket.reopen_cycle,
        data=events.dump(event),
        request_id=structlog.contextvars.get_contextvars().get("request_id"),
        trace=tracing.here(),
    )
