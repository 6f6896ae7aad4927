"""Follow a ticket, snooze it for oneself, and be reminded of it: forms of the ticket page. And
mark what a list shows as read."""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from tickets.presenters.attention import IN_THREE_HOURS
from tickets.services.delivery import attention, snooze
from tickets.web.actions import action
from tickets.web.lists import query_of

UNTIL_REPLY = "reply"


@require_POST
def see_all(request: HttpRequest) -> HttpResponse:
    """Mark what a page of a list showed as unread as read, up to the messages that it knew."""
    shown = [one.partition(":") for one in request.POST.get("seen", "").split()]
    attention.see_all([(number, last) for number, _colon, last in shown], by=actor_of(request.user))
    query = query_of(QueryDict(request.POST.get("asked", "")))
    page = urlencode({"page": given}) if (given := request.POST.get("page")) else ""
    return redirect(f"{reverse('ticket_list')}?{'&'.join(filter(None, (query, page)))}")


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
    if written == IN_THREE_HOURS:
        return this_second() + timedelta(hours=3)
    try:
        found = parse_datetime(written)
    except ValueError:
        found = None
    if found is None:
        raise Invalid({name: _("Choose a time.")})
    return found if timezone.is_aware(found) else timezone.make_aware(found)
