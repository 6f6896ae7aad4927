"""The reports, the tickets behind their figures, and their CSV."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from helpdesk import csv_files
from helpdesk.accounts.actors import actor_of
from helpdesk.audit.record import record
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from reporting.domain import days, figures
from reporting.domain.figures import Column, Row
from reporting.services import drill_down, report
from reporting.services.query import GroupBy
from reporting.web import present, query_form
from reporting.web.labels import DEFINITIONS, FIGURES
from tickets.domain import instant
from tickets.presenters.rows import ticket_lines


@require_safe
@query_form.redirects_to
def reports(request: HttpRequest) -> HttpResponse:
    by = actor_of(request.user)
    today = query_form.today_of(request)
    context: dict[str, Any] = {"view": "reports", **query_form.form(request, by, today)}
    try:
        asked = query_form.query_of(request, by, today)
        group_by = query_form.group_by_of(request, asked.range)
    except Invalid as refused:
        context["errors"] = refused.errors
        return render(request, "reporting/reports.html", context, status=422)
    complete_until = report.complete_until()  # before the figures: these may know more
    found = report.report(asked)
    earlier = replace(asked, range=asked.range.before())
    before = report.report(earlier)
    context |= {
        "asked": asked,
        "complete_until": complete_until,
        "merged_tickets": report.merged_tickets(asked),
        "with_merged": query_form.query(replace(asked, include_merged=True)),
        "first": asked.range.start,
        "last": asked.range.end - days.DAY,
        "before": before.asked.range,
        "before_last": before.asked.range.end - days.DAY,
        "group_by": group_by.value,
        "query": query_form.query(asked),
        "own": not by.supervises,
        "tiles": present.tiles(found, before, asked),
        "clocks": present.clocks(found, before, asked),
        "tables": present.tables(found, asked),
        "rules": present.rules(found, asked),
        "define": DEFINITIONS,
        **present.series(asked, group_by, by, today),
    }
    return render(request, "reporting/reports.html", context)


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
        following = [*query_form.drill_down_pairs(asked, figure, part), ("page", found.next)]
        more = f"?{urlencode(following)}"
    context = {
        "view": "reports",
        "title": FIGURES[figure],
        "part": present.narrowed_to(asked, part),
        "complete_until": complete_until,
        "asked": asked,
        "last": asked.range.end - days.DAY,
        "rows": [
            (line, row, FIGURES[row.kind.value] if len(found.totals) > 1 else "")
            for line, row in zip(
                ticket_lines([row.ticket for row in found.rows], now=now), found.rows, strict=True
            )
        ],
        "total": found.total,
        "totals": [(FIGURES[kind.value], count) for kind, count in found.totals.items()]
        if len(found.totals) > 1
        else [],
        "more": more,
        "looked_to": found.looked_to,
        "query": query_form.query(asked),
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
    names = present.names({**rows, **dict.fromkeys(merged)}) if group_by is GroupBy.ASSIGNEE else {}
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
