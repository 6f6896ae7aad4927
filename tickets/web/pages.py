"""The ticket page, and what it loads later: older entries, files, canned replies."""

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.accounts.people import teams_of
from helpdesk.clock import this_second
from helpdesk.htmx import wants_fragment
from helpdesk.parsing import whole_number
from tickets.domain import workflow
from tickets.domain.ticket import Category, Channel, Status
from tickets.models import CannedReply
from tickets.presenters import tickets
from tickets.presenters.attention import state_of
from tickets.presenters.choices import word_choices
from tickets.services.conversation import attachments, canned_replies
from tickets.services.delivery import attention, presence
from tickets.services.lifecycle import status
from tickets.services.read import TicketPage, older_log, ticket_page
from tickets.web import custom_fields, forms
from tickets.web.files import download, shown


@require_safe
def ticket(request: HttpRequest, ticket_id: str) -> HttpResponse:
    by = actor_of(request.user)
    context = detail_context(ticket_page(ticket_id, by=by), by=by)
    if (reply_id := whole_number(request.GET.get("canned"))) is not None:
        text = canned_replies.filled_in(reply_id, ticket_id, by=by)
        context["reply_form"] = forms.ReplyForm(initial={"content": text})
    return render(request, "tickets/detail.html", context)


@require_safe
def parts(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Show what has changed on an open page, without touching what its user is typing."""
    by = actor_of(request.user)
    context = detail_context(ticket_page(ticket_id, by=by), by=by)
    return render(request, "tickets/detail/parts.html", {**context, "oob": True})


@require_safe
def older(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Show the part of a log before what the ticket page shows."""
    lines, before = older_log(
        ticket_id, before=request.GET.get("before", ""), by=actor_of(request.user)
    )
    context = {
        "ticket": {"ticket_id": ticket_id},
        "log": tickets.log_entries(tickets.log_lines(ticket_id, lines)),
        "older_url": tickets.older_url(ticket_id, before),
    }
    fragment = wants_fragment(request)
    template = "tickets/detail/log_lines.html" if fragment else "tickets/log.html"
    return render(request, template, context)


@require_safe
def file(request: HttpRequest, ticket_id: str, line_id: str, place: int) -> FileResponse:
    """Download an attachment."""
    return download(attachments.attachment(ticket_id, line_id, place, by=actor_of(request.user)))


@require_safe
def picture(request: HttpRequest, ticket_id: str, line_id: str, place: int) -> FileResponse:
    """Show an attachment that is a picture, by its first bytes as well as by its name."""
    found = attachments.attachment(ticket_id, line_id, place, by=actor_of(request.user))
    return shown(found, attachments.opened_picture(found))


@require_safe
def canned_text(request: HttpRequest, ticket_id: str, reply_id: int) -> HttpResponse:
    """Return a canned reply, filled in for the ticket."""
    text = canned_replies.filled_in(reply_id, ticket_id, by=actor_of(request.user))
    return HttpResponse(text, content_type="text/plain; charset=utf-8")


def _canned(by: Actor) -> dict[str, Any]:
    texts = list(canned_replies.canned_replies(by=by))
    outside = CannedReply.Audience.THIRD_PARTY
    return {
        "canned_replies": [one for one in texts if one.audience != outside],
        "third_party_texts": [one for one in texts if one.audience == outside],
    }


HEARD_BY = (Channel.PHONE, Channel.WALK_IN, Channel.EMAIL, Channel.WEB)
"""How a customer's message that a colleague logs can have come."""

CALLED = "called"
"""What the form has in place of such a way for a call that a colleague made."""

_NEXT = {
    Status.OPEN: Status.RESOLVED,  # an answer starts progress by itself
    Status.IN_PROGRESS: Status.RESOLVED,
    Status.RESOLVED: Status.CLOSED,
    Status.CLOSED: Status.IN_PROGRESS,
}
"""The status that comes next, as a rule: the button of a ticket; the others are in its menu."""


def _steps(current: Status) -> dict[str, Any]:
    others = [step for step in workflow.ALLOWED[current] if step is not _NEXT[current]]
    # What leads on comes first; putting back is the last thing to be at hand.
    others.sort(key=lambda step: step is Status.OPEN)
    return {"status_to_come": _NEXT[current], "other_steps": others}


def detail_context(page: TicketPage, *, by: Actor, **bound: Any) -> dict[str, Any]:
    """Return the context of the ticket page; `bound` holds refused forms, and the reasons."""
    ticket = page.ticket
    version, now = {"version": ticket.version}, this_second()
    mine = attention.of_ticket(ticket.ticket_id, by=by)
    given = f"team-{ticket.team_id}" if ticket.team_id and not ticket.assigned_to else None
    return {
        **tickets.ticket_context(page, now=now),
        "may_undo_close": status.may_undo_close(ticket, now=now)
        and status.closed_by(page.log) == by.user_id,
        "stamp": presence.ticket_stamp(ticket.ticket_id, by=by),
        "me": by.user_id,
        "takes": ticket.team_id in {str(team.pk) for team in teams_of(by.user_id)},
        **_steps(Status(ticket.status)),
        "attention": state_of(mine, now=now),
        "unread_line": attention.first_unread(page.log, mine, ticket=ticket, by=by, now=now),
        "seen_before": bool(mine.seen),
        "assigned_choice": ticket.assigned_to or given or "",
        "reply_form": forms.ReplyForm(),
        "note_form": forms.NoteForm(),
        "heard_form": forms.HeardForm(),
        "heard_channels": word_choices(list(HEARD_BY)),
        "called": CALLED,
        "edit_form": forms.EditForm(),
        "relate_form": forms.RelateForm(),
        **_canned(by),
        "assign_form": forms.AssignForm(initial=version, present=ticket.assigned_to),
        "priority_form": forms.PriorityForm(initial=version),
        "escalate_form": forms.EscalateForm(initial=version),
        "categories": forms.word_choices(list(Category)),
        "accepted_files": ",".join(f".{ending}" for ending in attachments.CONTENT_TYPES),
        **bound,
        "fields_form": custom_fields.form_of(ticket, bound.get("fields_form")),
    }
