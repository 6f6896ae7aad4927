"""What the forms of the ticket page do. Each works as a plain form and as an HTMX partial."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.errors import Invalid, NotAllowed, NotFound, ServiceError
from helpdesk.fragments import wants_fragment
from helpdesk.middleware import status_of
from tickets.domain.errors import DomainError
from tickets.services import assign as assigning
from tickets.services import communicate, edit
from tickets.services import escalate as escalating
from tickets.services import status as workflow
from tickets.services.read import ticket_page
from tickets.store.ticket import Ticket
from tickets.web import forms
from tickets.web.pages import detail_context
from tickets.web.words import explained

Act = Callable[[str, QueryDict, Actor], Ticket]


def action(
    form_name: str = "", form_class: type[forms.VersionForm] = forms.VersionForm
) -> Callable[[Act], Callable[..., HttpResponse]]:
    """Make a view of `act`: what was typed goes in, the ticket page comes out.

    A refusal shows the page as the ticket is now, with the reason, and what was typed stays in the
    form `form_name`.
    """

    def make(act: Act) -> Callable[..., HttpResponse]:
        @require_POST
        @wraps(act)
        def view(request: HttpRequest, ticket_id: str) -> HttpResponse:
            by = actor_of(request.user)
            refused: dict[str, Any] = {}
            status = 200
            try:
                act(ticket_id, request.POST, by)
            except (NotFound, NotAllowed):
                raise
            except (ServiceError, DomainError) as error:
                status = status_of(error)
                refused["refused"] = explained(error)
                if form_name:
                    refused[form_name] = _with_errors(form_class(request.POST), error)
            if not refused and not wants_fragment(request):
                return redirect("ticket_detail", ticket_id)
            context = detail_context(ticket_page(ticket_id, by=by), **refused)
            template = (
                "tickets/detail.html#ticket" if wants_fragment(request) else "tickets/detail.html"
            )
            return render(request, template, context, status=status)

        return view

    return make


@action("reply_form", forms.ReplyForm)
def reply(ticket_id: str, typed: QueryDict, by: Actor) -> Ticket:
    waiting = bool(typed.get("waiting"))
    return communicate.respond(ticket_id, content=typed.get("content", ""), waiting=waiting, by=by)


@action("note_form", forms.NoteForm)
def note(ticket_id: str, typed: QueryDict, by: Actor) -> Ticket:
    return communicate.note(ticket_id, content=typed.get("content", ""), by=by)


@action()
def assign(ticket_id: str, typed: QueryDict, by: Actor) -> Ticket:
    to = typed.get("assigned_to") or None
    return assigning.assign(ticket_id, to=to, by=by, version=_version(typed))


@action()
def status(ticket_id: str, typed: QueryDict, by: Actor) -> Ticket:
    return workflow.change_status(
        ticket_id, to=typed.get("status", ""), by=by, version=_version(typed)
    )


@action()
def priority(ticket_id: str, typed: QueryDict, by: Actor) -> Ticket:
    return edit.edit(ticket_id, priority=typed.get("priority", ""), by=by, version=_version(typed))


@action()
def wait(ticket_id: str, typed: QueryDict, by: Actor) -> Ticket:
    """Start to wait for the customer, or stop."""
    step = workflow.resume if typed.get("resume") else workflow.wait
    return step(ticket_id, by=by, version=_version(typed))


@action("escalate_form", forms.EscalateForm)
def escalate(ticket_id: str, typed: QueryDict, by: Actor) -> Ticket:
    return escalating.escalate(
        ticket_id, reason=typed.get("reason", ""), by=by, version=_version(typed)
    )


def _version(typed: QueryDict) -> int | None:
    """The version that the form was rendered with; None from a form that has none."""
    text = typed.get("version", "")
    if text and not (text.isascii() and text.isdecimal()):
        raise Invalid({"version": _("The version is not a number. Load the page again.")})
    return int(text) if text else None


def _with_errors(form: forms.VersionForm, error: Exception) -> forms.VersionForm:
    form.is_valid()
    if isinstance(error, Invalid):
        for field, message in error.errors.items():
            form.add_error(field if field in form.fields else None, message)
    return form
