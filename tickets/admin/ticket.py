"""Tickets in the admin: a list for supervisors, from the same queues as the pages."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.actors import actor_of
from helpdesk.moments import this_second
from tickets.admin.rights import ReadOnly
from tickets.models import Ticket
from tickets.services.find import QUEUES as FILTERS
from tickets.services.find import Queue, find
from tickets.web.present import ticket_lines
from tickets.web.words import QUEUES

_HEADINGS = [
    _("Ticket"),
    _("Customer"),
    _("Status"),
    _("Priority"),
    _("SLA"),
    _("Level"),
    _("Assignee"),
]
_FILTERS = [Queue.ACTIVE, Queue.UNASSIGNED, Queue.RESOLVED, Queue.CLOSED]


@admin.register(Ticket)
class TicketAdmin(ReadOnly):
    """Reads through the services; changes are made on the ticket's own page."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            return redirect("admin:index")
        name = request.GET.get("view", "")
        which = Queue(name) if name in _FILTERS else Queue.ACTIVE
        page = find(
            FILTERS[which],
            by=actor_of(request.user),
            cursor_text=request.GET.get("page") or None,
        )
        now = this_second()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": QUEUES[which],
            "headings": _HEADINGS,
            "lines": ticket_lines(page.tickets, now=now),
            "now": now,
            "next_url": _address(which, page.next) if page.next else None,
            "first_url": _address(which) if request.GET.get("page") else None,
            "filters": [
                {
                    "label": _("queue"),
                    "choices": [
                        {
                            "label": QUEUES[choice],
                            "url": _address(choice),
                            "current": choice is which,
                        }
                        for choice in _FILTERS
                    ],
                }
            ],
        }
        return TemplateResponse(request, "admin/tickets_list.html", context)


def _address(which: Queue, page: str = "") -> str:
    return "?" + urlencode({"view": which.value, **({"page": page} if page else {})})
