"""The index keys of a ticket."""

from datetime import datetime

from helpdesk.dynamo.shards import shard_key
from tickets.domain import instant
from tickets.domain.ticket import CommunicationType, LogEvent, Status
from tickets.store.items import COMMUNICATION, ESCALATION, Communication, Escalation
from tickets.store.ticket import Ticket

UNASSIGNED = "none"
DUE = "DUE"

# Queue keys of active tickets sort before those of done ones.
ACTIVE, DONE = "A#", "D#"
# Before every year: a customer's lists leave archived tickets out.
ARCHIVED = "-"
# After every year: in the index of a customer's tickets, what was said in them.
SAID = "~"
_NO_DEADLINE = "9999"


def set_keys(ticket: Ticket, *, next_sla_at: datetime | None) -> None:
    """Set every index key of `ticket` from its other attributes."""
    number = padded(ticket.ticket_id)
    status = ticket.status
    if status.active:
        deadline = ticket.sla_deadline
        queue = f"{ACTIVE}{instant.text(deadline) if deadline else _NO_DEADLINE}"
    else:
        done_at = ticket.closed_at if status is Status.CLOSED else ticket.resolved_at
        queue = f"{DONE}{instant.text(done_at)}"
    ticket.queue_key = f"{queue}#{number}"
    ticket.created_key = f"{instant.text(ticket.created_at)}#{number}"
    ticket.status_key = shard_key(ticket.status, ticket.ticket_id)
    ticket.assignee_key = shard_key(ticket.assigned_to or UNASSIGNED, ticket.ticket_id)
    ticket.team_key = shard_key(ticket.team_id, ticket.ticket_id) if ticket.team_id else None
    ticket.next_sla_at = next_sla_at
    ticket.due_key = shard_key(DUE, ticket.ticket_id) if next_sla_at else None
    if ticket.archived_at:
        ticket.status_key = ticket.assignee_key = ticket.team_key = None
        ticket.created_key = f"{ARCHIVED}{ticket.created_key}"


def set_record_keys(record: Communication | Escalation) -> None:
    """Set the index keys of a log entry or an escalation."""
    if isinstance(record, Communication):
        kind, by, at, own = COMMUNICATION, record.created_by, record.created_at, record.sk
    else:
        kind, by, at, own = ESCALATION, record.escalated_by, record.fired_at, record.sk
    record.record_key = shard_key(kind, record.ticket_id)
    record.person_key = shard_key(f"{kind}{by}", record.ticket_id)
    record.record_at = f"{instant.text(at)}#{own}#{padded(record.ticket_id)}"


def set_timeline_keys(line: Communication, customer_id: str) -> None:
    """Set the keys with which a log entry is in the timeline of the ticket's customer.

    Messages and notes are in it, and the entry that the ticket was created; other System Updates
    are not.
    """
    is_update = line.type == CommunicationType.SYSTEM_UPDATE.value
    shown = not is_update or line.event == LogEvent.CREATED.value
    line.customer_id = customer_id if shown else None
    line.created_key = f"{SAID}{line.communication_id}" if shown else None


def padded(ticket_id: str) -> str:
    """Return a ticket number as text whose order is the numeric order."""
    return ticket_id.zfill(12)
