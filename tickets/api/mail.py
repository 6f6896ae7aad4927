"""Mail: what services hand in, who takes part in a ticket, and what waits for a decision."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router
from ninja import Status as Answer
from pydantic import Field

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.api.auth import MailTokenAuth
from helpdesk.api.headers import IDEMPOTENCY_KEY, reads
from helpdesk.api.idempotency import token_of
from helpdesk.api.schema import ApiSchema, Moment, RequestSchema
from helpdesk.body_size import RAW_MAIL
from helpdesk.clock import this_second
from helpdesk.errors import Invalid, NotAllowed, NotFound
from tickets.api.ids import TicketId
from tickets.api.schemas import TicketOut, ticket_out
from tickets.domain.mail.outcome import Cause, MailList, Outcome
from tickets.services.email import suspended
from tickets.services.email.incoming.receive import receive, result_of
from tickets.services.email.participation import participants
from tickets.services.email.storage import originals
from tickets.store.mail import InboundEmail

router = Router(tags=["mail"])

RAW_ANSWER = {
    "responses": {
        200: {
            "description": "The raw message.",
            "content": {RAW_MAIL: {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}
RAW = {
    "requestBody": {
        "required": True,
        "content": {RAW_MAIL: {"schema": {"type": "string", "format": "binary"}}},
    }
}


class ReceivedEmail(ApiSchema):
    """What became of a raw message."""

    outcome: Outcome | None = Field(
        description="Null: the message is safely stored and is processed later.",
        examples=["ticket"],
    )
    cause: Cause | None = Field(
        description="Why, where the outcome alone does not say it.", examples=["automatic"]
    )
    ticket_id: str | None = Field(description="The ticket it belongs to.", examples=["42"])
    communication_id: str | None = Field(
        description="The message in the ticket's log.", examples=["01JZ0000000000000000000000"]
    )
    message_key: str = Field(
        description="Names the message by its content.", examples=["9f86d081884c7d65"]
    )


@router.post(
    "/mail/{mailbox}",
    auth=MailTokenAuth(),
    response={202: ReceivedEmail},
    operation_id="receiveMail",
    by_alias=True,
    openapi_extra=RAW,
)
def receive_mail(
    request: HttpRequest,
    mailbox: Annotated[str, Path(description="The name of a mailbox.", examples=["support"])],
) -> Any:
    """Hand in a raw message.

    The body is the message itself, as `message/rfc822`, 30 MB at most. Answered once it is safely
    stored. A message that came before is a `duplicate`.
    """
    token = request.auth  # type: ignore[attr-defined]
    if token.mailbox != mailbox:
        raise NotAllowed(_("This token belongs to another mailbox."))
    if request.content_type != RAW_MAIL:
        raise Invalid({"body": _("Send the message as message/rfc822.")})
    raw = request.read()
    if not raw.strip():
        raise Invalid({"body": _("The message is empty.")})
    return Answer(202, receive(raw, mailbox=mailbox).as_json())


class Participant(RequestSchema):
    """Somebody who is to take part in a ticket, or no longer."""

    address: str = Field(description="An email address.", examples=["bea@example.com"])
    name: str = Field("", description="What they are called.", examples=["Bea"])


class SuspendedEmailOut(ApiSchema):
    """An email on which a person decides."""

    key: str = Field(description="Names the email.", examples=["EMAIL#support#9f86d081884c7d65"])
    mailbox: str
    state: Outcome = Field(
        description="`suspended`; `parked` if it could not be read; `bounce` for a delivery report "
        "about no email of this desk, on which nobody has to decide.",
        examples=["suspended"],
    )
    cause: Cause | None = Field(description="Why it is not a ticket.", examples=["automatic"])
    sender: str | None = Field(
        alias="from", description="Its sender’s address.", examples=["shop@example.com"]
    )
    subject: str | None = Field(description="Its subject.", examples=["Your order"])
    recorded_at: Moment = Field(description="When it came.", examples=["2026-11-24T10:05:00Z"])
    deleted_at: Moment = Field(
        description="When it is deleted if nobody decides.", examples=["2026-12-24T10:05:00Z"]
    )


class SuspendedEmails(ApiSchema):
    """A page of suspended emails, the latest first."""

    items: list[SuspendedEmailOut] = Field(description="The emails.")
    next_cursor: str | None = Field(
        description="The `cursor` of the next page. Null at the end.", examples=["eyJ"]
    )


class Decision(RequestSchema):
    """What is to become of a suspended email."""

    key: str = Field(description="The email’s key.", examples=["EMAIL#support#9f86d081884c7d65"])
    action: Literal["open", "add", "delete", "block", "readAgain"] = Field(
        description="`open` a ticket, `add` to the ticket `ticketId`, `delete`, `block` the sender "
        "and delete (supervisors), or try again to read a parked one.",
        examples=["open"],
    )
    ticket_id: str = Field("", description="The ticket to add it to.", examples=["42"])
    sender: str = Field(
        "",
        max_length=254,
        alias="from",
        description="With `open`: the address of who wrote an email whose `cause` is `no-sender` "
        "or `unusable-sender`.",
        examples=["giulia@example.com"],
    )
    side_thread: str | None = Field(
        None,
        description="With `add`: the number of the ticket’s conversation with a third party that "
        "it belongs to, or an empty text for the conversation with the customer. Null: the one "
        "that the email itself names.",
        examples=["1"],
    )


@router.get(
    "/suspended-mail",
    response=SuspendedEmails,
    by_alias=True,
    operation_id="listSuspendedMail",
)
def list_suspended(
    request: HttpRequest,
    state: Annotated[
        Literal["suspended", "parked", "bounce", "blocked"],
        Query(
            description="`parked`: those that could not be read; `bounce`: delivery reports about "
            "no email of this desk; `blocked`: emails of blocked senders.",
            examples=["suspended"],
        ),
    ] = "suspended",
    cursor: Annotated[
        str, Query(description="The `nextCursor` of the previous page.", examples=[""])
    ] = "",
) -> dict[str, Any]:
    """List the emails on which a person decides, the latest first."""
    found = suspended.suspended(
        state=MailList(state), cursor_text=cursor or None, by=actor_of(request.user)
    )
    items = [
        {
            "key": one.key,
            "mailbox": one.mail.mailbox,
            "state": one.mail.state,
            "cause": one.cause,
            "from": one.mail.sender,
            "subject": one.mail.subject,
            "recorded_at": one.mail.recorded_at,
            "deleted_at": one.deleted_at,
        }
        for one in found.mails
    ]
    return {"items": items, "next_cursor": found.next}


@router.get(
    "/suspended-mail/original",
    response={200: bytes},
    operation_id="getSuspendedOriginal",
    openapi_extra=RAW_ANSWER,
)
def suspended_original(
    request: HttpRequest,
    key: Annotated[
        str,
        Query(
            description="The `key` of the email, from the list.",
            examples=["EMAIL#support#9f86d081884c7d65"],
        ),
    ],
) -> HttpResponse:
    """Return a suspended email as it came, also one that could not be read."""
    raw = suspended.original(key, by=actor_of(request.user))
    return HttpResponse(raw, content_type=RAW_MAIL)


@router.post(
    "/suspended-mail",
    response=ReceivedEmail,
    by_alias=True,
    operation_id="decideSuspendedMail",
    openapi_extra=reads(IDEMPOTENCY_KEY),
)
def decide(request: HttpRequest, asked: Decision) -> dict[str, Any]:
    """Decide what becomes of a suspended email."""
    by, token = actor_of(request.user), token_of(request)
    decided = partial(_decided, asked, by)
    ends = ENDS[asked.action]
    try:
        mail = (
            suspended.once(asked.key, decided, ends=ends, token=token, by=by)
            if token
            else decided()
        )
    except NotFound as gone:
        raise Invalid({"key": str(gone)}) from gone
    return result_of(mail).as_json()


ENDS: Mapping[str, Collection[Outcome]] = {
    "open": [Outcome.TICKET],
    "add": [Outcome.REPLY, Outcome.AUTO_REPLY],
    "delete": [Outcome.DELETED],
    "block": [Outcome.DELETED],
    "readAgain": list(Outcome),
}
"""What becomes of an email by each decision."""


def _decided(asked: Decision, by: Actor) -> InboundEmail:
    match asked.action:
        case "open":
            return suspended.open_ticket_of(asked.key, sender=asked.sender, by=by)
        case "add":
            return suspended.add_to_ticket(
                asked.key, asked.ticket_id, side_thread=asked.side_thread, by=by
            )
        case "delete":
            return suspended.delete(asked.key, by=by)
        case "block":
            return suspended.block_sender(asked.key, by=by)
        case "readAgain":
            return suspended.read_again(asked.key, by=by)


@router.post(
    "/tickets/{ticket_id}/participants",
    response=TicketOut,
    by_alias=True,
    operation_id="addParticipant",
    openapi_extra=reads(IDEMPOTENCY_KEY),
)
def add_participant(request: HttpRequest, ticket_id: TicketId, asked: Participant) -> Any:
    """Let somebody take part in a ticket: replies go to them too."""
    by = actor_of(request.user)
    ticket = participants.add(
        ticket_id, address=asked.address, name=asked.name, token=token_of(request), by=by
    )
    return ticket_out(ticket, now=this_second())


@router.delete(
    "/tickets/{ticket_id}/participants/{address}",
    response=TicketOut,
    by_alias=True,
    operation_id="removeParticipant",
)
def remove_participant(
    request: HttpRequest,
    ticket_id: TicketId,
    address: Annotated[str, Path(description="An email address.", examples=["bea@example.com"])],
) -> Any:
    """Let somebody take part in a ticket no longer."""
    ticket = participants.remove(ticket_id, address=address, by=actor_of(request.user))
    return ticket_out(ticket, now=this_second())


@router.get(
    "/tickets/{ticket_id}/communications/{communication_id}/original",
    response={200: bytes},
    operation_id="getOriginalEmail",
    openapi_extra=RAW_ANSWER,
)
def original(
    request: HttpRequest,
    ticket_id: TicketId,
    communication_id: Annotated[str, Path(description="The entry's ID.", examples=["01JD9Z"])],
) -> HttpResponse:
    """Return an email as it came."""
    raw = originals.original(ticket_id, communication_id, by=actor_of(request.user))
    return HttpResponse(raw, content_type=RAW_MAIL)
