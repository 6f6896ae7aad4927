"""Email on the ticket page: participants, originals, and HTML."""

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from helpdesk.accounts.actors import Actor, actor_of
from tickets.services.email.participation import participants
from tickets.services.email.storage import originals
from tickets.store.ticket import Ticket
from tickets.web.actions import action


@action()
def add_participant(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    return participants.add(ticket_id, address=request.POST.get("participant", ""), by=by)


@action()
def remove_participant(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    return participants.remove(ticket_id, address=request.POST.get("participant", ""), by=by)


@require_safe
def original(request: HttpRequest, ticket_id: str, line_id: str) -> HttpResponse:
    """Download the original of a message."""
    raw = originals.original(ticket_id, line_id, by=actor_of(request.user))
    return raw_download(raw, name=f"ticket-{ticket_id}-{line_id}.eml")


def raw_download(raw: bytes, *, name: str) -> HttpResponse:
    """Return a raw message as a file. It may be anything, so it is never shown inline."""
    answer = HttpResponse(raw, content_type="message/rfc822")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
    answer["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def html(request: HttpRequest, ticket_id: str, line_id: str) -> HttpResponse:
    """Show the HTML of a message on a page of its own, without remote pictures.

    Those would tell their server that somebody reads the message.
    """
    return _html(request, ticket_id, line_id, pictures=False)


@require_safe
@csp_update({"img-src": ["https:", "http:"]})  # type: ignore[arg-type]
def html_with_pictures(request: HttpRequest, ticket_id: str, line_id: str) -> HttpResponse:
    """Show the HTML of a message, this once with remote pictures."""
    return _html(request, ticket_id, line_id, pictures=True)


def _html(request: HttpRequest, ticket_id: str, line_id: str, *, pictures: bool) -> HttpResponse:
    found = originals.html_of(
        ticket_id,
        line_id,
        picture_url=lambda place: reverse("ticket_file", args=[ticket_id, line_id, place]),
        remote_pictures=pictures,
        by=actor_of(request.user),
    )
    context = {"ticket_id": ticket_id, "line": found.line, "html": found.html}
    answer = render(request, "tickets/email.html", context)
    answer["Referrer-Policy"] = "no-referrer"
    return answer
