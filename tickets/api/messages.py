"""What the API takes and gives of messages: replies, notes, what the customer said, the log."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StrictBool, StringConstraints

from helpdesk.api.schema import ApiSchema, Moment, RequestSchema
from helpdesk.mail.problems import ProblemCode
from tickets.api.ids import TicketId
from tickets.domain.ticket import Channel, CommunicationType, Delivery, Direction, LogEvent
from tickets.services.lifecycle.validation import LONGEST_CONTENT
from tickets.store.items import Communication

Content = Annotated[
    str,
    StringConstraints(min_length=1, max_length=LONGEST_CONTENT),
    Field(
        description="Markdown.", examples=["The missing form is attached; please sign **page 2**."]
    ),
]


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
    occurred_at: Moment | None = Field(
        default=None,
        description="For a call, or a logged message of the customer: when that was, if it was "
        "told.",
    )
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
    side_thread: str | None = Field(
        default=None,
        description="For a message of a conversation with a third party: its number. The customer "
        "does not see it.",
        examples=["1"],
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
    channel: Literal[Channel.PHONE, Channel.WALK_IN, Channel.EMAIL, Channel.WEB] | None = Field(
        None,
        description="With an inbound Customer Response: how it reached the desk. Null: `api`. An "
        "outbound one by `phone` is a call that you made: it answers the customer, and nothing is "
        "sent; other ways of an outbound one change nothing.",
        examples=["phone"],
    )
    occurred_at: AwareDatetime | None = Field(
        None,
        description="With an inbound Customer Response, or a call: when that was, within the last "
        "30 days. Clocks take that time, but never one before the ticket's last change.",
        examples=["2026-11-24T09:30:00Z"],
    )


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
        "occurred_at": line.occurred_at,
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
        "side_thread": line.side_thread,
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
