"""Follow a ticket, snooze it for oneself, and be reminded of it: forms of the ticket page."""

from datetime import datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor
from helpdesk.errors import Invalid
from tickets.services.delivery import attention, snooze
from tickets.web.actions import action

UNTIL_REPLY = "reply"


@action()
def follow(ticket_id: str, request: HttpRequest, by: Actor) -> None:
    attention.follow(ticket_id, follows=bool(request.POST.get("follow")), by=by)


@action()
def snooze_ticket(ticket_id: str, request: HttpRequest, by: Actor) -> None:
    """Snooze a ticket, or wake it."""
    if request.POST.get("wake"):
        snooze.wake(ticket_id, by=by)
        return
    chosen = request.POST.get("until", "")
    until = None if chosen == UNTIL_REPLY else _time(request, "until")
    snooze.snooze(ticket_id, until=until, seen=request.POST.get("last_message", ""), by=by)


@action()
def remind(ticket_id: str, request: HttpRequest, by: Actor) -> None:
    at = None if request.POST.get("never") else _time(request, "at")
    snooze.remind(ticket_id, at=at, by=by)


def _time(request: HttpRequest, name: str) -> datetime:
    """Return the chosen time: that of a button, or the one that was typed, in the reader's zone.
    Raises Invalid."""
    written = request.POST.get(name) or request.POST.get(f"{name}_typed", "")
    try:
        found = parse_datetime(written)
    except ValueError:
        found = None
    if found is None:
        raise Invalid({name: _("Choose a time.")})
    return found if timezone.is_aware(found) else timezone.make_aware(found)
