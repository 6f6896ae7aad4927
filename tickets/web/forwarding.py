"""Forward to third parties: a message, from within the conversation; the opening message, on a page
that shows how it is quoted."""

from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.dynamo.ulids import new_ulid
from helpdesk.errors import NotAllowed, NotFound, ServiceError
from helpdesk.idempotency import Token, written_before
from helpdesk.messages import saved
from helpdesk.middleware import status_of
from tickets.domain.errors import DomainError
from tickets.models import CannedReply
from tickets.presenters.labels import explained
from tickets.services.conversation.attachments import CONTENT_TYPES, kept
from tickets.services.conversation.canned_replies import canned_replies
from tickets.services.conversation.communicate import DuplicateMessage
from tickets.services.email.participation import forwarded, side_threads
from tickets.store.ticket import Ticket
from tickets.web.actions import action
from tickets.web.forms import ForwardForm


@action("forward_form", ForwardForm)
def message(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    """Forward a message to a third party: to typed addresses, and to selected ones."""
    typed, form = request.POST, ForwardForm(request.POST)
    line, thread = typed.get("line", ""), typed.get("side_thread", "")
    chosen = form.places
    to, content = " ".join(form.recipients), typed.get("content", "")
    uploaded = request.FILES.getlist("files")
    names = "\n".join(f"{one.name} {one.size}" for one in uploaded)
    said = "\n".join((line, thread, to, content, str(sorted(chosen)), names))
    token = Token(f"forward-{ticket_id}-{sha256(said.encode()).hexdigest()}")
    with kept(ticket_id, () if written_before(token, by=by) else uploaded) as attachments:
        ticket, _line = side_threads.forward(
            ticket_id,
            to=_addresses(to),
            content=content,
            side_thread=thread,
            # Within a conversation a message is only quoted if its files go with it.
            forwarded_line=line if chosen or not thread else "",
            with_files=chosen,
            attachments=attachments,
            token=token,
            by=by,
        )
    return ticket


@require_http_methods(["GET", "HEAD", "POST"])
def opening(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Show the opening message as it is quoted, and forward it: what was shown, or nothing."""
    by = actor_of(request.user)
    ticket, source = forwarded.opening(ticket_id, by=by)
    refused, status = "", 200
    if request.method == "POST":
        try:
            _forward_opening(request, ticket_id, by=by)
        except (NotFound, NotAllowed):
            raise
        except DuplicateMessage:
            return redirect("ticket_detail", ticket_id)
        except (ServiceError, DomainError) as error:
            refused, status = explained(error), status_of(error)
        else:
            saved(request, _("Sent to the third party."))
            return redirect("ticket_detail", ticket_id)
    typed, first = request.POST, request.method != "POST"
    places = ForwardForm(typed).places
    context: dict[str, Any] = {
        "view": "all",
        "ticket": ticket,
        "source": source,
        "texts": canned_replies(by=by).filter(audience=CannedReply.Audience.THIRD_PARTY),
        "refused": refused,
        "to": typed.get("to", ""),
        "content": typed.get("content", ""),
        "quotes": bool(ticket.description_by_customer) if first else "quote" in typed,
        "files": [
            {"name": file.name, "size": file.size, "chosen": place in places}
            for place, file in enumerate(source.files)
        ],
        "token": typed.get("token") or new_ulid(),
        "accepted_files": ",".join(f".{ending}" for ending in CONTENT_TYPES),
    }
    return render(request, "tickets/forward_opening.html", context, status=status)


def _forward_opening(request: HttpRequest, ticket_id: str, *, by: Actor) -> None:
    typed = request.POST
    token = Token(f"forward-opening-{ticket_id}-{typed.get('token', '')}")
    uploaded = () if written_before(token, by=by) else request.FILES.getlist("files")
    with kept(ticket_id, uploaded) as attachments:
        side_threads.forward(
            ticket_id,
            to=_addresses(typed.get("to", "")),
            content=typed.get("content", ""),
            forwarded_line=forwarded.OPENING,
            quotes="quote" in typed,
            as_shown=typed.get("shown") or "nothing",
            with_files=ForwardForm(typed).places,
            attachments=attachments,
            token=token,
            by=by,
        )


def _addresses(typed: str) -> list[str]:
    return typed.replace(",", " ").replace(";", " ").split()
