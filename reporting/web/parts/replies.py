"""How long customers wait: for the first reply, for each next one, for the resolution."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from reporting.domain import figures
from reporting.domain.figures import Bins, Column, Row, Stat
from reporting.services import report
from reporting.services.drill_down import Part
from reporting.services.figure_labels import LABELS
from reporting.services.query import ReportQuery
from reporting.services.report import Report
from reporting.services.tables import Dimension
from reporting.web import charts, figure_tables, links, shown
from reporting.web.labels import DEFINITIONS
from reporting.web.page import Page
from theme.templatetags.desk import number, span
from tickets.domain.ticket import Priority

QUALITY = (
    *("assignment-average", "replies-to-resolution", "one-touch-rate", "first-contact-rate"),
    *("time-with-us", "time-waiting", "waiting-share", "returned"),
)

STATUSES = (
    ("time-open", Column.OPEN_SECONDS, gettext_lazy("Open")),
    ("time-in-progress", Column.IN_PROGRESS_SECONDS, gettext_lazy("In progress")),
    ("time-waiting", Column.WAITING_SECONDS, gettext_lazy("Waiting for the customer")),
    ("time-done", Column.DONE_SECONDS, gettext_lazy("Resolved, before a reopening")),
)


def context(page: Page) -> dict[str, Any]:
    found = report.report(page.asked)
    earlier = page.asked.range.before()
    before = report.report(replace(page.asked, range=earlier))
    row = found.row
    return {
        "before": earlier,
        "clocks": clocks(found, before, page.asked),
        "quality": _quality(page.asked, row, before.row),
        "statuses": _statuses(page.asked, row),
    }


def clocks(found: Report, before: Report, asked: ReportQuery) -> list[dict[str, Any]]:
    """Return each clock's figures, distribution, and figures by priority."""
    bins = found.durations()
    priorities = list(reversed(Priority))
    of_each = list(zip(*(found.stats(one.value) for one in priorities), strict=True))
    of_bands = [
        links.drill_down_links(asked, Part(band=str(band)))
        for band in range(len(figures.BANDS) + 1)
    ]
    then = [  # without durations, of which no change is shown
        stat(before.row, Bins())
        for stat in (figures.response, figures.resolution, figures.next_response)
    ]
    told = []
    for (name, title, own), stat, was, stats in zip(
        (
            ("response", _("First reply"), bins.response),
            ("resolution", _("Resolution"), bins.resolution),
            ("next-response", _("Next reply"), bins.next_response),
        ),
        found.stats(),
        then,
        of_each,
        strict=True,
    ):
        if name == "next-response" and not stat.count:
            continue  # most policies have no target for it
        told.append(
            {
                "name": name,
                "title": title,
                "means": DEFINITIONS[name],
                "change": shown.points(stat.attainment, was.attainment),
                **_shown(asked, name, stat),
                **_distribution(own, [of_band(f"{name}s") for of_band in of_bands]),
                "priorities": [
                    {"word": priority.value, **_shown(_of(asked, priority), name, one)}
                    for priority, one in zip(priorities, stats, strict=True)
                    if one.count
                ],
            }
        )
    return told


def _shown(asked: ReportQuery, name: str, stat: Stat) -> dict[str, Any]:
    link = links.drill_down_links(asked)
    return {
        "stat": stat,
        "attainment": shown.percent(stat.attainment),
        "all_url": link(f"{name}s"),
        "late_url": link(f"late-{name}s"),
    }


def _distribution(bins: Bins, urls: Sequence[str]) -> dict[str, Any]:
    limits = [*(f"≤ {span(limit)}" for limit in figures.BANDS), f"> {span(figures.BANDS[-1])}"]
    counts = figures.distribution(bins)
    says = [f"{text}: {number(count)}" for text, count in zip(limits, counts, strict=True)]
    return {
        "rows": list(zip(limits, counts, urls, strict=True)),
        "chart": charts.bars(limits, [counts], [says], [urls]),
    }


def _of(asked: ReportQuery, priority: Priority) -> ReportQuery:
    return figure_tables.narrowed(asked, Dimension.PRIORITY, priority.value)[0]


def _quality(asked: ReportQuery, row: Row, then: Row) -> list[dict[str, Any]]:
    """Return what is known of resolved tickets, as tiles."""
    now, earlier = figure_tables.of_row(row), figure_tables.of_row(then)
    return [
        {
            "label": LABELS[name],
            "means": DEFINITIONS[name],
            "value": text,
            "url": url,
            "change": shown.change(name, now[name], earlier[name]),
        }
        for name, (text, url) in zip(
            QUALITY,
            figure_tables.cells(now, QUALITY, links.drill_down_links(asked)),
            strict=True,
        )
    ]


def _statuses(asked: ReportQuery, row: Row) -> list[dict[str, Any]]:
    """Return where the time until the resolution went, as shares of a bar."""
    whole = sum(row[column] for _name, column, _label in STATUSES)
    now = figure_tables.of_row(row)
    link = links.drill_down_links(asked)("resolutions")
    at, found = 0.0, []
    for name, column, label in STATUSES if whole else ():
        width = 100 * row[column] / whole
        found.append(
            {
                "label": label,
                "value": shown.figure(name, now[name]),
                "share": shown.percent(row[column] / whole),
                "x": f"{at:.2f}",
                "width": f"{width:.2f}",
                "url": link,
            }
        )
        at += width
    return found
