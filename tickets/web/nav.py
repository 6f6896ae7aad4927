"""The navigation of every page: lists with their counts, and saved views."""

from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.models import User
from tickets.presenters.labels import QUEUES
from tickets.services.delivery import presence
from tickets.services.lists.counts import list_counts
from tickets.services.lists.find import MOST_COUNTED, Queue
from tickets.services.lists.list_settings import settings_of
from tickets.services.lists.saved_views import views_in_order
from tickets.services.lists.view_counts import view_counts

_ICONS = {
    Queue.MINE: "person",
    Queue.TEAMS: "people",
    Queue.UNASSIGNED: "inbox",
    Queue.NEEDS_REPLY: "reply",
    Queue.ACTIVE: "stack",
    Queue.OVERDUE: "flame",
    Queue.AT_RISK: "clock",
    Queue.WAITING: "pause",
    Queue.SNOOZED: "moon",
    Queue.FOLLOWED: "eye",
    Queue.RESOLVED: "check",
    Queue.CLOSED: "archive",
    Queue.ALL: "list",
}


@dataclass(frozen=True)
class _Link:
    """A link to a list."""

    name: str
    label: str
    url: str
    icon: str
    count: int
    more: bool
    """Whether there are more than were counted."""


def desk(request: HttpRequest) -> dict[str, Any]:
    """Context processor for the navigation. Nothing is read until a template uses it."""
    return {"desk": SimpleLazyObject(lambda: _desk(request)), "in_development": settings.DEBUG}


@require_safe
def nav(request: HttpRequest) -> HttpResponse:
    """Show the lists with current counts, for a page that has been open for a while."""
    return render(request, "components/nav.html", {"view": request.GET.get("view", "")})


def _desk(request: HttpRequest) -> dict[str, Any]:
    by = actor_of(request.user)
    if not by.works_tickets:
        return {"queues": [], "views": [], "stamp": ""}
    held, replies = list_counts(by=by)
    queues = [
        _Link(
            name=queue.value,
            label=str(QUEUES[queue]),
            url=reverse("my_work")
            if queue is Queue.MINE
            else f"{reverse('ticket_list')}?view={queue.value}",
            icon=_ICONS[queue],
            count=held.get(queue.value, 0),
            more=held.get(queue.value, 0) >= MOST_COUNTED,
        )
        for queue in Queue
    ]
    saved = views_in_order(by, settings_of(cast(User, request.user)).views)
    held_by_views = view_counts(saved, by=by)
    views = [
        {
            "pk": view.pk,
            "name": view.name,
            "shared_with": view.team.name if view.team else _("Everyone") if view.everyone else "",
            "url": f"{reverse('ticket_list')}?{view.query}",
            "query": view.query,
            "count": held_by_views.get(view.pk, 0),
            "more": held_by_views.get(view.pk, 0) >= MOST_COUNTED,
        }
        for view in saved
    ]
    return {
        "queues": queues,
        "views": views,
        "replies": replies,
        "stamp": presence.desk_stamp(by=by),
    }
