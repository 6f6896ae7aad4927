"""The reports, the tickets behind their figures, and the dashboard of what is now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk import sheets
from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.accounts.models import Team
from helpdesk.accounts.people import assignable_users, names_of
from helpdesk.errors import Invalid
from helpdesk.fragments import wants_fragment
from helpdesk.moments import this_second
from reporting.domain import days, figures
from reporting.domain.days import Range, day_of
from reporting.domain.figures import Column, Row
from reporting.services import behind, report
from reporting.services.report import Asked, GroupBy, Report
from reporting.services.today import escalated_today
from reporting.web import charts
from reporting.web.words import DEFINITIONS, FIGURES
from tickets.domain.filters import NOBODY
from tickets.domain.ticket import Category, Priority
from tickets.services.snapshot import HOUR, snapshot
from tickets.services.workload import workload
from tickets.web import present
from tickets.web.words import RULES, label

_FILTERS = ("from", "to", "tz", "priority", "category", "assignedTo")
_BINS = (900, 3_600, 4 * 3_600, 8 * 3_600, 86_400, 3 * 86_400, 7 * 86_400)
_BIN_NAMES = ("15 min", "1 h", "4 h", "8 h", "1 d", "3 d", "7 d")


@require_safe
def dashboard(request: HttpRequest) -> HttpResponse:
    by = actor_of(request.user)
    found = snapshot(by=by)
    names = {str(team.pk): team.name for team in Team.objects.all()}
    people = [person for person in workload(by=by).people if person.load or person.capacity]
    most = max((person.load for person in people), default=0) or 1
    context = {
        "view": "sla",
        "now": found.at,
        "standing": found.all,
        "priorities": [
            (priority.value, found.by_priority[priority.value]) for priority in reversed(Priority)
        ],
        "teams": sorted(
            (names.get(team, _("no team")), team, one) for team, one in found.by_team.items()
        ),
        "due": [
            {
                "line": line,
                "x": round(((line.due_at or found.at) - found.at) / HOUR * 100, 2),
            }
            for line in present.ticket_lines(found.due, now=found.at)
        ],
        "people": [
            {"person": person, "share": round(100 * person.load / (person.capacity or most))}
            for person in people[:12]
        ],
        "escalated": [
            (RULES.get(rule, rule), level, count)
            for (rule, level), count in sorted(escalated_today(by=by, now=found.at).items())
        ],
        "zone": settings.REPORT_TIME_ZONES[-1],
    }
    name = "reporting/dashboard.html"
    return render(request, f"{name}#now" if wants_fragment(request) else name, context)


@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    by = actor_of(request.user)
    today = _today(request)
    context: dict[str, Any] = {"view": "reports", **_form(request, by, today)}
    try:
        asked = report.read_asked(dict(request.GET.lists()), by=by, today=today)
        group_by = _group_by(request, asked.range)
    except Invalid as refused:
        context["errors"] = refused.errors
        return render(request, "reporting/reports.html", context, status=422)
    found = report.report(asked)
    before = report.report(replace(asked, range=asked.range.before()))
    context |= {
        "asked": asked,
        "first": asked.range.start,
        "last": asked.range.end - days.DAY,
        "before": before.asked.range,
        "before_last": before.asked.range.end - days.DAY,
        "group_by": group_by.value,
        "query": _query(asked),
        "own": not by.supervises,
        "tiles": _tiles(found, before, asked),
        "clocks": _clocks(found, before, asked),
        "tables": _tables(found, asked),
        "rules": [
            (RULES.get(rule, _("By hand")) if rule != "manual" else _("By hand"), level, count)
            for (rule, level), count in sorted(found.figures.rules.items())
        ],
        "define": DEFINITIONS,
        **_series(asked, group_by, by, today),
    }
    return render(request, "reporting/reports.html", context)


@require_safe
def tickets(request: HttpRequest) -> HttpResponse:
    """The tickets that a figure counts."""
    by = actor_of(request.user)
    asked = report.read_asked(dict(request.GET.lists()), by=by, today=_today(request))
    figure = request.GET.get("figure", "")
    found = behind.behind(asked, figure, place=request.GET.get("page") or None)
    now = this_second()
    more = None
    if found.next:
        more = f"?{urlencode([*_pairs(asked), ('figure', figure), ('page', found.next)])}"
    context = {
        "view": "reports",
        "title": FIGURES[figure],
        "asked": asked,
        "last": asked.range.end - days.DAY,
        "lines": present.ticket_lines(found.tickets, now=now),
        "more": more,
        "looked_to": found.looked_to,
        "query": _query(asked),
        "now": now,
    }
    return render(request, "reporting/tickets.html", context)


@require_safe
def csv(request: HttpRequest) -> StreamingHttpResponse:
    """The figures of each group, as a table for a spreadsheet program."""
    by = actor_of(request.user)
    asked = report.read_asked(dict(request.GET.lists()), by=by, today=_today(request))
    group_by = _group_by(request, asked.range)
    rows = report.groups(asked, group_by)
    names = _names(rows) if group_by is GroupBy.ASSIGNEE else {}
    head = [
        *(group_by.value, "created", "resolved", "closed", "reopened", "escalated"),
        *("responses", "responsesMet", "responseAverageSeconds"),
        *("resolutions", "resolutionsMet", "resolutionAverageSeconds"),
    ]
    lines = ([names.get(key, key), *_flat(row)] for key, row in rows.items())
    answer = StreamingHttpResponse(
        sheets.lines([head, *lines]), content_type="text/csv; charset=utf-8"
    )
    name = f"figures-{asked.range.start}-{asked.range.end}-{group_by.value}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def _flat(row: Row) -> list[int | None]:
    flat: list[int | None] = [*row[: Column.RESPONSES]]
    for stat in (figures.response(row, figures.Bins()), figures.resolution(row, figures.Bins())):
        flat += [stat.count, stat.met, stat.average]
    return flat


def _today(request: HttpRequest) -> date:
    zone = request.GET.get("tz", "")
    zones = settings.REPORT_TIME_ZONES
    return day_of(this_second(), zone if zone in zones else zones[0])


def _group_by(request: HttpRequest, asked: Range) -> GroupBy:
    """What was asked for, or what suits the length of the range."""
    word = request.GET.get("groupBy", "")
    if word:
        if word not in list(GroupBy):
            raise Invalid(
                {"groupBy": _("Choose one of: %(words)s.") % {"words": ", ".join(GroupBy)}}
            )
        return GroupBy(word)
    if asked.days <= 45:
        return GroupBy.DAY
    return GroupBy.WEEK if asked.days <= 200 else GroupBy.MONTH


def _form(request: HttpRequest, by: Actor, today: date) -> dict[str, Any]:
    """The filters as they were typed, and what can be chosen."""
    given = {name: request.GET.get(name, "") for name in _FILTERS}
    tomorrow = today + days.DAY
    month = days.month_of(today)
    last_month = days.month_of(month - days.DAY)
    presets = [
        (_("7 days"), tomorrow - 7 * days.DAY, tomorrow),
        (_("30 days"), tomorrow - 30 * days.DAY, tomorrow),
        (_("90 days"), tomorrow - 90 * days.DAY, tomorrow),
        (_("Last month"), last_month, month),
        (_("This year"), today.replace(month=1, day=1), tomorrow),
        (_("12 months"), month.replace(year=month.year - 1), month),
    ]
    kept = [(name, value) for name, value in given.items() if value and name not in ("from", "to")]
    return {
        "given": {**given, "assigned": given["assignedTo"]},
        "from_": given["from"] or str(tomorrow - 30 * days.DAY),
        "to": given["to"] or str(tomorrow),
        "presets": [
            {
                "label": name,
                "query": urlencode([("from", start), ("to", end), *kept]),
                "chosen": (
                    given["from"] or str(tomorrow - 30 * days.DAY),
                    given["to"] or str(tomorrow),
                )
                == (str(start), str(end)),
            }
            for name, start, end in presets
        ],
        "zones": settings.REPORT_TIME_ZONES,
        "priorities": list(Priority),
        "categories": list(Category),
        "people": assignable_users() if by.supervises else [],
        "groupings": [
            (GroupBy.DAY.value, _("day")),
            (GroupBy.WEEK.value, _("week")),
            (GroupBy.MONTH.value, _("month")),
        ],
    }


def _pairs(asked: Asked) -> list[tuple[str, str]]:
    assignee = NOBODY if asked.assignee == "" else asked.assignee
    return [
        ("from", str(asked.range.start)),
        ("to", str(asked.range.end)),
        ("tz", asked.zone),
        *(("priority", word) for word in sorted(asked.priorities)),
        *(("category", word) for word in sorted(asked.categories)),
        *([("assignedTo", assignee)] if assignee else []),
    ]


def _query(asked: Asked) -> str:
    return urlencode(_pairs(asked))


def _link(asked: Asked, figure: str, **more: str) -> str:
    pairs = [pair for pair in _pairs(asked) if pair[0] not in more]
    return f"{reverse('report_tickets')}?{urlencode([*pairs, *more.items(), ('figure', figure)])}"


def _tiles(found: Report, before: Report, asked: Asked) -> list[dict[str, Any]]:
    row, then = found.row, before.row
    tiles = [
        {
            "name": name,
            "label": FIGURES[name],
            "value": row[column],
            "url": _link(asked, name),
            "change": _change(row[column], then[column]),
        }
        for name, column in (
            ("created", Column.CREATED),
            ("resolved", Column.RESOLVED),
            ("closed", Column.CLOSED),
            ("reopened", Column.REOPENED),
            ("escalated", Column.ESCALATED),
        )
    ]
    rate, rate_then = figures.resolution_rate(row), figures.resolution_rate(then)
    tiles.insert(
        2,
        {
            "name": "rate",
            "label": _("Resolution rate"),
            "value": _percent(rate),
            "url": "",
            "change": _points(rate, rate_then),
        },
    )
    for tile in tiles:
        tile["means"] = DEFINITIONS[str(tile["name"])]
    return tiles


def _clocks(found: Report, before: Report, asked: Asked) -> list[dict[str, Any]]:
    now, then = found.stats(), before.stats()
    bins = found.durations()
    told = []
    for name, title, stat, was, own in (
        ("response", _("First response"), now[0], then[0], bins.response),
        ("resolution", _("Resolution"), now[1], then[1], bins.resolution),
    ):
        counts = list(figures.distribution(own, _BINS))
        labels = [*(f"≤ {text}" for text in _BIN_NAMES), f"> {_BIN_NAMES[-1]}"]
        told.append(
            {
                "name": name,
                "title": title,
                "stat": stat,
                "means": DEFINITIONS[name],
                "attainment": _percent(stat.attainment),
                "change": _points(stat.attainment, was.attainment),
                "all_url": _link(asked, f"{name}s"),
                "late_url": _link(asked, f"late-{name}s"),
                "rows": list(zip(labels, counts, strict=True)),
                "chart": charts.bars(
                    labels,
                    [counts],
                    [[f"{text}: {count:,}" for text, count in zip(labels, counts, strict=True)]],
                ),
                "priorities": [
                    {
                        "word": priority.value,
                        "stat": own_stat,
                        "attainment": _percent(own_stat.attainment),
                        "late_url": _link(asked, f"late-{name}s", priority=priority.value),
                    }
                    for priority in reversed(Priority)
                    for own_stat in (found.stats(priority.value)[0 if name == "response" else 1],)
                    if own_stat.count
                ],
            }
        )
    return told


def _series(asked: Asked, group_by: GroupBy, by: Actor, today: date) -> dict[str, Any]:
    """Volume, backlog and attainment over time."""
    over = group_by if group_by in (GroupBy.DAY, GroupBy.WEEK, GroupBy.MONTH) else GroupBy.DAY
    rows = report.groups(asked, over)
    labels = [_period(key, over) for key in rows]
    created = [row[Column.CREATED] for row in rows.values()]
    resolved = [row[Column.RESOLVED] for row in rows.values()]
    backlog = report.backlog(asked, over, by=by, today=today)
    shares: list[list[float | None]] = [
        [_share(row, Column.RESPONSES) for row in rows.values()],
        [_share(row, Column.RESOLUTIONS) for row in rows.values()],
    ]
    words = (FIGURES["created"], FIGURES["resolved"])
    return {
        "series_volume": words,
        "series_clocks": (_("First response"), _("Resolution")),
        "volume": charts.bars(
            labels,
            [created, resolved],
            [
                [f"{text}: {word} {value:,}" for text, value in zip(labels, values, strict=True)]
                for word, values in zip(words, (created, resolved), strict=True)
            ],
        ),
        "backlog": charts.lines(labels, [backlog]),
        "kept": charts.lines(labels, shares, top=100),
        "periods": [
            {
                "label": text,
                "row": row,
                "backlog": left,
                "response": _percent(first / 100 if first is not None else None),
                "resolution": _percent(second / 100 if second is not None else None),
            }
            for text, row, left, first, second in zip(
                labels, rows.values(), backlog, *shares, strict=True
            )
        ],
    }


def _tables(found: Report, asked: Asked) -> list[dict[str, Any]]:
    """The breakdowns, each with a link from a name to its own report."""
    people = found.rows(2)
    names = _names(people)
    tables: list[tuple[str, str, Mapping[str, Row], Mapping[str, str]]] = [
        (_("By priority"), "priority", found.rows(0), {}),
        (_("By category"), "category", found.rows(1), {}),
        (_("By person"), "assignedTo", people, names),
    ]
    if found.asked.by_priority_alone:
        teams = {str(team.pk): team.name for team in Team.objects.all()}
        tables += [
            (_("By team"), "", _by_second(found.figures.teams), {**teams, "": _("no team")}),
            (_("By customer segment"), "", _by_second(found.figures.segments), {"": _("unknown")}),
        ]
    return [
        {
            "title": title,
            "rows": [
                {
                    "name": known.get(key) or label(key),
                    "url": _narrowed(asked, name, key) if name else "",
                    "row": row,
                    "response": figures.response(row, figures.Bins()),
                    "response_share": _percent(_share(row, Column.RESPONSES), 1),
                    "resolution": figures.resolution(row, figures.Bins()),
                    "resolution_share": _percent(_share(row, Column.RESOLUTIONS), 1),
                }
                for key, row in _ordered(name, rows)
                if any(row)
            ],
        }
        for title, name, rows, known in tables
    ]


def _ordered(name: str, rows: Mapping[str, Row]) -> list[tuple[str, Row]]:
    words: Sequence[str] = [word.value for word in (*reversed(Priority), *Category)]
    if name in ("priority", "category"):
        return sorted(rows.items(), key=lambda pair: words.index(pair[0]))
    return sorted(rows.items(), key=lambda pair: -pair[1][Column.CREATED])


def _narrowed(asked: Asked, name: str, key: str) -> str:
    pairs = [pair for pair in _pairs(asked) if pair[0] != name]
    return f"{reverse('reports')}?{urlencode([*pairs, (name, key or NOBODY)])}"


def _by_second(table: Mapping[tuple[str, str], Row]) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for (_priority, key), row in table.items():
        figures.add_to(found.setdefault(key, figures.empty_row()), row)
    return found


def _names(rows: Mapping[str, Row]) -> dict[str, str]:
    return {**names_of(list(rows)), "": _("nobody"), NOBODY: _("nobody")}


def _share(row: Row, first: Column) -> float | None:
    """Percent of the clocks that were met."""
    return 100 * row[first + 1] / row[first] if row[first] else None


def _percent(share: float | None, of: int = 100) -> str:
    return "–" if share is None else f"{share * of:.1f} %"


def _change(now: int, then: int) -> str:
    if not then:
        return _("none before") if now else ""
    return f"{100 * (now - then) / then:+.0f} %".replace("-", "−")


def _points(now: float | None, then: float | None) -> str:
    if now is None or then is None:
        return ""
    return _("%(points)s points") % {"points": f"{100 * (now - then):+.1f}".replace("-", "−")}


def _period(key: str, group_by: GroupBy) -> str:
    if group_by is GroupBy.DAY:
        return date_format(date.fromisoformat(key), "j M")
    if group_by is GroupBy.MONTH:
        return date_format(date.fromisoformat(f"{key}-01"), "M Y")
    year, _dash, week = key.partition("-W")
    return _("week %(week)s, %(year)s") % {"week": int(week), "year": year}
