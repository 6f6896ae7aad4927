"""Scheduled reports: their list, and the form of one."""

from typing import Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.actors import Actor, actor_of, require_supervision
from helpdesk.accounts.people import names_of
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from helpdesk.messages import saved
from reporting.models import ScheduledReport
from reporting.services import schedules, sheets
from tickets.domain.filters import NOBODY
from tickets.presenters.labels import label

_FIELDS = ("name", "table", "query", "every", "hour", "attached")


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    found = schedules.scheduled_reports(by=actor_of(request.user))
    context = {
        "view": "reports",
        "schedules": [
            (one, sheets.SHEETS.get(one.table, one.table), _filters(one.query)) for one in found
        ],
        "zone": settings.REPORT_TIME_ZONES[-1],
    }
    return render(request, "reporting/schedules.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Schedule the report whose filters are in the URL."""
    by = actor_of(request.user)
    require_supervision(by)
    table = request.GET.get("table", "")
    one = ScheduledReport(
        table=table if table in sheets.SHEETS else "assignedTo",
        query=schedules.filters_of(request.GET.urlencode()),
        every="week",
        hour=6,
    )
    return _form(request, one, by)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, schedule_id: int) -> HttpResponse:
    by = actor_of(request.user)
    return _form(request, schedules.scheduled_report(schedule_id, by=by), by)


@require_POST
def delete(request: HttpRequest, schedule_id: int) -> HttpResponse:
    schedules.delete(schedule_id, by=actor_of(request.user))
    saved(request, _("Scheduled report deleted."))
    return redirect("report_schedules")


@require_POST
def send(request: HttpRequest, schedule_id: int) -> HttpResponse:
    """Send the report to whoever asks, now."""
    try:
        schedules.send_now(schedule_id, by=actor_of(request.user), now=this_second())
    except Invalid as refused:
        messages.error(request, " ".join(refused.errors.values()))
    else:
        saved(request, _("The report will be in your mailbox in a minute or two."))
    return redirect("report_schedules")


def _form(request: HttpRequest, one: ScheduledReport, by: Actor) -> HttpResponse:
    typed: dict[str, Any] = {name: getattr(one, name) for name in _FIELDS}
    chosen = {str(user.pk) for user in one.recipients.all()} if one.pk else {by.user_id}
    errors: dict[str, str] = {}
    if request.method == "POST":
        typed |= {name: request.POST.get(name, "") for name in _FIELDS}
        chosen = set(request.POST.getlist("recipients"))
        try:
            schedules.save(one, typed, chosen, by=by, now=this_second())
        except Invalid as refused:
            errors = refused.errors
        else:
            saved(request, _("Report scheduled."))
            return redirect("report_schedules")
    context = {
        "view": "reports",
        "one": one,
        "typed": typed,
        "errors": errors,
        "tables": [(word, sheets.SHEETS[word]) for word in sheets.offered()],
        "choices": ScheduledReport._meta.get_field("every").choices,
        "attachments": ScheduledReport._meta.get_field("attached").choices,
        "hours": [(str(hour), f"{hour:02}:00") for hour in range(24)],
        "hour": str(typed["hour"]),
        "filters": _filters(typed["query"]),
        "zone": settings.REPORT_TIME_ZONES[-1],
        "people": [(user, str(user.pk) in chosen) for user in schedules.possible_recipients()],
    }
    return render(request, "reporting/schedule.html", context, status=422 if errors else 200)


def _filters(query: str) -> str:
    """Return the filters of a query string in words; "" for none."""
    words = []
    for name, value in parse_qsl(query):
        if name == "assignedTo":
            known = {NOBODY: _("Unassigned"), **names_of([value])}
            words.append(known.get(value, value))
        elif name == "includeMerged":
            words.append(_("with merged tickets"))
        else:
            words.append(_("Unknown") if value == NOBODY else label(value))
    return ", ".join(map(str, words))
