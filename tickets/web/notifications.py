"""The bell, and the page of notifications."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.people import names_of
from tickets.presenters.labels import NOTICES, RULES
from tickets.services.delivery import notifications
from tickets.store.notification import Notice


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    found = notifications.notices(by=actor_of(request.user))
    names = names_of(notice.told_by for notice in found)
    reasons = notifications.reasons_of(found)
    shown = [_shown(notice, names, reasons.get(notice.event_id, "")) for notice in found]
    return render(request, "tickets/notices.html", {"notices": shown, "view": "notices"})


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """Show the bell with its current count, for a page that has been open for a while."""
    count = notifications.unread_count(by=actor_of(request.user))
    return render(request, "components/bell.html", {"unread": count, "most": notifications.SHOWN})


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark the notifications in the request as read, or all."""
    chosen = request.POST.getlist("event") or None
    notifications.mark_read(by=actor_of(request.user), event_ids=chosen)
    return redirect("notices")


def _shown(notice: Notice, names: dict[str, str], reason: str) -> dict[str, object]:
    rules = [str(RULES.get(rule, rule)) for rule in notice.rules.split()]
    told = NOTICES.get(notice.kind)
    name = names.get(notice.told_by or "", "")
    return {
        "event_id": notice.event_id,
        "ticket_id": notice.ticket_id,
        "at": notice.at,
        "due_at": notice.due_at,
        "level": notice.level,
        "reason": reason,
        "read": bool(notice.read),
        "what": told % {"name": name} if told else ", ".join(rules),
    }
