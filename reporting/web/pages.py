"""The parts of a report, the tickets behind their figures, and their CSV."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from helpdesk import csv_files
from helpdesk.accounts.actors import actor_of, require_ticket_work
from helpdesk.accounts.people import teams_of
from helpdesk.audit.record import record
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from helpdesk.parsing import whole_number
from helpdesk.table_files import FileFormat
from reporting.domain import days, figures
from reporting.domain.figures import Column, Row
from reporting.services import drill_down, remembered, report, saved_reports, sheets
from reporting.services.figure_labels import LABELS
from reporting.services.query import GroupBy
from reporting.web import links, query_form, shown
from reporting.web.labels import DEFINITIONS
from reporting.web.page import Page
from reporting.web.parts import customers, hours, people, replies, sla, volume
from tickets.domain import instant
from tickets.presenters.rows import ticket_lines

PARTS: Mapping[str, tuple[Promise, Callable[[Page], dict[str, Any]]]] = {
    "volume": (gettext_lazy("Volume"), volume.context),
    "replies": (gettext_lazy("Replies and resolution"), replies.context),
    "sla": (gettext_lazy("SLA"), sla.context),
    "people": (gettext_lazy("People"), people.context),
    "customers": (gettext_lazy("Customers"), customers.context),
    "hours": (gettext_lazy("Hours"), hours.context),
}
"""The parts of a report by their word in URLs, each with its name and what it shows."""

FIRST = "volume"
MINUTES = 10
"""Of a reply, unless the URL says how many."""

MOST_MINUTES = 480


@require_safe
@query_form.redirects_to
def reports(request: HttpRequest) -> HttpResponse:
    """Show a part of a report. Without a query: the one that its reader saw last."""
    by = actor_of(request.user)
    require_ticket_work(by)
    user_id = int(by.user_id)
    if not request.GET:
        known = parse_qsl(remembered.last_report(user_id))
        return redirect(f"{request.path}?{urlencode(known or query_form.usual(request))}")
    today = query_form.today_of(request)
    part = request.GET.get("part") or FIRST
    context: dict[str, Any] = {
        "view": "reports",
        "part": part,
        **query_form.form(request, by, today, part=part),
    }
    try:
        if part not in PARTS:
            raise Invalid({"part": _("Choose one of: %(words)s.") % {"words": ", ".join(PARTS)}})
        found = query_form.view_of(request, by, today, part=part)
        asked = found.asked
        group_by = query_form.group_by_of(request, asked.range)
        minutes = _minutes(request)
    except Invalid as refused:
        context["errors"] = refused.errors
        return render(request, "reporting/reports.html", context, status=422)
    complete_until = report.complete_until()  # before the figures: these may know more
    page = Page(
        asked=asked,
        part=part,
        group_by=query_form.over_time(group_by),
        by=by,
        today=today,
        now=this_second(),
        minutes_a_reply=minutes,
    )
    name, show = PARTS[part]
    context |= {
        "asked": asked,
        "complete_until": complete_until,
        "merged_tickets": report.merged_tickets(asked),
        "with_merged": found.query(includeMerged="true"),
        "first": asked.range.start,
        "last": asked.range.end - days.DAY,
        "narrowed": shown.narrowed_to(asked, drill_down.WHOLE) if by.supervises else "",
        "group_by": group_by.value,
        "query": links.query(asked),
        "address": found.query(),
        "kept": found.pairs(minutes=""),
        "sheets": [(word, sheets.SHEETS[word]) for word in sheets.offered(asked)],
        "formats": [(one.value, one.name) for one in FileFormat],
        "own": not by.supervises,
        "part_name": name,
        "supervises": by.supervises,
        "my_teams": teams_of(by.user_id),
        "saved": [
            (one, saved_reports.may_delete(one, by)) for one in saved_reports.saved_reports(by=by)
        ],
        "tabs": [
            (label, found.query(part=word), word == part)
            for word, (label, _show) in PARTS.items()
            if by.supervises or word != "customers"
        ],
        "define": DEFINITIONS,
        **show(page),
    }
    if before := context.get("before"):
        context["before_last"] = before.end - days.DAY
    context["nothing"] = not any(table["rows"] for table in context.get("tables", ()))
    remembered.remember(user_id, found.query())
    return render(request, "reporting/reports.html", context)


def _minutes(request: HttpRequest) -> int:
    """Return the minutes of a reply in a page's URL. Raises Invalid."""
    given = request.GET.get("minutes", "")
    minutes = whole_number(given) if given else MINUTES
    if minutes is None or not 0 < minutes <= MOST_MINUTES:
        raise Invalid({"minutes": _("Enter minutes from 1 to %(most)s.") % {"most": MOST_MINUTES}})
    return minutes


@require_safe
@query_form.redirects_to
def tickets(request: HttpRequest) -> HttpResponse:
    """Show the tickets that a figure counts."""
    by = actor_of(request.user)
    asked = query_form.query_of(request, by, query_form.today_of(request))
    figure = request.GET.get("figure", "")
    complete_until = report.complete_until()
    part = query_form.part_of(request)
    found = drill_down.drill_down(asked, figure, part=part, place=request.GET.get("page") or None)
    now = this_second()
    more = None
    if found.next:
        following = [*links.drill_down_pairs(asked, figure, part), ("page", found.next)]
        more = f"?{urlencode(following)}"
    context = {
        "view": "reports",
        "title": LABELS[figure],
        "part": shown.narrowed_to(asked, part),
        "complete_until": complete_until,
        "asked": asked,
        "last": asked.range.end - days.DAY,
        "rows": [
            (line, row, LABELS[row.kind.value] if len(found.totals) > 1 else "")
            for line, row in zip(
                ticket_lines([row.ticket for row in found.rows], now=now), found.rows, strict=True
            )
        ],
        "total": found.total,
        "totals": [(LABELS[kind.value], count) for kind, count in found.totals.items()]
        if len(found.totals) > 1
        else [],
        "more": more,
        "looked_to": found.looked_to,
        "query": links.query(asked),
        "now": now,
    }
    return render(request, "reporting/tickets.html", context)


@require_safe
@query_form.redirects_to
def csv(request: HttpRequest) -> StreamingHttpResponse:
    """Download the figures of each group as CSV."""
    by = actor_of(request.user)
    asked = query_form.query_of(request, by, query_form.today_of(request))
    group_by = query_form.group_by_of(request, asked.range)
    complete_until = report.complete_until()  # before the figures: these may know more
    rows = report.groups(asked, group_by)
    merged = report.merged_by_group(asked, group_by)
    names = shown.people({**rows, **dict.fromkeys(merged)}) if group_by is GroupBy.ASSIGNEE else {}
    record("report", "exported", f"report:{group_by.value}")
    head = [
        *(group_by.value, "created", "resolved", "closed", "reopened", "escalated"),
        *("responses", "responsesMet", "responseAverageSeconds"),
        *("resolutions", "resolutionsMet", "resolutionAverageSeconds"),
        *("mergedTickets", "completeUntil"),
    ]
    complete = instant.text(complete_until) if complete_until else None
    lines = (
        [names.get(key, key), *_flat(row), merged.get(key, 0), complete]
        for key, row in rows.items()
    )
    answer = StreamingHttpResponse(
        csv_files.lines([head, *lines]), content_type="text/csv; charset=utf-8"
    )
    name = f"figures-{asked.range.start}-{asked.range.end - days.DAY}-{group_by.value}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _flat(row: Row) -> list[int | None]:
    flat: list[int | None] = [*row[: Column.RESPONSES]]
    for stat in (figures.response(row, figures.Bins()), figures.resolution(row, figures.Bins())):
        flat += [stat.count, stat.met, stat.average]
    return flat
