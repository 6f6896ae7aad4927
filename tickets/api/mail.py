"""Mail services hand in raw messages here; what waits for a person's decision."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Router
from ninja import Status as Answer
from pydantic import Field

from helpdesk.api.auth import MailTokenAuth
from helpdesk.api.schema import ApiSchema
from helpdesk.body_size import RAW_MAIL
from helpdesk.errors import Invalid, NotAllowed
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.services.email.receive import receive

router = Router(tags=["mail"])

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
def receive_mail(request: HttpRequest, mailbox: str) -> Any:
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
