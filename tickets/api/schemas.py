"""What the API takes and gives of tickets."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StrictBool, StrictInt, StringConstraints

from helpdesk.api.custom_fields import CHANGED_FIELDS, CustomFields, GivenFields, custom_fields_out
from helpdesk.api.schema import ApiSchema, Items, Moment, RequestSchema, silent
from helpdesk.mail.problems import ProblemCode
from tickets.api import descriptions  # noqa: F401 (what it describes is in these shapes)
from tickets.domain.sla import sla_status
from tickets.domain.ticket import (
    Category,
    Channel,
    CommunicationType,
    Delivery,
    Direction,
    LogEvent,
    Priority,
    Status,
)
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
UserId = Annotated[str, Field(description="A user's ID; see /api/users.", examples=["7"])]
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


class CommunicationOut(ApiSchema):
    """An entry in a ticket's conversation."""

    communication_id: str
    ticket_id: TicketId
    type: CommunicationType
    content: str
    direction: Direction | None = Field(
        description="For a Customer Response: `outbound` was sent to the customer, `inbound` came "
        "from them. Null otherwise."
    )
    created_by: str = Field(
        description="A user's ID, or `system`. For an inbound message, who logged it."
    )
    customer_id: str | None = Field(
        description="For an inbound message, the customer who wrote it, if known. Null otherwise."
    )
    created_at: Moment
    attachments: list["AttachmentOut"]
    event: LogEvent | None = Field(
        default=None,
        description="What a System Update is about. Null for messages and older entries.",
    )
    changes: list["FieldChange"] = Field(
        default=[], description="For a System Update: the fields that changed."
    )
    rule: str | None = Field(
        default=None,
        description="The escalation rule that fired, or `manual`.",
        examples=["response-breached"],
    )
    due_at: Moment | None = Field(default=None, description="When that rule's milestone was due.")
    reason: str | None = Field(default=None, description="The reason for a manual escalation.")
    channel: Channel | None = Field(
        default=None,
        description="How it reached the customer or the desk: a reply that is sent, by `email`; "
        "what a colleague typed, by `web` or `api`. Null where that is not known.",
    )
    sender: str | None = Field(
        default=None,
        alias="from",
        description="For an email, the address that wrote it.",
        examples=["giulia@example.com"],
    )
    to: list[str] = Field(
        default=[],
        description="For an email, its recipients.",
        examples=[["Support <support@example.com>"]],
    )
    cc: list[str] = Field(
        default=[],
        description="For an email, who got a copy.",
        examples=[["Bea <bea@example.com>"]],
    )
    has_effect: bool = Field(
        default=True,
        description="Whether it counts for status and SLA. False for automatic emails and for "
        "those of participants other than the customer.",
        examples=[True],
    )
    deliveries: list["RecipientDelivery"] = Field(
        default=[], description="For a reply sent by email: what became of it, by recipient."
    )


class RecipientDelivery(ApiSchema):
    """The email to one recipient of a reply."""

    address: str = Field(description="The recipient.", examples=["giulia@example.com"])
    state: Delivery = Field(description="What became of the email.", examples=["sent"])
    at: Moment | None = Field(description="Since when.")
    problem: str | None = Field(
        description="Why it was not delivered, with what the mail server said, in words.",
        examples=["Response from the mail server: 550 no such user"],
    )
    problem_code: str | None = Field(
        description="Why it was not delivered; null for emails of an earlier release.",
        examples=[ProblemCode.RESPONSE.value],
    )


class CreatedCommunication(CommunicationOut):
    unknown_mentions: list[str] = Field(
        description="For an Internal Note: names after an @ that no user has. Nobody is notified "
        "of them.",
        examples=[["tomas"]],
    )


class FieldChange(ApiSchema):
    """A field of a ticket, before and after a change."""

    field: str = Field(examples=["status"])
    before: str | None = Field(examples=["Open"])
    after: str | None = Field(examples=["In Progress"])


class AttachmentOut(ApiSchema):
    """An attachment. Download it in the workspace."""

    name: str
    size: int = Field(description="Bytes.")


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


class NewCommunication(RequestSchema):
    type: Literal["Internal Note", "Customer Response"] = Field(
        description="An Internal Note is never shown to the customer."
    )
    content: Content
    direction: Direction = Field(
        Direction.OUTBOUND,
        description="For a Customer Response: `inbound` logs a message from the customer.",
    )
    waiting: StrictBool = Field(
        False,
        description="With an outbound Customer Response: set the ticket to waiting.",
    )
    take: StrictBool = Field(
        False,
        description="With an outbound Customer Response: assign a ticket of nobody to you.",
    )
    reply_to: str = Field(
        "",
        max_length=254,
        description="With an outbound Customer Response: the ticket's `replyTo`, to send the email "
        "there instead of to the customer's own address.",
        examples=["office@example.com"],
    )
    leave_out: list[Annotated[str, Field(max_length=254)]] | None = Field(
        None,
        max_length=50,
        description="With an outbound Customer Response: addresses of participants who do not get "
        "this one. Null: those in `returnedAddresses`, so that an empty list sends it to all.",
        examples=[["bea@example.com"]],
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
        "event": line.event,
        "changes": [
            {"field": one.field, "before": one.before, "after": one.after}
            for one in line.changes or ()
        ],
        "rule": line.rule,
        "due_at": line.due_at,
        "reason": line.reason,
        "channel": line.came_by,
        "from": (line.email.sender or None) if line.email else None,
        "to": list((line.email.to if line.email else None) or ()),
        "cc": list((line.email.cc if line.email else None) or ()),
        "has_effect": not line.without_effect,
        "deliveries": [
            {
                "address": one.address,
                "state": one.state,
                "at": one.at,
                "problem": str(one.problem) if one.problem else None,
                "problem_code": one.problem_code,
            }
            for one in line.deliveries or ()
        ],
    }
