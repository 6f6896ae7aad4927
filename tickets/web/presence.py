"""The polling of open pages.

It costs no read of DynamoDB, except for the first time, when the ticket's notifications are marked
as read: so does a page without scripts, once.
"""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.actors import actor_of
from tickets.services.delivery import attention, notifications, presence


@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """Return 204 as long as no ticket has changed since `seen`; with `told`, as a hidden page asks,
    as long as its reader was notified of nothing since."""
    by = actor_of(request.user)
    if "told" in request.GET:
        told = presence.told_stamp(by=by)
        same = told == request.GET["told"]
        return HttpResponse(status=204) if same else JsonResponse({"told": told})
    stamp = presence.desk_stamp(by=by)
    if stamp == request.GET.get("seen", ""):
        return HttpResponse(status=204)
    return JsonResponse({"desk": stamp})


@require_safe
def seen_without_script(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Note that a page without scripts has shown a ticket: it asks for this as for a picture.

    A repeat changes nothing, and no other site can ask: without its user's session, and not at all
    where the browser says who asks.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin":
        by = actor_of(request.user)
        attention.see(ticket_id, request.GET.get("message", ""), by=by)
        notifications.mark_read_of(ticket_id, by=by)
    return HttpResponse(status=204)


@require_POST
def ticket(request: HttpRequest, ticket_id: str) -> JsonResponse:
    """Record that the user is viewing a ticket; return the other viewers, and the
    ticket's stamp."""
    by = actor_of(request.user)
    if shown := request.POST.get("seen"):
        attention.see(ticket_id, shown, by=by)
    read = bool(request.POST.get("opened")) and notifications.mark_read_of(ticket_id, by=by)
    others = presence.be_here(ticket_id, typing=request.POST.get("typing") == "1", by=by)
    return JsonResponse(
        {
            "ticket": presence.ticket_stamp(ticket_id, by=by),
            "desk": presence.desk_stamp(by=by),
            "read": read,
            "others": [_words(name, typing=typing) for name, typing in sorted(others.items())],
        }
    )


def _words(name: str, *, typing: bool) -> str:
    words = _("%(name)s is typing…") if typing else _("%(name)s is also viewing")
    return words % {"name": name}
