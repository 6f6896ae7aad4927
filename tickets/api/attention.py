"""What the user of a token asks for themselves of a ticket: to follow it, to snooze it, to be
reminded of it.

Each is set and removed under its own address, so a repeated request changes nothing.
"""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router
from pydantic import AwareDatetime, Field

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.api.schema import ApiSchema, Moment, RequestSchema
from helpdesk.clock import this_second
from helpdesk.dynamo.ulids import LONGEST_ULID
from tickets.api.ids import TicketId
from tickets.models.search import FAR
from tickets.services.delivery import attention, snooze

router = Router(tags=["tickets"])


class AttentionOut(ApiSchema):
    """What the token's user has asked for. Nobody else sees it."""

    ticket_id: TicketId
    follows: bool = Field(
        description="Whether you are notified of its messages, notes and status.", examples=[True]
    )
    snoozed: bool = Field(
        description="Whether it is out of your work, your teams’ and *Needs reply*.",
        examples=[True],
    )
    snoozed_until: Moment | None = Field(
        description="When it wakes at the latest. Null until the customer replies, and if it is "
        "not snoozed.",
        examples=["2026-11-27T09:00:00Z"],
    )
    remind_at: Moment | None = Field(
        description="When you are reminded of it. Null: you are not.",
        examples=["2026-11-27T09:00:00Z"],
    )


class NewSnooze(RequestSchema):
    until: AwareDatetime | None = Field(
        description="A time in the coming year, or null: until the customer replies. What is at "
        "risk, overdue or escalated wakes before that, and a reply does.",
        examples=["2026-11-27T09:00:00Z"],
    )
    last_message: str = Field(
        "",
        max_length=LONGEST_ULID,
        description="The ticket's `lastMessage` as you know it. If the customer has written since, "
        "the ticket is not snoozed. By default its last one.",
        examples=["01JD9ZR1B7E5H8K1N4Q7T0W3Z6"],
    )


class NewReminder(RequestSchema):
    at: AwareDatetime = Field(
        description="A time in the coming year.", examples=["2026-11-27T09:00:00Z"]
    )


@router.get(
    "/tickets/{ticket_id}/attention",
    response=AttentionOut,
    by_alias=True,
    operation_id="getAttention",
)
def get_attention(request: HttpRequest, ticket_id: TicketId) -> dict[str, Any]:
    """Return whether you follow a ticket, snoozed it, or are reminded of it."""
    by = actor_of(request.user)
    snooze.existing(ticket_id, by=by)
    return _answer(ticket_id, by=by)


@router.put(
    "/tickets/{ticket_id}/follow",
    response=AttentionOut,
    by_alias=True,
    operation_id="followTicket",
)
def follow_ticket(request: HttpRequest, ticket_id: TicketId) -> dict[str, Any]:
    """Follow a ticket: be notified of its messages, notes and status."""
    by = actor_of(request.user)
    attention.follow(ticket_id, follows=True, by=by)
    return _answer(ticket_id, by=by)


@router.delete(
    "/tickets/{ticket_id}/follow",
    response=AttentionOut,
    by_alias=True,
    operation_id="unfollowTicket",
)
def unfollow_ticket(request: HttpRequest, ticket_id: TicketId) -> dict[str, Any]:
    """Follow a ticket no longer."""
    by = actor_of(request.user)
    attention.follow(ticket_id, follows=False, by=by)
    return _answer(ticket_id, by=by)


@router.put(
    "/tickets/{ticket_id}/snooze",
    response=AttentionOut,
    by_alias=True,
    operation_id="snoozeTicket",
)
def snooze_ticket(request: HttpRequest, ticket_id: TicketId, asked: NewSnooze) -> dict[str, Any]:
    """Snooze a ticket for yourself. Its clocks run on, and nobody else notices."""
    by = actor_of(request.user)
    snooze.snooze(ticket_id, until=asked.until, seen=asked.last_message, by=by)
    return _answer(ticket_id, by=by)


@router.delete(
    "/tickets/{ticket_id}/snooze",
    response=AttentionOut,
    by_alias=True,
    operation_id="wakeTicket",
)
def wake_ticket(request: HttpRequest, ticket_id: TicketId) -> dict[str, Any]:
    """Wake a ticket that you have snoozed."""
    by = actor_of(request.user)
    snooze.wake(ticket_id, by=by)
    return _answer(ticket_id, by=by)


@router.put(
    "/tickets/{ticket_id}/reminder",
    response=AttentionOut,
    by_alias=True,
    operation_id="addReminder",
)
def add_reminder(request: HttpRequest, ticket_id: TicketId, asked: NewReminder) -> dict[str, Any]:
    """Be reminded of a ticket. Another time replaces the one that was set."""
    by = actor_of(request.user)
    snooze.remind(ticket_id, at=asked.at, by=by)
    return _answer(ticket_id, by=by)


@router.delete(
    "/tickets/{ticket_id}/reminder",
    response=AttentionOut,
    by_alias=True,
    operation_id="removeReminder",
)
def remove_reminder(request: HttpRequest, ticket_id: TicketId) -> dict[str, Any]:
    """Be reminded of a ticket no more."""
    by = actor_of(request.user)
    snooze.remind(ticket_id, at=None, by=by)
    return _answer(ticket_id, by=by)


def _answer(ticket_id: str, *, by: Actor) -> dict[str, Any]:
    row = attention.of_ticket(ticket_id, by=by)
    until = row.snoozed_until or 0
    snoozed = until > this_second().timestamp()
    return {
        "ticket_id": ticket_id,
        "follows": row.follows,
        "snoozed": snoozed,
        "snoozed_until": _moment(until) if snoozed and until < FAR else None,
        "remind_at": _moment(row.remind_at) if row.remind_at else None,
    }


def _moment(second: int) -> datetime:
    return datetime.fromtimestamp(second, UTC)
