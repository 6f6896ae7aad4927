"""The content of a report's page: tiles, clocks, charts and tables, each figure with its link."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

from customers.domain.choices import Segment
from helpdesk.accounts.actors import Actor
from helpdesk.accounts.people import every_team, names_of
from reporting.domain import days, figures
from reporting.domain.days import Range
from reporting.domain.figures import Column, Row
from reporting.domain.rows import BY_MAKE, BY_SEGMENT, BY_TEAM
from reporting.services import report
from reporting.services.drill_down import WHOLE, Part
from reporting.services.query import GroupBy, ReportQuery
from reporting.services.report import Report
from reporting.web import charts, query_form
from reporting.web.labels import DEFINITIONS, FIGURES
from theme.templatetags.desk import number, span
from tickets.domain.filters import NOBODY
from tickets.domain.ticket import Category, Priority
from tickets.presenters.labels import RULES, label

_FILTERED = ("priority", "category", "channel", "assignedTo")
"""Tables whose rows have reports of their own."""


def tiles(found: Report, before: Report, asked: ReportQuery) -> list[dict[str, Any]]:
    row, then = found.row, before.row
    link = query_form.drill_down_links(asked)
    tiles = [
        {
            "name": name,
            "label": FIGURES[name],
            "value": row[column],
            "url": link(name) if row[column] else "",
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
            "label": FIGURES["rate"],
            "value": _percent(rate),
            "url": link("rate") if rate is not None else "",
            "change": _points(rate, rate_then),
        },
    )
    for tile in tiles:
        tile["means"] = DEFINITIONS[str(tile["name"])]
    return tiles


def clocks(found: Report, before: Report, asked: ReportQuery) -> list[dict[str, Any]]:
    now = found.stats()
    then = [  # without durations, of which no change is shown
        stat(before.row, figures.Bins())
        for stat in (figures.response, figures.resolution, figures.next_response)
    ]
    bins = found.durations()
    priorities = list(reversed(Priority))
    of_each = zip(*(found.stats(priority.value) for priority in priorities), strict=True)
    links = [query_form.drill_down_links(_of(asked, priority)) for priority in priorities]
    link = query_form.drill_down_links(asked)
    of_bands = [
        query_form.drill_down_links(asked, Part(band=str(band)))
        for band in range(len(figures.BANDS) + 1)
    ]
    limits = [*(f"≤ {span(limit)}" for limit in figures.BANDS), f"> {span(figures.BANDS[-1])}"]
    told = []
    for (name, title, own), stat, was, stats in zip(
        (
            ("response", _("First reply"), bins.response),
            ("resolution", _("Resolution"), bins.resolution),
            ("next-response", _("Next reply"), bins.next_response),
        ),
        now,
        then,
        of_each,
        strict=True,
    ):
        if name == "next-response" and not stat.count:
            continue  # most policies have no target for it
        counts = figures.distribution(own)
        urls = [of_band(f"{name}s") for of_band in of_bands]
        told.append(
            {
                "name": name,
                "title": title,
                "stat": stat,
                "means": DEFINITIONS[name],
                "attainment": _percent(stat.attainment),
                "change": _points(stat.attainment, was.attainment),
                "all_url": link(f"{name}s"),
                "late_url": link(f"late-{name}s"),
                "rows": list(zip(limits, counts, urls, strict=True)),
                "chart": charts.bars(
                    limits,
                    [counts],
                    [
                        [
                            f"{text}: {number(count)}"
                            for text, count in zip(limits, counts, strict=True)
                        ]
                    ],
                    [urls],
                ),
                "priorities": [
                    {
                        "word": priority.value,
                        "stat": own_stat,
                        "attainment": _percent(own_stat.attainment),
                        "all_url": own_link(f"{name}s"),
                        "late_url": own_link(f"late-{name}s"),
                    }
                    for priority, own_stat, own_link in zip(priorities, stats, links, strict=True)
                    if own_stat.count
                ],
            }
        )
    return told


def series(asked: ReportQuery, group_by: GroupBy, by: Actor, today: date) -> dict[str, Any]:
    """Return volume, backlog and attainment over time."""
    over = group_by if group_by in (GroupBy.DAY, GroupBy.WEEK, GroupBy.MONTH) else GroupBy.DAY
    rows = report.groups(asked, over)
    long = asked.range.start.year != (asked.range.end - days.DAY).year
    labels = [_period(key, over, year=long) for key in rows]
    links = [query_form.drill_down_links(period) for period in _periods(asked, over)]
    created = [row[Column.CREATED] for row in rows.values()]
    resolved = [row[Column.RESOLVED] for row in rows.values()]
    backlog = report.backlog(asked, over, by=by, today=today)
    shares: list[list[float | None]] = [
        [_share(row, Column.RESPONSES) for row in rows.values()],
        [_share(row, Column.RESOLUTIONS) for row in rows.values()],
    ]
    kept = (_("First reply"), _("Resolution"))
    words = (FIGURES["created"], FIGURES["resolved"])
    return {
        "series_volume": words,
        "series_clocks": kept,
        "volume": charts.bars(
            labels,
            [created, resolved],
            [
                [
                    f"{text}: {word} {number(value)}"
                    for text, value in zip(labels, values, strict=True)
                ]
                for word, values in zip(words, (created, resolved), strict=True)
            ],
            [[link(name) for link in links] for name in ("created", "resolved")],
        ),
        "backlog": charts.lines(
            labels,
            [backlog],
            [
                f"{text}: {'–' if left is None else number(left)}"
                for text, left in zip(labels, backlog, strict=True)
            ],
        ),
        "kept": charts.lines(
            labels,
            shares,
            [
                f"{text}: "
                + ", ".join(
                    f"{clock} {_percent(share, 1)}"
                    for clock, share in zip(kept, of_clocks, strict=True)
                )
                for text, *of_clocks in zip(labels, *shares, strict=True)
            ],
            top=100,
            urls=[[link(name) for link in links] for name in ("responses", "resolutions")],
        ),
        "periods": [
            {
                "name": text,
                "cells": _cells(
                    row, link, closed=True, backlog="–" if left is None else number(left)
                ),
            }
            for text, row, left, link in zip(labels, rows.values(), backlog, links, strict=True)
        ],
    }


def tables(found: Report, asked: ReportQuery) -> list[dict[str, Any]]:
    """Return the breakdowns, each name with a link to its own report."""
    people = found.by(GroupBy.ASSIGNEE)
    people_names = names(people)
    tables: list[tuple[str, str, Mapping[str, Row], Mapping[str, str]]] = [
        (_("By priority"), "priority", found.by(GroupBy.PRIORITY), {}),
        (_("By category"), "category", found.by(GroupBy.CATEGORY), {}),
        (_("By channel"), "channel", found.by(GroupBy.CHANNEL), {"": _("Unknown")}),
        (_("By assignee"), "assignedTo", people, people_names),
    ]
    if found.asked.by_priority_alone:
        teams = {str(team.pk): team.name for team in every_team()}
        tables += [
            (_("By team"), "team", found.by_dimension(BY_TEAM), {**teams, "": _("No team")}),
            (
                _("By customer segment"),
                "segment",
                found.by_dimension(BY_SEGMENT),
                {**{segment.value: label(segment) for segment in Segment}, "": _("Unknown")},
            ),
            (_("By vehicle make"), "make", found.by_dimension(BY_MAKE), {"": _("No vehicle")}),
        ]
    return [
        {
            "title": title,
            "rows": [
                {
                    "name": known.get(key) or label(key),
                    "url": query_form.narrowed_link(asked, name, key) if name in _FILTERED else "",
                    "cells": _cells(row, query_form.drill_down_links(*_narrowed(asked, name, key))),
                }
                for key, row in _ordered(name, rows)
                if any(row)
            ],
        }
        for title, name, rows, known in tables
    ]


def rules(found: Report, asked: ReportQuery) -> list[dict[str, Any]]:
    """Return how often each escalation rule fired, by level, with links to the escalations."""
    return [
        {
            "name": RULES.get(rule, rule),
            "level": level,
            "count": count,
            "url": query_form.drill_down_links(asked, Part(rule=rule, level=level))("escalated"),
        }
        for (rule, level), count in sorted(found.rules.items())
    ]


def narrowed_to(asked: ReportQuery, part: Part) -> str:
    """Return what a drill-down is restricted to, as text; empty for no restriction."""
    words = [label(word) for word in (*sorted(asked.priorities), *sorted(asked.categories))]
    words += [label(word) if word else _("Unknown channel") for word in sorted(asked.channels)]
    if asked.assignee is not None:
        words.append(names([asked.assignee]).get(asked.assignee, asked.assignee))
    if part.team is not None:
        teams = {str(team.pk): team.name for team in every_team()}
        words.append(teams.get(part.team, part.team) if part.team else _("No team"))
    if part.segment is not None:
        words.append(label(part.segment) if part.segment else _("Unknown"))
    if part.make is not None:
        words.append(part.make or _("No vehicle"))
    if part.rule is not None:
        words.append(str(RULES.get(part.rule, part.rule)))
    if part.level is not None:
        words.append(_("level %(level)s") % {"level": part.level})
    if part.band is not None:
        words.append(_band(int(part.band)))
    return ", ".join(words)


def _band(band: int) -> str:
    """Return which durations a bar of a distribution counts, as text."""
    if band == 0:
        return _("up to %(limit)s") % {"limit": span(figures.BANDS[0])}
    if band == len(figures.BANDS):
        return _("over %(limit)s") % {"limit": span(figures.BANDS[-1])}
    less, limit = (span(found) for found in figures.BANDS[band - 1 : band + 1])
    return _("over %(less)s, up to %(limit)s") % {"less": less, "limit": limit}


def _narrowed(asked: ReportQuery, name: str, key: str) -> tuple[ReportQuery, Part]:
    """Return the part that a row of a table counts."""
    match name:
        case "priority":
            return replace(asked, priorities=frozenset({key})), WHOLE
        case "category":
            return replace(asked, categories=frozenset({key})), WHOLE
        case "channel":
            return replace(asked, channels=frozenset({key})), WHOLE
        case "assignedTo":
            return replace(asked, assignee=key), WHOLE
        case "team":
            return asked, Part(team=key)
        case "make":
            return asked, Part(make=key)
        case _:
            return asked, Part(segment=key)


def _of(asked: ReportQuery, priority: Priority) -> ReportQuery:
    return _narrowed(asked, "priority", priority.value)[0]


def _cells(
    row: Row, link: Callable[[str], str], *, closed: bool = False, backlog: str | None = None
) -> list[tuple[str, str]]:
    """Return the figures of a row, each with a link to its tickets, or with none."""
    counts = [("created", Column.CREATED), ("resolved", Column.RESOLVED)]
    counts += [("closed", Column.CLOSED)] if closed else []
    counts += [("reopened", Column.REOPENED), ("escalated", Column.ESCALATED)]
    cells = [(number(row[column]), name, row[column]) for name, column in counts]
    if backlog is not None:
        cells.append((backlog, "", 0))  # a backlog is no list of events
    for name, stat in (
        ("responses", figures.response(row, figures.Bins())),
        ("resolutions", figures.resolution(row, figures.Bins())),
    ):
        cells.append((_percent(stat.attainment), name, stat.count))
        if not closed:
            took = "–" if stat.average is None else span(stat.average)
            cells.append((took, name, stat.count))
    return [(text, link(name) if count else "") for text, name, count in cells]


def _periods(asked: ReportQuery, over: GroupBy) -> list[ReportQuery]:
    """Return the same query for each period of a range."""
    by_key: dict[str, list[date]] = {}
    for day in asked.range.each():
        by_key.setdefault(report.key_of(day, over), []).append(day)
    return [
        replace(asked, range=Range(of_period[0], of_period[-1] + days.DAY))
        for of_period in by_key.values()
    ]


def _ordered(name: str, rows: Mapping[str, Row]) -> list[tuple[str, Row]]:
    words: Sequence[str] = [word.value for word in (*reversed(Priority), *Category)]
    if name in ("priority", "category"):
        return sorted(rows.items(), key=lambda pair: words.index(pair[0]))
    return sorted(rows.items(), key=lambda pair: -pair[1][Column.CREATED])


def names(user_ids: Iterable[str]) -> dict[str, str]:
    return {**names_of(user_ids), "": _("Unassigned"), NOBODY: _("Unassigned")}


def _share(row: Row, first: Column) -> float | None:
    """Return the percentage of clocks that were met."""
    return 100 * row[first + 1] / row[first] if row[first] else None


def _percent(share: float | None, of: int = 100) -> str:
    return "–" if share is None else f"{number_format(share * of, 1)} %"


def _change(now: int, then: int) -> str:
    if not then:
        return _("No previous data") if now else ""
    return f"{_signed(100 * (now - then) / then, 0)} %"


def _points(now: float | None, then: float | None) -> str:
    if now is None or then is None:
        return ""
    return _("%(points)s points") % {"points": _signed(100 * (now - then), 1)}


def _signed(value: float, decimals: int) -> str:
    """Return a difference with its sign, in the reader's number format."""
    digits = number_format(f"{abs(value):.{decimals}f}", decimals, force_grouping=True)
    return f"{'−' if value < 0 else '+'}{digits}"


def _period(key: str, group_by: GroupBy, *, year: bool) -> str:
    """Return a period's name; a day has its `year` if the days are of several."""
    if group_by is GroupBy.DAY:
        return date_format(date.fromisoformat(key), _("j M Y") if year else _("j M"))
    if group_by is GroupBy.MONTH:
        return date_format(date.fromisoformat(f"{key}-01"), _("M Y"))
    of_year, _dash, week = key.partition("-W")
    return _("Week %(week)s, %(year)s") % {"week": int(week), "year": of_year}
