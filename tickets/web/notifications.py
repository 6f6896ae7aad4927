"""The bell, and the page of notifications."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.actors import actor_of
from tickets.presenters.labels import MUTABLE
from tickets.presenters.notifications import apart, for_browsers, groups
from tickets.services.delivery import notifications


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Show what concerns the reader, and beside it escalations."""
    told = notifications.with_texts(notifications.newest(by=actor_of(request.user)))
    mine, escalations = apart(told)
    muted = notifications.muted(by=actor_of(request.user))
    kinds = [(kind, MUTABLE[kind], kind not in muted) for kind in notifications.CAN_BE_MUTED]
    context = {
        "mine": mine,
        "escalations": escalations,
        "kinds": kinds,
        "view": "notifications",
    }
    return render(request, "tickets/notifications.html", context)


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Mute the kinds of notifications that are not ticked."""
    wanted = set(request.POST.getlist("kind"))
    muted = set(notifications.CAN_BE_MUTED) - wanted
    notifications.mute(muted, by=actor_of(request.user))
    messages.success(request, _("Saved."))
    return redirect("notifications")


@require_safe
def moved(request: HttpRequest) -> HttpResponse:
    return redirect("notifications", permanent=True)


@require_safe
def bell(request: HttpRequest) -> HttpResponse:
    """Show the bell with its current count, for a page that has been open for a while; and with
    `home` the unread mentions for that page, which are among what is counted.

    Cost: one query, and with unread mentions on the home page two batch reads and one for their
    messages.
    """
    found = notifications.newest(by=actor_of(request.user))
    unread = notifications.unread_among(found)
    mentions = notifications.unread_mentions(found)
    context: dict[str, Any] = {
        "unread": unread,
        "mentioned": len(mentions),
        "most": notifications.SHOWN,
        "news": for_browsers(found),
    }
    if "home" in request.GET:
        told = notifications.with_texts(mentions)
        context |= {"home": True, "mentions": groups(told)}
    return render(request, "components/bell.html", context)


@require_POST
def read(request: HttpRequest) -> HttpResponse:
    """Mark the notifications in the request as read, or all."""
    chosen = request.POST.getlist("event") or None
    notifications.mark_read(by=actor_of(request.user), event_ids=chosen)
    return redirect("notifications")
