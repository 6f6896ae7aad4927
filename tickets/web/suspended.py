"""The list of suspended mail, and its actions."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.actors import actor_of
from helpdesk.errors import Invalid
from helpdesk.mail.reading import Address, ReadMessage
from tickets.domain.mail.outcome import MailList, Outcome
from tickets.presenters.mail import CAUSES, remarks_of
from tickets.services.email import suspended
from tickets.web.email import raw_download

LISTS = {
    MailList.SUSPENDED: gettext_lazy("To decide"),
    MailList.PARKED: gettext_lazy("Could not be read"),
    MailList.BOUNCE: gettext_lazy("Delivery reports"),
    MailList.BLOCKED: gettext_lazy("Blocked senders"),
}
"""What the page shows, by `state` in its address."""


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("state", "")
    state = MailList(asked) if asked in LISTS else MailList.SUSPENDED
    found = suspended.suspended(
        state=state, cursor_text=request.GET.get("cursor"), by=actor_of(request.user)
    )
    mails = [(CAUSES.get(one.cause or "", ""), one) for one in found.mails]
    lists = [(each.value, label, each is state) for each, label in LISTS.items()]
    context = {
        "mails": mails,
        "page": found,
        "lists": lists,
        "state": state.value,
        "view": "suspended",
    }
    return render(request, "tickets/suspended.html", context)


@require_safe
def message(request: HttpRequest) -> HttpResponse:
    return _shown(request, request.GET.get("mail", ""))


@require_safe
def original(request: HttpRequest) -> HttpResponse:
    """Download a suspended mail as it came."""
    raw = suspended.original(request.GET.get("mail", ""), by=actor_of(request.user))
    return raw_download(raw, name="suspended-mail.eml")


@require_POST
def act(request: HttpRequest) -> HttpResponse:
    """Create a ticket, add to one, block the sender, delete, or read again."""
    by, key = actor_of(request.user), request.POST.get("mail", "")
    number = request.POST.get("ticket", "").strip().removeprefix("#")
    try:
        match request.POST.get("action"):
            case "open":
                taken = suspended.open_ticket_of(
                    key, sender=request.POST.get("sender", "").strip(), by=by
                )
            case "add":
                taken = suspended.add_to_ticket(
                    key,
                    number,
                    side_thread=request.POST.get("side_thread"),
                    shown=request.POST.get("shown"),
                    by=by,
                )
            case "again":
                taken = suspended.read_again(key, by=by)
            case "block":
                suspended.block_sender(key, by=by)
                messages.info(request, _("Sender blocked. The email is deleted."))
                return redirect("mail_suspended")
            case "delete":
                suspended.delete(key, by=by)
                messages.info(request, _("Email deleted."))
                return redirect("mail_suspended")
            case _:
                raise Invalid({"action": _("Choose what to do with the email.")})
    except suspended.OtherConversations as refused:
        return _shown(request, key, refused.errors, number)
    except Invalid as refused:
        return _shown(request, key, refused.errors)
    if taken.ticket_id and taken.outcome in (Outcome.TICKET, Outcome.REPLY, Outcome.AUTO_REPLY):
        return redirect("ticket_detail", taken.ticket_id)
    return redirect("mail_suspended")


def _shown(
    request: HttpRequest,
    key: str,
    errors: dict[str, str] | None = None,
    ticket_id: str = "",
) -> HttpResponse:
    opened = suspended.one_suspended(key, ticket_id=ticket_id, by=actor_of(request.user))
    found, read, to = opened.listed, opened.message, opened.destination
    context = {
        "ticket_id": to.ticket_id or found.mail.ticket_id or "",
        "side_threads": [str(one) for one in range(1, to.side_threads + 1)],
        "side_thread": to.side_thread,
        "one": found,
        "message": read,
        "asks_sender": opened.asks_sender,
        "recipients": _recipients(read) if read else [],
        "cause": CAUSES.get(found.cause or "", ""),
        "remarks": remarks_of([one.value for one in read.problems] if read else None),
        "supervises": actor_of(request.user).supervises,
        "errors": list((errors or {}).values()),
        "view": "suspended",
    }
    return render(request, "tickets/suspended_message.html", context, status=422 if errors else 200)


def _recipients(read: ReadMessage) -> list[tuple[str, list[str]]]:
    """Return the recipients that a message names, each list with its label; without empty ones."""
    named = (
        (_("Recipients"), read.to),
        (_("Cc"), read.cc),
    )
    return [(label, list(map(_as_written, people))) for label, people in named if people]


def _as_written(one: Address) -> str:
    return f"{one.name} <{one.address}>" if one.name else one.address
