"""The bell, and the page of notifications."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.people import names_of
from tickets.presenters.labels import NOTIFICATIONS, RULES
from tickets.services.delivery import notifications
from tickets.store.notification import Notification


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    found = notifications.newest(by=actor_of(request.user))
    names = names_of(one.told_by for one in found)
    reasons = notifications.reasons_of(found)
    shown = [_shown(one, names, reasons.get(one.event_id, "")) for one in found]
    return render(
        request, "tickets/notifications.html", {"notifications": shown, "view": "notifications"}
    )


@require_safe
def moved(request: HttpRequest) -> HttpResponse:
    return redirect("notifications", permanent=True)


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
    return redirect("notifications")


def _shown(one: Notification, names: dict[str, str], reason: str) -> dict[str, object]:
    rules = [str(RULES.get(rule, rule)) for rule in one.rules.split()]
    told = NOTIFICATIONS.get(one.kind)
    name = names.get(one.told_by or "", "")
    return {
        "event_id": one.event_id,
        "ticket_id": one.ticket_id,
        "at": one.at,
        "due_at": one.due_at,
        "level": one.level,
        "reason": reason,
        "read": bool(one.read),
        "what": told % {"name": name} if told else ", ".join(rules),
    }
