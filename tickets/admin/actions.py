"""One change to many tickets: selected in the list, confirmed on a page, then done in steps."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core import signing
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.accounts.actors import actor_of
from helpdesk.dynamo_admin.paths import MOST_KEYS, Listing
from helpdesk.errors import Invalid
from tickets.admin.paths import filters_of
from tickets.domain.filters import Filters
from tickets.domain.ticket import Priority, Status
from tickets.models import Bulk
from tickets.presenters.choices import assignee_choices, word_choices
from tickets.services.lifecycle.admin_edit import may_change
from tickets.services.lifecycle.validation import LONGEST_SUBJECT
from tickets.services.lists import bulk
from tickets.services.lists.bulk import MOST
from tickets.services.lists.find import every_number

SHOWN = 30
MOST_COUNTED = 1_000_000
SALT = "tickets.admin.actions"


def _field(kind: str) -> forms.Field | None:
    """Return the form field that a change needs; None if it needs none."""
    if kind == "assign":
        return forms.ChoiceField(label=_("Assign to"), choices=assignee_choices, required=False)
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
        if request.POST.get("select_across") == "1":
            asked = _list_of(queryset)
            if asked is not None:
                return _confirm_all(model_admin, request, name, asked)
        tickets = list(queryset.only("subject", "status", "customer_id"))
        return _confirm(model_admin, request, name, tickets)

    act.__name__ = name
    return act


ACTIONS = [_action(name) for name in _CHANGES]


def start(model_admin: Any, request: HttpRequest) -> HttpResponse:
    """Start the confirmed change, or ask again if a value is missing."""
    name = request.POST.get("change", "")
    if name not in _CHANGES:
        raise Invalid({"change": _("Select an action.")})
    kind, value, _words = _CHANGES[name]
    numbers = [one for one in request.POST.get("tickets", "").split(",") if one.isdecimal()]
    signed = request.POST.get("list", "")
    filters = _unsigned(signed) if signed else None
    form = _form(name, request.POST)
    by = actor_of(request.user)
    token = request.POST.get("token", "")[:40]
    key = f"admin {by.user_id} {token}" if token else None
    if key and (begun := Bulk.objects.filter(key=key).first()):
        return redirect("bulk", begun.pk)  # the button was pressed twice
    if not form.is_valid() and filters is not None:
        return _confirm_all(model_admin, request, name, filters, form)
    rows = model_admin.get_queryset(request).order_by()
    tickets = [
        ticket
        for first in range(0, len(numbers[: MOST + 1]), MOST_KEYS)
        for ticket in rows.filter(pk__in=numbers[first : first + MOST_KEYS])
    ]
    if not form.is_valid():
        return _confirm(model_admin, request, name, tickets, form)
    closed = _("Only administrators can edit closed tickets.")
    started = bulk.start(
        action=kind,
        value=form.cleaned_data.get("value", value),
        ticket_ids=[ticket.pk for ticket in tickets],
        refused={one.pk: closed for one in tickets if not may_change(one.status, by=by)},
        filters=filters,
        key=key,
        by=by,
    )
    LogEntry.objects.log_actions(
        int(by.user_id),
        [ticket for ticket in tickets if may_change(ticket.status, by=by)],
        CHANGE,
        change_message=_("Bulk change %(id)s: %(what)s") % {"id": started.pk, "what": started},
    )
    return redirect("bulk", started.pk)


def _confirm(
    model_admin: Any,
    request: HttpRequest,
    name: str,
    tickets: list[Any],
    form: forms.Form | None = None,
) -> HttpResponse:
    by = actor_of(request.user)
    numbers = [ticket.pk for ticket in tickets]
    closed = sum(not may_change(ticket.status, by=by) for ticket in tickets)
    shown = tickets[:SHOWN]
    return _page(model_admin, request, name, numbers, shown, closed=closed, form=form)


def _confirm_all(
    model_admin: Any,
    request: HttpRequest,
    name: str,
    filters: Filters,
    form: forms.Form | None = None,
) -> HttpResponse:
    """Ask for confirmation of a change to a whole list.

    Three SQL queries, and one read of the tickets that are shown.
    """
    by = actor_of(request.user)
    numbers = every_number(filters, most=MOST + 1, by=by)
    if len(numbers) > MOST:
        total = len(every_number(filters, most=MOST_COUNTED, by=by))
        words = _(
            "This list has %(more)s%(total)s tickets. You can change at most %(most)s at "
            "once. Use filters to narrow it down."
        ) % {
            "more": _("more than ") if total == MOST_COUNTED else "",
            "total": intcomma(total),
            "most": intcomma(MOST),
        }
        messages.error(request, words)
        title = str(_CHANGES[name][2]).rstrip("…")
        context = {**model_admin.admin_site.each_context(request), "title": title}
        return TemplateResponse(request, "admin/tickets/ticket/too_many.html", context, status=422)
    closed = 0
    if Status.CLOSED in (filters.statuses or Status) and not may_change(Status.CLOSED, by=by):
        among = replace(filters, statuses=frozenset({Status.CLOSED}))
        closed = len(every_number(among, most=MOST, by=by))
    rows = model_admin.get_queryset(request).order_by().filter(pk__in=numbers[:SHOWN])
    shown = sorted(rows, key=lambda ticket: numbers.index(ticket.pk))
    signed = signing.dumps(filters.as_json(), salt=SALT)
    return _page(
        model_admin, request, name, numbers, shown, closed=closed, form=form, signed=signed
    )


def _page(
    model_admin: Any,
    request: HttpRequest,
    name: str,
    numbers: list[str],
    shown: list[Any],
    *,
    closed: int,
    form: forms.Form | None,
    signed: str = "",
) -> HttpResponse:
    model_admin.rows_shown(request, shown)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": str(_CHANGES[name][2]).rstrip("…"),
        "change": name,
        "form": form or _form(name),
        "tickets": shown,
        "more": max(len(numbers) - SHOWN, 0),
        "closed": closed,
        "numbers": ",".join(numbers),
        "count": len(numbers),
        "list": signed,
        "media": model_admin.media,
        "token": secrets.token_urlsafe(16),
    }
    return TemplateResponse(request, "admin/tickets/ticket/many.html", context)


def _list_of(queryset: QuerySet[Any]) -> Filters | None:
    """Return the list that a changelist shows; None if it reads all of its rows by key."""
    plan = queryset.plan()  # type: ignore[attr-defined]
    return filters_of(plan.conditions, plan.order) if isinstance(plan.path, Listing) else None


def _unsigned(text: str) -> Filters:
    try:
        return Filters.from_json(signing.loads(text, salt=SALT))
    except signing.BadSignature as forged:
        raise Invalid({"list": _("Select the tickets again.")}) from forged


def _form(name: str, data: Any = None) -> forms.Form:
    form = forms.Form(data)
    field = _field(_CHANGES[name][0])
    if field is not None:
        form.fields["value"] = field
    return form
