"""The forms of the ticket page. Each works as a plain form and as an HTMX partial."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from hashlib import sha256
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import resolve
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import trigger_client_event

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.custom_fields.forms import typed
from helpdesk.errors import Invalid, NotAllowed, NotFound, ServiceError, StaleVersion
from helpdesk.htmx import wants_fragment
from helpdesk.idempotency import Token
from helpdesk.middleware import status_of
from helpdesk.parsing import whole_number
from tickets.domain.errors import DomainError
from tickets.domain.ticket import Channel, CommunicationType, Direction
from tickets.presenters import tickets
from tickets.presenters.labels import explained
from tickets.services.assignment import assign as assigning
from tickets.services.conversation import communicate, mentioning, redaction
from tickets.services.conversation.attachments import kept
from tickets.services.delivery import reply_email
from tickets.services.lifecycle import edit, escalate, links_and_merges, status
from tickets.services.read import log_since, ticket_page
from tickets.store.ticket import Ticket
from tickets.web import forms
from tickets.web.custom_fields import FieldsForm
from tickets.web.pages import CALLED, HEARD_BY, detail_context

Act = Callable[[str, HttpRequest, Actor], Ticket | None]

_COMPOSED = {
    forms.ReplyForm: "reply",
    forms.NoteForm: "note",
    forms.HeardForm: "heard",
    forms.ForwardForm: "forward-form-{line}",
}
"""Forms that write a message, and their ids on the page. An open page never swaps them."""
_NOT_SENT_AGAIN = {"csrfmiddlewaretoken", "version", "seen"}


def action(
    form_name: str = "", form_class: type[forms.VersionForm] = forms.VersionForm
) -> Callable[[Act], Callable[..., HttpResponse]]:
    """Return a view that parses the form, calls `act`, and renders the ticket page.

    A refusal renders the page as the ticket is now, with the reason, and keeps what was typed in
    the form `form_name`. If others have changed the ticket meanwhile, it shows their changes and
    asks for confirmation.
    """

    def make(act: Act) -> Callable[..., HttpResponse]:
        @require_POST
        @wraps(act)
        def view(request: HttpRequest, ticket_id: str) -> HttpResponse:
            by = actor_of(request.user)
            refused: dict[str, Any] = {}
            status = 200
            shown = ticket_id
            try:
                shown = _shown_then(request, act(ticket_id, request, by), ticket_id)
            except (NotFound, NotAllowed):
                raise
            except communicate.DuplicateMessage:
                pass  # a repeated form: the page shows its first result
            except (ServiceError, DomainError) as error:
                status = status_of(error)
                refused["refused"] = explained(error)
                if isinstance(error, StaleVersion):
                    refused["between"] = _between(ticket_id, request.POST, by)
                    refused["again"] = _again(request, asks=not form_name)
                if form_name:
                    form = _with_errors(form_class(request.POST), error)
                    refused[form_name] = form
                    refused["said_there"] = form_class in _COMPOSED and form.errors
            warning = "" if refused else _nobody_called(request, form_class)
            if not refused and (shown != ticket_id or not wants_fragment(request)):
                if warning:
                    messages.warning(request, warning)
                return _redirect(request, shown)
            page = ticket_page(ticket_id, by=by)
            context = detail_context(page, by=by, warning=warning, **refused)
            if not wants_fragment(request):
                return render(request, "tickets/detail.html", context, status=status)
            # What was typed stays in its form, and so do the files that were chosen.
            answer = render(
                request, "tickets/detail/parts.html", {**context, "oob": True}, status=status
            )
            answer["HX-Reswap"] = "none"
            if not refused and form_class in _COMPOSED:
                trigger_client_event(answer, "composed", {"form": _form_id(form_class, request)})
            return answer

        return view

    return make


@action("reply_form", forms.ReplyForm)
def reply(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    typed = request.POST
    content = typed.get("content", "")
    _guard(content, sure=bool(typed.get("sure")))
    with kept(ticket_id, request.FILES.getlist("files")) as attachments:
        return communicate.respond(
            ticket_id,
            content=content,
            waiting=typed.get("then") == "wait",
            resolve=typed.get("then") == "resolve",
            take=bool(typed.get("take")),
            attachments=attachments,
            reply_to=typed.get("reply_to", ""),
            leave_out=_left_out(typed),
            seen=typed.get("seen") or None,
            token=_token(ticket_id, request),
            channel=Channel.WEB,
            by=by,
        )


@action("note_form", forms.NoteForm)
def note(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    with kept(ticket_id, request.FILES.getlist("files")) as attachments:
        return communicate.note(
            ticket_id,
            content=request.POST.get("content", ""),
            attachments=attachments,
            token=_token(ticket_id, request),
            channel=Channel.WEB,
            by=by,
        )


@action("heard_form", forms.HeardForm)
def heard(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    """Log what was said on the phone or at the counter, now or at the time given."""
    form = forms.HeardForm(request.POST)
    if not form.is_valid():
        raise Invalid({"occurred_at": _("Enter a date and a time.")})
    by_way = request.POST.get("channel", "")
    called = by_way == CALLED
    if not called and by_way not in HEARD_BY:
        raise Invalid({"channel": _("Select how the message reached you.")})
    with kept(ticket_id, request.FILES.getlist("files")) as attachments:
        ticket, _line = communicate.communicate(
            ticket_id,
            type=CommunicationType.CUSTOMER_RESPONSE,
            direction=Direction.OUTBOUND if called else Direction.INBOUND,
            content=request.POST.get("content", ""),
            attachments=attachments,
            token=_token(ticket_id, request),
            channel=Channel.PHONE if called else Channel(by_way),
            occurred_at=form.cleaned_data["occurred_at"],
            by=by,
        )
    return ticket


@action()
def assign(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    to, version = request.POST.get("assigned_to", ""), _version(request.POST)
    if to == "auto":
        return assigning.assign_automatically(ticket_id, by=by, version=version)
    if to.startswith("team-"):
        team_id = to.removeprefix("team-")
        return assigning.assign_team(ticket_id, team_id=team_id, by=by, version=version)
    return assigning.assign(ticket_id, to=to or None, by=by, version=version)


@action()
def set_status(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    to = request.POST.get("status", "")
    return status.change_status(ticket_id, to=to, by=by, version=_version(request.POST))


@action()
def undo_close(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    return status.undo_close(ticket_id, by=by, version=_version(request.POST))


@action()
def priority(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    wanted = request.POST.get("priority", "")
    return edit.edit(ticket_id, priority=wanted, by=by, version=_version(request.POST))


@action("edit_form", forms.EditForm)
def change(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    """Change the fields that the form has."""
    fields = forms.EditForm.fields_in(request.POST)
    return edit.edit(ticket_id, **fields, by=by, version=_version(request.POST))


@action("fields_form", FieldsForm)
def custom_fields(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    """Change the custom fields that the form has."""
    given = typed(request.POST.dict())
    return edit.edit(ticket_id, custom_fields=given, by=by, version=_version(request.POST))


@action()
def wait(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    """Start or end a wait for the customer."""
    step = status.resume if request.POST.get("resume") else status.wait
    return step(ticket_id, by=by, version=_version(request.POST))


@action("escalate_form", forms.EscalateForm)
def escalate_ticket(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    reason = request.POST.get("reason", "")
    return escalate.escalate(ticket_id, reason=reason, by=by, version=_version(request.POST))


@action("relate_form", forms.RelateForm)
def link(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    step = links_and_merges.unlink if request.POST.get("unlink") else links_and_merges.link
    with _about_the_other():
        return step(ticket_id, other_id=_other(request.POST), by=by)[0]


@action()
def undo_merge(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    return links_and_merges.undo_merge(ticket_id, by=by)


@action()
def split(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    typed = request.POST
    subject = typed.get("subject", "")
    return links_and_merges.split(ticket_id, typed.get("line", ""), subject=subject, by=by)


@action()
def redact(ticket_id: str, request: HttpRequest, by: Actor) -> Ticket:
    return redaction.remove_card_numbers(ticket_id, by=by)


@action()
def send_again(ticket_id: str, request: HttpRequest, by: Actor) -> None:
    reply_email.send_again(ticket_id, request.POST.get("line", ""), by=by)


def _form_id(form_class: type[forms.VersionForm], request: HttpRequest) -> str:
    return _COMPOSED[form_class].format(line=request.POST.get("line", ""))


def _nobody_called(request: HttpRequest, form: type[forms.VersionForm]) -> str:
    """Return a warning about mentions in a note that are no colleague's."""
    if form is not forms.NoteForm:
        return ""
    unknown = mentioning.unknown(request.POST.get("content", ""))
    names = ", ".join(f"@{name}" for name in unknown)
    return _("Note added. No user or team called %(names)s.") % {"names": names} if names else ""


def _left_out(typed: QueryDict) -> set[str] | None:
    """Return the participants whom the page offered and its user left out; None if it offered
    none."""
    offered = typed.getlist("offered")
    return set(offered) - set(typed.getlist("also_to")) if offered else None


def _token(ticket_id: str, request: HttpRequest) -> Token | None:
    """Return the same token for a form that is sent twice: the same text on the same page state."""
    seen = request.POST.get("seen")
    if not seen:
        return None
    said = "\n".join((request.path, seen, request.POST.get("content", "")))
    return Token(f"form-{ticket_id}-{sha256(said.encode()).hexdigest()}")


def _shown_then(request: HttpRequest, ticket: Ticket | None, asked: str) -> str:
    """Return the ticket to show: the changed one, which may be another than the page's."""
    if ticket is None or ticket.ticket_id == asked:
        return asked
    if ticket.split_from == asked:
        said = _("This ticket was split from ticket %(id)s.")
    else:
        said = _(
            "Ticket %(id)s is closed. Your message was added to this ticket, which continues it."
        )
    messages.info(request, said % {"id": asked})
    return ticket.ticket_id


def _redirect(request: HttpRequest, ticket_id: str) -> HttpResponse:
    answer = redirect("ticket_detail", ticket_id)
    if wants_fragment(request):
        moved = HttpResponse(status=204)
        moved["HX-Redirect"] = answer["Location"]
        return moved
    return answer


def _guard(content: str, *, sure: bool) -> None:
    """Raise if a reply mentions a colleague, since it may have been meant as an internal note."""
    called = mentioning.called(content) if not sure else {}
    if called:
        raise Invalid(
            {
                "content": _(
                    "Not sent. This reply mentions @%(name)s, and the customer would see it. Use"
                    " an internal note, or send it again to reply to the customer."
                )
                % {"name": next(iter(called))}
            }
        )


def _between(ticket_id: str, typed: QueryDict, by: Actor) -> list[tickets.LogLine]:
    """Return what others have written since the page was loaded."""
    return tickets.log_lines(ticket_id, log_since(ticket_id, seen=typed.get("seen", ""), by=by))


def _again(request: HttpRequest, *, asks: bool) -> dict[str, Any] | None:
    """Return what the confirmation needs to submit again; empty if the form itself is
    still there."""
    if not asks:
        return None
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        if name not in _NOT_SENT_AGAIN
        for value in values
    ]
    return {"view": resolve(request.path).url_name, "fields": fields}


@contextmanager
def _about_the_other() -> Iterator[None]:
    """Return whether the missing ticket is the one whose number was typed.

    The page looks up its own ticket first.
    """
    try:
        yield
    except NotFound as unknown:
        raise Invalid({"other": str(unknown)}) from unknown


def _other(typed: QueryDict) -> str:
    number = typed.get("other", "").strip().removeprefix("#")
    if whole_number(number) is None:
        raise Invalid({"other": _("Enter a ticket number, for example 42.")})
    return number


def _version(typed: QueryDict) -> int | None:
    """Return the version that the form was rendered with; None from a form without one."""
    text = typed.get("version", "")
    version = whole_number(text)
    if text and version is None:
        raise Invalid({"version": _("The version is not a number. Reload the page.")})
    return version


def _with_errors(form: forms.VersionForm, error: Exception) -> forms.VersionForm:
    form.is_valid()
    if isinstance(error, Invalid):
        for field, message in error.errors.items():
            if field not in form.errors:  # it has said so itself
                form.add_error(field if field in form.fields else None, message)
    return form
