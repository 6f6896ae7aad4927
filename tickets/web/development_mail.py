"""In development: the mail that the desk sent, and a form to write to it as a customer."""

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.actors import actor_of, require_ticket_work
from helpdesk.errors import Invalid
from helpdesk.htmx import wants_fragment
from helpdesk.mail import development
from helpdesk.mail.development import SentEmail
from helpdesk.mail.reading import Automatic
from helpdesk.mail.reading.html import sanitised
from helpdesk.messages import saved
from tickets.domain.mail.outcome import Outcome
from tickets.services.email.development import as_customer
from tickets.services.email.development.as_customer import CustomerEmail
from tickets.services.email.development.smtp_port import HOST
from tickets.services.email.incoming.receive import Received
from tickets.services.email.mailboxes import mailboxes

SHOWN = 50
_FIELDS = ("name", "address", "to", "subject", "text")


def in_development(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Allow a view in development only, and only for users who work tickets."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **named: Any) -> HttpResponse:
        if not development.is_on():
            raise Http404
        require_ticket_work(actor_of(request.user))
        return view(request, *args, **named)

    return guarded


@require_safe
@in_development
def page(request: HttpRequest) -> HttpResponse:
    before = request.GET.get("before", "")
    found = development.sent_emails(before=before, limit=SHOWN + 1)
    port = settings.DEVELOPMENT_SMTP_PORT
    context = {
        "mails": [(one, _is_automatic(one)) for one in found[:SHOWN]],
        "older": found[SHOWN - 1].name if len(found) > SHOWN else "",
        "before": before,
        "smtp": f"{HOST}:{port}" if port else "",
        "view": "mailbox",
    }
    template = "tickets/mailbox.html" + ("#mails" if wants_fragment(request) else "")
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@in_development
def new(request: HttpRequest) -> HttpResponse:
    """Write to the desk."""
    return _form(request, as_customer.new_email(), None)


@require_http_methods(["GET", "HEAD", "POST"])
@in_development
def message(request: HttpRequest, name: str) -> HttpResponse:
    """Show a mail that the desk sent, with a form to reply to it."""
    sent = development.sent_email(name)
    return _form(request, as_customer.reply_to(sent), sent)


@require_safe
@in_development
def original(request: HttpRequest, name: str) -> HttpResponse:
    """Download the mail as it was sent."""
    answer = HttpResponse(development.sent_email(name).raw, content_type="message/rfc822")
    answer["Content-Disposition"] = f'attachment; filename="{name}.eml"'
    return answer


def _form(request: HttpRequest, email: CustomerEmail, sent: SentEmail | None) -> HttpResponse:
    """Show the form below the mail that it replies to; send it if it is filled in."""
    errors: dict[str, str] = {}
    if request.method == "POST":
        email = replace(email, **{name: request.POST.get(name, "") for name in _FIELDS})
        files = request.FILES.getlist("files")
        try:
            received = as_customer.write(
                email, files=files, replies_to=sent, by=actor_of(request.user)
            )
        except Invalid as refused:
            errors = refused.errors
        else:
            saved(request, _outcome(received))
            return redirect("mailbox")
    context: dict[str, Any] = {
        "email": email,
        "errors": errors,
        "addresses": [one.address for one in mailboxes()],
        "view": "mailbox",
    }
    if sent:
        headers, _blank, _body = sent.raw.partition(b"\r\n\r\n")
        html = sanitised(sent.message.html, picture_url=lambda _id: None, remote_pictures=False)
        context |= {
            "sent": sent,
            "automatic": _is_automatic(sent),
            "headers": headers.decode(errors="replace"),
            "html": html.html,
        }
    return render(request, "tickets/mailbox_message.html", context, status=422 if errors else 200)


def _outcome(received: Received) -> str:
    """Return the outcome of an email, with a link to its ticket."""
    if received.outcome is Outcome.SUSPENDED:
        words, address = _("The email waits for a decision"), reverse("mail_suspended")
        link = _("Suspended mail")
    elif received.ticket_id:
        words, address = _("The email was received"), ""
        address = reverse("ticket_detail", args=[received.ticket_id])
        link = _("Ticket %(ticket_id)s") % {"ticket_id": received.ticket_id}
    else:
        return _("The email was received.")
    return format_html('{}: <a class="link" href="{}">{}</a>', words, address, link)


def _is_automatic(sent: SentEmail) -> bool:
    return sent.message.automatic is not Automatic.NO
