"""Pages that only show: the lists and the ticket."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from helpdesk.accounts.actors import actor_of
from helpdesk.errors import NotFound
from helpdesk.fragments import wants_fragment
from helpdesk.moments import this_second
from tickets.services.read import Queue, TicketPage, older_log, queue, ticket_page
from tickets.web import forms, present
from tickets.web.words import QUEUES


@require_safe
def my_work(request: HttpRequest) -> HttpResponse:
    return _list(request, Queue.MINE)


@require_safe
def ticket_list(request: HttpRequest) -> HttpResponse:
    name = request.GET.get("view", Queue.ACTIVE.value)
    if name not in list(Queue):
        raise NotFound(f"There is no list {name[:40]!r}.")
    return _list(request, Queue(name))


@require_safe
def ticket(request: HttpRequest, ticket_id: str) -> HttpResponse:
    page = ticket_page(ticket_id, by=actor_of(request.user))
    return render(request, "tickets/detail.html", detail_context(page))


@require_safe
def older(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """The part of a log before what the ticket page shows."""
    lines, before = older_log(
        ticket_id, before=request.GET.get("before", ""), by=actor_of(request.user)
    )
    context = {
        "ticket": {"ticket_id": ticket_id},
        "log": present.log_lines(lines),
        "older_url": present.older_url(ticket_id, before),
    }
    template = "tickets/log.html#lines" if wants_fragment(request) else "tickets/log.html"
    return render(request, template, context)


def detail_context(page: TicketPage, **bound: Any) -> dict[str, Any]:
    """Everything on the ticket page; `bound` holds forms that were refused, and why."""
    ticket = page.ticket
    version = {"version": int(ticket.version)}
    return {
        **present.ticket_context(page, now=this_second()),
        "reply_form": forms.ReplyForm(initial=version),
        "note_form": forms.NoteForm(initial=version),
        "assign_form": forms.AssignForm(initial={**version, "assigned_to": ticket.assigned_to}),
        "status_form": forms.StatusForm(initial=version, current=ticket.status),
        "priority_form": forms.PriorityForm(initial={**version, "priority": ticket.priority}),
        "escalate_form": forms.EscalateForm(initial=version),
        **bound,
    }


def _list(request: HttpRequest, which: Queue) -> HttpResponse:
    after = request.GET.get("after") or None
    page = queue(which, by=actor_of(request.user), after=after)
    now = this_second()
    first = reverse("my_work") if which is Queue.MINE else _address(which)
    context = {
        "title": QUEUES[which],
        "view": which.value,
        "lines": present.ticket_lines(page.tickets, now=now),
        "next_url": _address(which, after=page.next_cursor) if page.next_cursor else None,
        "first_url": first if after else None,
        "now": now,
    }
    template = "tickets/list.html#rows" if wants_fragment(request) else "tickets/list.html"
    return render(request, template, context)


def _address(which: Queue, **query: str) -> str:
    return f"{reverse('ticket_list')}?{urlencode({'view': which.value, **query})}"
