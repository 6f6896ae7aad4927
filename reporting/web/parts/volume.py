"""How much came in, how much was done, and how much is left."""

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from reporting.domain.figures import Row
from reporting.services import report
from reporting.services.figure_labels import LABELS
from reporting.services.query import GroupBy
from reporting.services.tables import Dimension
from reporting.web import figure_tables, links, shown
from reporting.web.labels import DEFINITIONS
from reporting.web.page import Page
from reporting.web.parts import over_time
from reporting.web.parts.ages import ages

TILES = ("created", "resolved", "rate", "closed", "reopened", "escalated")
PERIODS = ("created", "resolved", "closed", "reopened", "escalated", "backlog")
COLUMNS = ("created", "resolved", "rate", "closed", "reopened", "reopen-rate", "escalated")


def context(page: Page) -> dict[str, Any]:
    asked = page.asked
    found = report.report(asked)
    earlier = asked.range.before()
    before = report.report(replace(asked, range=earlier))
    periods = over_time.periods(asked, page.group_by)
    backlog = report.backlog(asked, page.group_by, by=page.by, today=page.today)
    words = (str(LABELS["created"]), str(LABELS["resolved"]))
    tables = (
        (_("By priority"), Dimension.PRIORITY, GroupBy.PRIORITY),
        (_("By category"), Dimension.CATEGORY, GroupBy.CATEGORY),
        (_("By channel"), Dimension.CHANNEL, GroupBy.CHANNEL),
    )
    return {
        "before": earlier,
        "tiles": tiles(page, found.row, before.row),
        "series_volume": words,
        "volume": periods.bars(("created", "resolved"), words),
        "backlog": over_time.backlog_chart(periods, backlog),
        "ages": None if asked.customer or asked.tag else ages(page),
        "periods": periods.table(PERIODS, backlog=backlog),
        "tables": [
            figure_tables.table(
                asked,
                dimension,
                {
                    key: figure_tables.of_row(row)
                    for key, row in found.by(group_by).items()
                    if any(row)
                },
                COLUMNS,
                title=title,
                part=page.part,
            )
            for title, dimension, group_by in tables
        ],
    }


def tiles(page: Page, now: Row, then: Row) -> list[dict[str, Any]]:
    """Return the totals, each with its change and the link to its tickets."""
    figures, earlier = figure_tables.of_row(now), figure_tables.of_row(then)
    of_all = figure_tables.cells(figures, TILES, links.drill_down_links(page.asked))
    return [
        {
            "label": LABELS[name],
            "means": DEFINITIONS[name],
            "value": text,
            "url": url,
            "change": shown.change(name, figures[name], earlier[name]),
        }
        for name, (text, url) in zip(TILES, of_all, strict=True)
    ]
