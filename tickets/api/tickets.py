"""Tickets: list, read, open, change, assign, answer, escalate."""

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router
from ninja import Status as Answer
from pydantic import Field, create_model

from helpdesk.accounts.actors import actor_of
from helpdesk.api.conditions import requested_version, set_etag, unchanged
from helpdesk.api.headers import IDEMPOTENCY_KEY, IF_MATCH, reads
from helpdesk.api.idempotency import token_of
from helpdesk.api.schema import ApiSchema
from helpdesk.clock import this_second
from tickets.api.ids import TicketId
from tickets.api.messages import CreatedCommunication, NewCommunication, communication_out
from tickets.api.schemas import (
    Assignment,
    EscalationRequest,
    NewTicket,
    TicketChange,
    TicketOut,
    TicketPage,
    TicketWithLog,
    ticket_out,
)
from tickets.domain.filters import Sort
from tickets.domain.ticket import Channel, CommunicationType
from tickets.services import read
from tickets.services.assignment import assign
from tickets.services.conversation import mentioning
from tickets.services.conversation.communicate import (
    DuplicateMessage,
    communicate,
)
from tickets.services.lifecycle import escalate
from tickets.services.lifecycle.create import create_ticket
from tickets.services.lifecycle.edit import edit
from tickets.services.lists.filter_definition import Filter
from tickets.services.lists.filters import FILTERS, LONGEST_TEXT, read_filters
from tickets.services.lists.find import find
from tickets.store.ticket import Ticket

router = Router(tags=["tickets"])

AUTO = "auto"


class ListOptions(ApiSchema):
    """Filters and sort order. A ticket must match all filters."""

    q: str = Field(
        "",
        max_length=LONGEST_TEXT,
        description="Searches subject, description, conversation, ticket number, customer name, "
        "email address, phone number and VIN (or its last six characters). Prefixes match.",
        examples=["customs antwerp"],
    )
    sort: Sort = Field(
        Sort.TIME_LEFT,
        description="`slaDeadline`: most urgent first. `-priority`: highest first, and most urgent "
        "first within each. Each order can be reversed.",
    )
    limit: int = Field(25, ge=1, le=100, description="Tickets on a page.", examples=[25])
    cursor: str = Field("", description="The `nextCursor` of the previous page.")


def _parameter(one: Filter) -> tuple[Any, Any]:
    """Return a filter as pydantic takes a field: its type, and all else."""
    empty: Any = {str: "", bool | None: None}.get(one.kind, [])
    return one.kind, Field(
        empty, alias=one.name, description=one.description, examples=[one.example]
    )


if TYPE_CHECKING:
    TicketListQuery: TypeAlias = ListOptions
else:
    TicketListQuery = create_model(
        "TicketListQuery",
        __base__=ListOptions,
        **{one.field: _parameter(one) for one in FILTERS},
    )


@router.get("/tickets", response=TicketPage, by_alias=True, operation_id="listTickets")
def list_tickets(
    request: HttpRequest, asked: Annotated[TicketListQuery, Query()]
) -> dict[str, Any]:
    """A page of tickets."""
    by = actor_of(request.user)
    given = dict(request.GET.lists())
    with timezone.override(UTC):
        filters = read_filters({**given, "sort": [asked.sort]}, by=by)
    now = this_second()
    page = find(
        filters, by=by, cursor_text=asked.cursor or None, limit=asked.limit, whole=True, now=now
    )
    return {
        "items": [ticket_out(ticket, now=now) for ticket in page.tickets],
        "next_cursor": page.next,
    }


@router.post(
    "/tickets",
    response={201: TicketOut},
    by_alias=True,
    operation_id="createTicket",
    openapi_extra=reads(IDEMPOTENCY_KEY),
)
def open_ticket(
    request: HttpRequest, response: HttpResponse, asked: NewTicket
) -> Answer[dict[str, Any]]:
    """Create a ticket. Repeating the request with the same `Idempotency-Key` creates no other."""
    ticket = create_ticket(
        **{"channel": Channel.API, "custom_fields": {}, **asked.fields_sent()},
        token=token_of(request),
        by=actor_of(request.user),
    )
    response["Location"] = reverse("api:get_ticket", args=[ticket.ticket_id])
    return Answer(201, _answer(response, ticket))


class TicketQuery(ApiSchema):
    communications_cursor: str = Field(
        "", max_length=40, description="The `communicationsCursor` of the previous response."
    )


@router.get(
    "/tickets/{ticket_id}",
    response={200: TicketWithLog, 304: None},
    by_alias=True,
    url_name="get_ticket",
    operation_id="getTicket",
)
def get_ticket(
    request: HttpRequest,
    response: HttpResponse,
    ticket_id: TicketId,
    asked: Annotated[TicketQuery, Query()],
) -> Answer[dict[str, Any] | None]:
    """Return a ticket with its conversation. With `If-None-Match`, 304 if nothing has changed."""
    found = read.ticket_from_first_line(
        ticket_id, after=asked.communications_cursor or None, by=actor_of(request.user)
    )
    answer = _answer(response, found.ticket)
    if unchanged(request, answer["version"]):
        return Answer(304, None)
    more = {
        "communications": [communication_out(line) for line in found.log],
        "communications_cursor": found.older,
    }
    return Answer(200, {**answer, **more})


@router.put(
    "/tickets/{ticket_id}",
    response=TicketOut,
    by_alias=True,
    operation_id="updateTicket",
    openapi_extra=reads(IDEMPOTENCY_KEY, IF_MATCH),
)
def change_ticket(
    request: HttpRequest, response: HttpResponse, ticket_id: TicketId, asked: TicketChange
) -> dict[str, Any]:
    """Update a ticket. With `version` or `If-Match`, only if nothing has changed since."""
    fields = asked.fields_sent()
    version = requested_version(request, fields.pop("version", None))
    if "vehicle_id" in fields:
        fields["vehicle_id"] = fields["vehicle_id"] or ""
    ticket = edit(
        ticket_id, **fields, version=version, token=token_of(request), by=actor_of(request.user)
    )
    return _answer(response, ticket)


@router.post(
    "/tickets/{ticket_id}/assign",
    response=TicketOut,
    by_alias=True,
    operation_id="assignTicket",
    openapi_extra=reads(IDEMPOTENCY_KEY, IF_MATCH),
)
def assign_ticket(
    request: HttpRequest, response: HttpResponse, ticket_id: TicketId, asked: Assignment
) -> dict[str, Any]:
    """Assign a ticket to a user, unassign it, or let routing choose."""
    by, version, token = actor_of(request.user), requested_version(request), token_of(request)
    if asked.assigned_to == AUTO:
        ticket = assign.assign_automatically(ticket_id, by=by, version=version, token=token)
    else:
        to = asked.assigned_to
        ticket = assign.assign(ticket_id, to=to, by=by, version=version, token=token)
    return _answer(response, ticket)


@router.post(
    "/tickets/{ticket_id}/communicate",
    response={201: CreatedCommunication},
    by_alias=True,
    operation_id="addCommunication",
    openapi_extra=reads(IDEMPOTENCY_KEY),
)
def add_communication(
    request: HttpRequest, response: HttpResponse, ticket_id: TicketId, asked: NewCommunication
) -> Answer[dict[str, Any]]:
    """Reply to the customer, add an internal note, or log a call or a message from the customer.

    A message to a ticket that was merged, or closed too long ago, is added to the ticket that
    continues it. `ticketId` of the response names that ticket. A note is added even if it mentions
    somebody who does not exist: `unknownMentions` lists such names.
    """
    try:
        ticket, line = communicate(
            ticket_id,
            type=CommunicationType(asked.type),
            content=asked.content,
            direction=asked.direction,
            waiting=asked.waiting,
            take=asked.take,
            reply_to=asked.reply_to,
            leave_out=asked.leave_out,
            token=token_of(request),
            occurred_at=asked.occurred_at,
            channel=asked.channel or Channel.API,
            by=actor_of(request.user),
        )
    except DuplicateMessage as said:
        ticket, line = said.ticket, said.line
    response["Location"] = reverse("api:get_ticket", args=[ticket.ticket_id])
    noted = line.type == CommunicationType.INTERNAL_NOTE.value
    unknown = mentioning.unknown(line.content) if noted else []
    return Answer(201, communication_out(line) | {"unknown_mentions": unknown})


@router.post(
    "/tickets/{ticket_id}/escalate",
    response=TicketOut,
    by_alias=True,
    operation_id="escalateTicket",
    openapi_extra=reads(IDEMPOTENCY_KEY, IF_MATCH),
)
def escalate_ticket(
    request: HttpRequest, response: HttpResponse, ticket_id: TicketId, asked: EscalationRequest
) -> dict[str, Any]:
    """Escalate a ticket by one level, up to 3."""
    ticket = escalate.escalate(
        ticket_id,
        reason=asked.reason,
        token=token_of(request),
        version=requested_version(request),
        by=actor_of(request.user),
    )
    return _answer(response, ticket)


def _answer(response: HttpResponse, ticket: Ticket) -> dict[str, Any]:
    set_etag(response, ticket.version)
    return ticket_out(ticket, now=this_second())
