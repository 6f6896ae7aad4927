"""Write to third parties about a ticket, and read the texts that the desk has to send."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router
from ninja import Status as Answer
from pydantic import Field

from helpdesk.accounts.actors import actor_of
from helpdesk.api.fields import describe
from helpdesk.api.headers import IDEMPOTENCY_KEY, reads
from helpdesk.api.idempotency import token_of
from helpdesk.api.schema import ApiSchema, Items, RequestSchema
from helpdesk.dynamo.ulids import LONGEST_ULID
from helpdesk.errors import NotFound
from helpdesk.parsing import whole_number
from tickets.api.ids import TicketId
from tickets.api.messages import CommunicationOut, Content, communication_out
from tickets.models import CannedReply
from tickets.services.conversation import canned_replies
from tickets.services.conversation.attachments import MOST_FILES
from tickets.services.conversation.communicate import DuplicateMessage
from tickets.services.email.participation.side_threads import MOST_RECIPIENTS, forward

router = Router(tags=["tickets"])

describe({"cannedReplyId": ("A canned reply's ID.", "3")})


class NewForward(RequestSchema):
    to: list[Annotated[str, Field(max_length=254)]] = Field(
        min_length=1,
        max_length=MOST_RECIPIENTS,
        description="Email addresses: a carrier's, a broker's, a port's. Not the customer's.",
        examples=[["desk@carrier.example"]],
    )
    content: Content
    side_thread: str = Field(
        "",
        max_length=9,
        description="The `sideThread` of the conversation that it continues. Empty begins one.",
        examples=["1"],
    )
    forwards: str = Field(
        "",
        max_length=LONGEST_ULID,
        description="What is forwarded: the `communicationId` of a message from the customer, or "
        "of the same conversation, or `opening`, the ticket's `description`. Empty: nothing.",
        examples=["opening"],
    )
    quote: bool = Field(
        True, description="Whether that is quoted below the text. False: only its files go."
    )
    with_files: list[Annotated[int, Field(ge=0)]] = Field(
        [],
        max_length=MOST_FILES,
        description="Which of its files go, by their places in `attachments`, from 0. Of "
        "`opening`, those that were attached when the ticket was created.",
        examples=[[0]],
    )


@router.post(
    "/tickets/{ticket_id}/forward",
    response={201: CommunicationOut},
    by_alias=True,
    operation_id="forwardTicket",
    openapi_extra=reads(IDEMPOTENCY_KEY),
)
def forward_ticket(
    request: HttpRequest, response: HttpResponse, ticket_id: TicketId, asked: NewForward
) -> Answer[dict[str, Any]]:
    """Write to third parties about a ticket. The customer does not see it, and clocks take no
    notice. Repeating the request with the same `Idempotency-Key` sends nothing again."""
    try:
        _ticket, line = forward(
            ticket_id,
            to=asked.to,
            content=asked.content,
            side_thread=asked.side_thread,
            forwarded_line=asked.forwards,
            quotes=asked.quote,
            with_files=asked.with_files,
            token=token_of(request),
            by=actor_of(request.user),
        )
    except DuplicateMessage as said:
        line = said.line
    response["Location"] = reverse("api:get_ticket", args=[line.ticket_id])
    return Answer(201, communication_out(line))


class CannedReplyOut(ApiSchema):
    """A predefined text."""

    canned_reply_id: str
    name: str = Field(examples=["Papers needed"], description="Its name, which is unique.")
    text: str = Field(
        examples=["Dear {first_name}, please send us the papers."],
        description="Markdown, with placeholders; with `ticketId`, filled in.",
    )
    audience: CannedReply.Audience = Field(
        description="Whom it is for: `customer`, or a `third-party`."
    )
    team: str | None = Field(
        examples=["Customs"], description="The name of the team that has it. Null: everybody."
    )


class CannedReplyPage(Items[CannedReplyOut]):
    pass


@router.get(
    "/canned-replies",
    response=CannedReplyPage,
    by_alias=True,
    operation_id="listCannedReplies",
)
def list_canned_replies(
    request: HttpRequest,
    audience: Annotated[
        CannedReply.Audience | None,
        Query(description="Only those for them.", examples=["third-party"]),
    ] = None,
) -> dict[str, Any]:
    """List the canned replies of everybody and of your teams, by name, on one page."""
    found = canned_replies.canned_replies(by=actor_of(request.user)).select_related("team")
    if audience:
        found = found.filter(audience=audience)
    return {"items": [_canned(one, one.text) for one in found], "next_cursor": None}


@router.get(
    "/canned-replies/{canned_reply_id}",
    response=CannedReplyOut,
    by_alias=True,
    operation_id="getCannedReply",
)
def get_canned_reply(
    request: HttpRequest,
    canned_reply_id: Annotated[str, Path(description="A canned reply's ID.", examples=["3"])],
    ticket_id: Annotated[
        str,
        Query(alias="ticketId", max_length=40, description="The ticket that fills in its text."),
    ] = "",
) -> dict[str, Any]:
    """Return a canned reply; with `ticketId`, its placeholders are filled in for that ticket."""
    by = actor_of(request.user)
    mine = canned_replies.canned_replies(by=by).select_related("team")
    found = mine.filter(pk=whole_number(canned_reply_id) or 0).first()
    if found is None:
        raise NotFound(_("Canned reply not found."))
    filled = canned_replies.filled_in(found.pk, ticket_id, by=by) if ticket_id else found.text
    return _canned(found, filled)


def _canned(reply: CannedReply, text: str) -> dict[str, Any]:
    return {
        "canned_reply_id": str(reply.pk),
        "name": reply.name,
        "text": text,
        "audience": reply.audience,
        "team": reply.team.name if reply.team else None,
    }
