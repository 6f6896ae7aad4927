"""Bulk changes: started from a list, with progress on their own page."""

import secrets

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.actors import SYSTEM, actor_of
from helpdesk.accounts.models import Team
from helpdesk.accounts.people import names_of
from helpdesk.errors import Invalid
from helpdesk.htmx import wants_fragment
from helpdesk.messages import undoable
from tickets.domain.ticket import Status
from tickets.models import Bulk
from tickets.presenters.labels import BULKS, label
from tickets.services.lists import bulk
from tickets.services.lists.find import every_number, find
from tickets.web.lists import filters_of, query_of, words_of

SHOWN = 10
_CLOSING = ("status", Status.CLOSED.value)


@require_safe
def matching(request: HttpRequest) -> HttpResponse:
    """Offer to select all tickets of a list, with their number."""
    by = actor_of(request.user)
    count = len(every_number(filters_of(request.GET, by=by), most=bulk.MOST + 1, by=by))
    context = {"count": count, "most": bulk.MOST, "too_many": count > bulk.MOST}
    return render(request, "tickets/list.html#matching", context)


@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Start a change of one ticket, or, once it is confirmed, of several or a whole list.

    What is done at once, without a refusal, leads back to the list.
    """
    by = actor_of(request.user)
    action = request.POST.get("action", "")
    if action == bulk.HAND_OVER:  # is asked for on a page of its own
        action = ""
    value = request.POST.get(f"{action}_value")
    if action and value is None:
        raise Invalid({"value": _("Select a value.")})
    asked = QueryDict(request.POST.get("asked", ""))
    every, numbers = "all" in request.POST, request.POST.getlist("ticket")
    confirmed = request.POST.get("tickets")
    if confirmed is None and (every or len(numbers) > 1):
        return _confirm(request, action, value or "", asked, None if every else numbers)
    if confirmed is not None:
        numbers = [number for number in confirmed.split(",") if number.isdecimal()]
    token = request.POST.get("token", "")[:40]
    started = bulk.start(
        action=action,
        value=value or "",
        ticket_ids=numbers,
        filters=filters_of(asked, by=by) if confirmed is not None and every else None,
        key=f"list {by.user_id} {token}" if token else None,
        by=by,
    )
    done = bulk.step(started.pk)
    if done.finished_at and not any(one["refused"] or one.get("skipped") for one in done.results):
        _say_done(request, done)
        return redirect(f"{reverse('ticket_list')}?{query_of(asked)}")
    return redirect(_address("bulk", started, asked))


def _say_done(request: HttpRequest, change: Bulk) -> None:
    """Show on the next page what was changed. One ticket is changed without a question, so its
    closing can be undone from there."""
    many = len(change.results)
    changed = ngettext("%(n)s ticket changed", "%(n)s tickets changed", many) % {"n": many}
    words = f"{_what(change.action, change.value)}: {changed}."
    if many == 1 and (change.action, change.value) == _CLOSING:
        undo = reverse("ticket_undo_close", args=[change.results[0]["ticket"]])
        undoable(request, words, undo=undo)
    else:
        messages.success(request, words)


def _confirm(
    request: HttpRequest, action: str, value: str, asked: QueryDict, numbers: list[str] | None
) -> HttpResponse:
    """Ask for confirmation of a change to some tickets, or without numbers to a whole list.

    Cost: a batch read of those shown; for a list see `every_number`, and a page of it.
    """
    by = actor_of(request.user)
    bulk.check(action, value)
    every = numbers is None
    if numbers is None:
        filters = filters_of(asked, by=by)
        numbers = bulk.all_of(filters, by=by)
        shown = find(filters, limit=SHOWN, snippets=False, by=by).tickets
    else:
        shown = bulk.first_of(numbers, SHOWN, by=by)
    context = {
        "what": _what(action, value),
        "action": action,
        "value_name": f"{action}_value",
        "value": value,
        "numbers": ",".join(numbers),
        "count": len(numbers),
        "every": every,
        "grave": every or (action, value) == _CLOSING,
        "list": words_of(asked),
        "asked": query_of(asked),
        "tickets": shown,
        "more": max(len(numbers) - len(shown), 0),
        "token": secrets.token_urlsafe(16),
    }
    return render(request, "tickets/bulk_confirm.html", context)


@require_safe
def page(request: HttpRequest, bulk_id: int) -> HttpResponse:
    return _shown(request, bulk.bulk_of(bulk_id, by=actor_of(request.user)))


@require_POST
def step(request: HttpRequest, bulk_id: int) -> HttpResponse:
    """Do the next step, and show the progress."""
    found = bulk.step(bulk.bulk_of(bulk_id, by=actor_of(request.user)).pk)
    if wants_fragment(request):
        return _shown(request, found)
    return redirect(_address("bulk", found, request.GET))


def _shown(request: HttpRequest, found: Bulk) -> HttpResponse:
    refused = [one for one in found.results if one["refused"]]
    skipped = [one["ticket"] for one in found.results if one.get("skipped")]
    done = [one["ticket"] for one in found.results if not one["refused"] and not one.get("skipped")]
    context = {
        "bulk": found,
        "what": _what(found.action, found.value),
        "total": len(found.ticket_ids),
        "worked": len(found.results),
        "done": done,
        "refused": refused,
        "skipped": skipped,
        "asker": found.asked_by.display_name if found.asked_by != request.user else "",
        "by_system": bulk.done_as(found) is SYSTEM,
        "step_url": _address("bulk_step", found, request.GET),
        "list": query_of(request.GET),
    }
    template = "tickets/bulk.html#progress" if wants_fragment(request) else "tickets/bulk.html"
    return render(request, template, context)


def _address(name: str, found: Bulk, asked: QueryDict) -> str:
    """Return a change's URL, with the list that it came from, for the way back."""
    query = query_of(asked)
    return reverse(name, args=[found.pk]) + (f"?{query}" if query else "")


def _what(action: str, value: str) -> str:
    """Return what a change does, for people."""
    return str(BULKS[action]) % {"value": _value(action, value)}


def _value(action: str, value: str) -> str:
    if action == bulk.HAND_OVER:
        to = value.partition(bulk.HOLDER_AND_NEXT)[2]
        return names_of([to]).get(to, label(to or "nobody"))
    if action != "assign":
        return label(value) or "…"
    if value.startswith("team-"):
        team = Team.objects.filter(pk=value.removeprefix("team-")).first()
        return team.name if team else ""
    return names_of([value]).get(value, label(value or "nobody"))
