"""One change to many tickets: asked for from a list, watched on its own page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.models import Team
from helpdesk.accounts.people import names_of
from helpdesk.htmx import wants_fragment
from tickets.models import Bulk
from tickets.services.lists import bulk
from tickets.web.labels import BULKS, label


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    action = request.POST.get("action", "")
    if action == bulk.HAND_OVER:  # is asked for on a page of its own
        action = ""
    asked = bulk.start(
        action=action,
        value=request.POST.get(f"{action}_value", ""),
        ticket_ids=request.POST.getlist("ticket"),
        by=actor_of(request.user),
    )
    bulk.step(asked.pk)
    return redirect("bulk", asked.pk)


@require_safe
def page(request: HttpRequest, bulk_id: int) -> HttpResponse:
    return _shown(request, bulk.bulk_of(bulk_id, by=actor_of(request.user)))


@require_POST
def step(request: HttpRequest, bulk_id: int) -> HttpResponse:
    """Work on, and show how far it is."""
    asked = bulk.step(bulk.bulk_of(bulk_id, by=actor_of(request.user)).pk)
    return _shown(request, asked) if wants_fragment(request) else redirect("bulk", bulk_id)


def _shown(request: HttpRequest, asked: Bulk) -> HttpResponse:
    refused = [found for found in asked.results if found["refused"]]
    skipped = [found["ticket"] for found in asked.results if found.get("skipped")]
    done = [
        found["ticket"]
        for found in asked.results
        if not found["refused"] and not found.get("skipped")
    ]
    context = {
        "bulk": asked,
        "what": BULKS[asked.action] % {"value": _value(asked)},
        "total": len(asked.ticket_ids),
        "worked": len(asked.results),
        "done": done,
        "refused": refused,
        "skipped": skipped,
    }
    template = "tickets/bulk.html#progress" if wants_fragment(request) else "tickets/bulk.html"
    return render(request, template, context)


def _value(asked: Bulk) -> str:
    if asked.action == bulk.HAND_OVER:
        to = asked.value.partition(bulk.HOLDER_AND_NEXT)[2]
        return names_of([to]).get(to, label(to or "nobody"))
    if asked.action != "assign":
        return label(asked.value) or "…"
    if asked.value.startswith("team-"):
        team = Team.objects.filter(pk=asked.value.removeprefix("team-")).first()
        return team.name if team else ""
    return names_of([asked.value]).get(asked.value, label(asked.value or "nobody"))
