"""One change to many tickets: chosen in the list, confirmed on a page, then done in steps."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.accounts.actors import actor_of
from helpdesk.errors import Invalid
from tickets.domain.ticket import Priority, Status
from tickets.services import bulk
from tickets.services.bulk import MOST
from tickets.services.checks import LONGEST_SUBJECT
from tickets.services.supervise import may_change
from tickets.web.forms import assignee_choices, word_choices

SHOWN = 30


def _field(kind: str) -> forms.Field | None:
    """What has to be said for a change; None: nothing."""
    if kind == "assign":
        return forms.ChoiceField(label=_("Give to"), choices=assignee_choices, required=False)
    if kind == "priority":
        return forms.ChoiceField(label=_("Priority"), choices=word_choices(list(Priority)[::-1]))
    if kind == "escalate":
        return forms.CharField(label=_("Reason"), max_length=LONGEST_SUBJECT)
    return None


_CHANGES: dict[str, tuple[str, str, Any]] = {
    "reassign": ("assign", "", gettext_lazy("Reassign…")),
    "prioritise": ("priority", "", gettext_lazy("Change priority…")),
    "escalate": ("escalate", "", gettext_lazy("Escalate…")),
    "resolve": ("status", Status.RESOLVED.value, gettext_lazy("Resolve…")),
    "close": ("status", Status.CLOSED.value, gettext_lazy("Close…")),
}
"""By the action's name: the bulk change, its value where it needs no asking, its words."""


def _action(name: str) -> Callable[..., HttpResponse]:
    @admin.action(description=_CHANGES[name][2], permissions=["change"])
    def act(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        across = request.POST.get("select_across") == "1"
        rows = queryset.only("subject", "status", "customer_id")
        tickets = list(rows[:MOST] if across else rows)
        return _confirm(model_admin, request, name, tickets)

    act.__name__ = name
    return act


ACTIONS = [_action(name) for name in _CHANGES]


def start(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Begin what was confirmed; or ask again where something is missing."""
    name = request.POST.get("change", "")
    if name not in _CHANGES:
        raise Invalid({"change": _("Choose what to change.")})
    kind, value, _words = _CHANGES[name]
    numbers = [one for one in request.POST.get("tickets", "").split(",") if one.isdecimal()]
    tickets = list(model_admin.get_queryset(request).order_by().filter(pk__in=numbers[:MOST]))
    form = _form(name, request.POST)
    if not form.is_valid():
        return _confirm(model_admin, request, name, tickets, form)
    by = actor_of(request.user)
    closed = _("A closed ticket is history: only administrators change it here.")
    started = bulk.start(
        action=kind,
        value=form.cleaned_data.get("value", value),
        ticket_ids=[ticket.pk for ticket in tickets],
        refused={one.pk: closed for one in tickets if not may_change(one.status, by=by)},
        by=by,
    )
    LogEntry.objects.log_actions(
        int(by.user_id),
        [ticket for ticket in tickets if may_change(ticket.status, by=by)],
        CHANGE,
        change_message=_("Change to many tickets, number %(id)s: %(what)s")
        % {"id": started.pk, "what": started},
    )
    return redirect("bulk", started.pk)


def _confirm(
    model_admin: Any,
    request: HttpRequest,
    name: str,
    tickets: list[Any],
    form: forms.Form | None = None,
) -> HttpResponse:
    model_admin.rows_shown(request, tickets[:SHOWN])
    by = actor_of(request.user)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": str(_CHANGES[name][2]).rstrip("…"),
        "change": name,
        "form": form or _form(name),
        "tickets": tickets[:SHOWN],
        "more": max(len(tickets) - SHOWN, 0),
        "closed": sum(not may_change(ticket.status, by=by) for ticket in tickets),
        "numbers": ",".join(ticket.pk for ticket in tickets),
        "count": len(tickets),
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/tickets/ticket/many.html", context)


def _form(name: str, data: Any = None) -> forms.Form:
    form = forms.Form(data)
    field = _field(_CHANGES[name][0])
    if field is not None:
        form.fields["value"] = field
    return form
