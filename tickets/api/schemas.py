"""What the API takes and gives of tickets."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StrictInt, StringConstraints

from helpdesk.api.custom_fields import CHANGED_FIELDS, CustomFields, GivenFields, custom_fields_out
from helpdesk.api.schema import ApiSchema, Items, Moment, RequestSchema, silent
from tickets.api import descriptions  # noqa: F401 (what it describes is in these shapes)
from tickets.api.ids import CustomerId, TicketId, UserId, VehicleId
from tickets.api.messages import CommunicationOut
from tickets.domain.sla import sla_status
from tickets.domain.ticket import (
    Category,
    Channel,
    Priority,
    Status,
)
from tickets.services.lifecycle.validation import (
    LONGEST_DESCRIPTION,
    LONGEST_SUBJECT,
    LONGEST_TAG,
    MOST_TAGS,
)
from tickets.services.read import sla_facts
from tickets.store.ticket import Ticket

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
Tag = Annotated[str, StringConstraints(max_length=LONGEST_TAG)]
Tags = Annotated[
    list[Tag],
    Field(
        max_length=MOST_TAGS,
        description="Stored in lower case, sorted, without duplicates.",
        examples=[["antwerp", "documents"]],
    ),
]


class TicketOut(ApiSchema):
    """A ticket. Absent values are null."""

    ticket_id: TicketId
    customer_id: CustomerId
    vehicle_id: VehicleId | None
    subject: Subject
    description: str
    category: Category
    priority: Priority
    status: Status
    assigned_to: UserId | None = Field(description="Null if unassigned.")
    created_by: str = Field(description="A user's ID, or `system`.", examples=["7"])
    created_at: Moment
    updated_at: Moment
    resolved_at: Moment | None = Field(description="Null while the ticket is active.")
    closed_at: Moment | None
    sla_deadline: Moment | None = Field(
        description="The earliest deadline of a running SLA clock. Null if none is running."
    )
    escalation_level: int = Field(
        ge=0,
        le=3,
        description="The highest level reached since creation or the last reopening, 0 to 3.",
    )
    version: int = Field(
        ge=1,
        description="Increases with every change. Send it back to avoid overwriting changes by "
        "others.",
    )
    tags: list[str]
    custom_fields: CustomFields
    channel: Channel | None = Field(
        description="How the ticket reached the desk. Null where that is not known."
    )
    participants: list[str] = Field(
        description="Who gets replies besides the customer.",
        examples=[["Bea <bea@example.com>"]],
    )
    returned_addresses: list[str] = Field(
        description="Participants whose last email came back. Replies leave them out unless asked "
        "otherwise.",
        examples=[["bea@example.com"]],
    )
    reply_to: str | None = Field(
        description="Where the customer's last email asked for replies, if that is not its "
        "sender's address.",
        examples=["office@example.com"],
    )
    waiting: bool = Field(
        description="Whether the ticket is waiting for the customer. The resolution clock is then "
        "paused."
    )
    needs_reply_since: Moment | None
    last_message: str | None
    last_author: str | None
    response_deadline: Moment | None = Field(description="Null after the first reply.")
    resolution_deadline: Moment | None = Field(
        description="Null while waiting for the customer, and once resolved or closed."
    )
    first_responded_at: Moment | None
    response_breached: bool = Field(
        description="Whether the first reply missed its deadline, or is overdue now."
    )
    resolution_breached: bool
    policy_id: str = Field(
        description="The SLA policy and version that set the deadlines.",
        examples=["default@1"],
    )


class TicketWithLog(TicketOut):
    communications: list[CommunicationOut] = Field(description="Oldest first, at most 100.")
    communications_cursor: str | None = Field(
        description="Send this as `communicationsCursor` for newer entries. Null at the end."
    )


class NewTicket(RequestSchema):
    customer_id: CustomerId
    subject: Subject
    description: Description
    category: Category
    priority: Priority
    vehicle_id: VehicleId | None = Field(None, description="A vehicle of this customer.")
    assigned_to: UserId | None = Field(
        None,
        description="If null or absent, the routing rules choose a team and possibly an assignee.",
    )
    team_id: str | None = Field(
        None,
        description="A team's ID. If null or absent, the routing rules choose one.",
        examples=["3"],
    )
    channel: Channel = Field(
        Channel.API, description="How the customer reached you, such as `phone`."
    )
    linked_to: TicketId | None = Field(
        None,
        description="A ticket to link the new one with; each then names the other.",
        examples=["4711"],
    )
    tags: Tags = []
    custom_fields: GivenFields = {}


class TicketChange(RequestSchema):
    """The fields to change. Absent fields stay unchanged."""

    subject: Subject = silent("")
    description: Description = silent("")
    category: Category = silent(Category.GENERAL)
    priority: Priority = silent(Priority.MEDIUM)
    status: Status = silent(
        Status.OPEN, description="Must be allowed by the workflow. A 409 lists the allowed values."
    )
    vehicle_id: VehicleId | None = Field(None, description="Null removes the vehicle.")
    tags: Tags = silent([])
    custom_fields: GivenFields = silent({}, description=CHANGED_FIELDS)
    version: StrictInt | None = Field(
        None, ge=1, description="Update only if this is still the current version."
    )


class Assignment(RequestSchema):
    assigned_to: str | None = Field(
        description="A user's ID, null to unassign, or `auto` to let routing decide.",
        examples=["7"],
    )


class EscalationRequest(RequestSchema):
    reason: Subject


class TicketPage(Items[TicketOut]):
    pass


_STORED = tuple(name for name in TicketOut.model_fields if name in Ticket.get_attributes())
"""What the API gives out of a ticket as it is stored."""


def ticket_out(ticket: Ticket, *, now: datetime) -> dict[str, Any]:
    """A whole ticket, as it stands at `now`."""
    sla = ticket.sla
    late, unsolved = sla_status.breached_by(sla_facts(ticket), now)
    return {
        **{name: getattr(ticket, name) for name in _STORED},
        "description": ticket.description or "",
        "custom_fields": custom_fields_out(ticket.custom_fields),
        "waiting": bool(ticket.waiting),
        "needs_reply_since": sla.needs_reply_since,
        "last_message": sla.last_message,
        "last_author": sla.last_author,
        "response_deadline": sla.response_deadline,
        "resolution_deadline": sla.resolution_deadline,
        "first_responded_at": sla.first_responded_at,
        "response_breached": late,
        "resolution_breached": unsolved,
        "policy_id": ticket.policy_id or "",
    }
