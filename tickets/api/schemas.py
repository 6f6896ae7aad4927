"""What the API takes and gives of tickets."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, StringConstraints

from helpdesk.api.schema import Asked, Items, Moment, Shape, silent
from tickets.domain.sla import sla_status
from tickets.domain.ticket import Category, CommunicationType, Direction, Priority, Status
from tickets.services.lifecycle.validation import (
    LONGEST_CONTENT,
    LONGEST_DESCRIPTION,
    LONGEST_SUBJECT,
    LONGEST_TAG,
    MOST_TAGS,
)
from tickets.services.read import sla_facts
from tickets.store.items import Communication
from tickets.store.ticket import Ticket

TicketId = Annotated[str, Field(description="The ticket's number.", examples=["4711"])]
UserId = Annotated[str, Field(description="A user's id; see /api/users.", examples=["7"])]
CustomerId = Annotated[str, Field(examples=["01JD9ZQ4C1V9W3K2M8T6X5R7PN"])]
VehicleId = Annotated[str, Field(examples=["01JD9ZQ4C2E5H8K1N4Q7T0W3Z6"])]
Subject = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_SUBJECT),
    Field(description="One line.", examples=["Car held at customs in Antwerp"]),
]
Description = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_DESCRIPTION),
    Field(examples=["The declaration was refused yesterday. What is missing?"]),
]
Content = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_CONTENT),
    Field(
        description="Markdown.", examples=["The missing form is attached; please sign **page 2**."]
    ),
]
Tag = Annotated[str, StringConstraints(max_length=LONGEST_TAG)]
Tags = Annotated[
    list[Tag],
    Field(
        max_length=MOST_TAGS,
        description="Kept in lower case, each once, in order.",
        examples=[["antwerp", "documents"]],
    ),
]


class TicketOut(Shape):
    """A ticket. Absent values are null."""

    ticket_id: TicketId
    customer_id: CustomerId
    vehicle_id: VehicleId | None
    subject: Subject
    description: str
    category: Category
    priority: Priority
    status: Status
    assigned_to: UserId | None = Field(description="Null: nobody.")
    created_by: str = Field(description="A user's id, or `system`.", examples=["7"])
    created_at: Moment
    updated_at: Moment
    resolved_at: Moment | None = Field(description="Null while it is active.")
    closed_at: Moment | None
    sla_deadline: Moment | None = Field(
        description="The earliest deadline of a running clock; null when none runs."
    )
    escalation_level: int = Field(
        ge=0, le=3, description="The highest level in this life of the ticket, 0 to 3."
    )
    version: int = Field(
        ge=1, description="Grows with every change. Send it back to change only what you have seen."
    )
    tags: list[str]
    waiting: bool = Field(description="It waits for the customer: the resolution clock is paused.")
    response_deadline: Moment | None = Field(description="Null once the customer was answered.")
    resolution_deadline: Moment | None = Field(
        description="Null while it waits for the customer, and when it is done."
    )
    first_responded_at: Moment | None
    response_breached: bool = Field(
        description="The first response came after its deadline, or is late now."
    )
    resolution_breached: bool
    policy_id: str = Field(
        description="The SLA policy and its version, from which the deadlines come.",
        examples=["default@1"],
    )


class CommunicationOut(Shape):
    """A line of a ticket's log."""

    communication_id: str
    ticket_id: TicketId
    type: CommunicationType
    content: str
    direction: Direction | None = Field(
        description="Of a Customer Response: outbound is staff to customer. Else null."
    )
    created_by: str = Field(
        description="A user's id, or `system`. Of an inbound message: who recorded it."
    )
    customer_id: str | None = Field(
        description="The customer who wrote it, if it is inbound and this is known. Else null."
    )
    created_at: Moment
    attachments: list["AttachmentOut"]


class AttachmentOut(Shape):
    """A file that came with a line; pages give it out."""

    name: str
    size: int = Field(description="Bytes.")


class TicketWithLog(TicketOut):
    communications: list[CommunicationOut] = Field(description="Oldest first, at most 100.")
    communications_cursor: str | None = Field(
        description="Ask again with this as `communicationsCursor` for newer ones; null at the end."
    )


class NewTicket(Asked):
    customer_id: CustomerId
    subject: Subject
    description: Description
    category: Category
    priority: Priority
    vehicle_id: VehicleId | None = Field(None, description="A vehicle of this customer.")
    assigned_to: UserId | None = Field(
        None, description="Null or absent: the routing rules choose a team, and perhaps somebody."
    )
    tags: Tags = []


class TicketChange(Asked):
    """Fields that are absent stay as they are."""

    subject: Subject = silent("")
    description: Description = silent("")
    category: Category = silent(Category.GENERAL)
    priority: Priority = silent(Priority.MEDIUM)
    status: Status = silent(
        Status.OPEN, description="A step of the workflow; 409 names those that are possible."
    )
    vehicle_id: VehicleId | None = Field(None, description="Null takes the vehicle away.")
    tags: Tags = silent([])
    version: StrictInt | None = Field(
        None, ge=1, description="Change the ticket only if it is still at this version."
    )


class Assignment(Asked):
    assigned_to: str | None = Field(
        description="A user's id; null: nobody; `auto`: routing decides.",
        examples=["7"],
    )


class Message(Asked):
    type: Literal["Internal Note", "Customer Response"] = Field(
        description="The customer never sees an Internal Note."
    )
    content: Content
    direction: Direction = Field(
        Direction.OUTBOUND,
        description="Of a Customer Response: `inbound` records what the customer said.",
    )
    waiting: StrictBool = Field(
        False, description="With an answer to the customer: the ticket then waits for them."
    )


class EscalationAsked(Asked):
    reason: Subject


class TicketPage(Items[TicketOut]):
    pass


def ticket_out(ticket: Ticket, *, now: datetime) -> dict[str, Any]:
    """A whole ticket, as it stands at `now`."""
    sla = ticket.sla
    late, unsolved = sla_status.breached_by(sla_facts(ticket), now)
    return {
        "ticket_id": ticket.ticket_id,
        "customer_id": ticket.customer_id,
        "vehicle_id": ticket.vehicle_id,
        "subject": ticket.subject,
        "description": ticket.description or "",
        "category": ticket.category,
        "priority": ticket.priority,
        "status": ticket.status,
        "assigned_to": ticket.assigned_to,
        "created_by": ticket.created_by,
        "created_at": ticket.created_at,
        "updated_at": ticket.updated_at,
        "resolved_at": ticket.resolved_at,
        "closed_at": ticket.closed_at,
        "sla_deadline": ticket.sla_deadline,
        "escalation_level": ticket.escalation_level,
        "version": ticket.version,
        "tags": list(ticket.tags),
        "waiting": bool(ticket.waiting),
        "response_deadline": sla.response_deadline,
        "resolution_deadline": sla.resolution_deadline,
        "first_responded_at": sla.first_responded_at,
        "response_breached": late,
        "resolution_breached": unsolved,
        "policy_id": ticket.policy_id or "",
    }


def communication_out(line: Communication) -> dict[str, Any]:
    return {
        "communication_id": line.communication_id,
        "ticket_id": line.ticket_id,
        "type": line.type,
        "content": line.content,
        "direction": line.direction,
        "created_by": line.created_by,
        "customer_id": line.author_id,
        "created_at": line.created_at,
        "attachments": [
            {"name": attached.name, "size": attached.size} for attached in line.attachments or ()
        ],
    }
