"""Who asks: segments, makes of vehicles, and the customers and tags with most tickets."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from reporting.domain.named_figures import Value
from reporting.domain.rows import BY_MAKE, BY_SEGMENT
from reporting.services import report, tables
from reporting.services.tables import Dimension
from reporting.web import figure_tables
from reporting.web.page import Page

COLUMNS = (
    *("created", "resolved", "escalated", "replies"),
    *("response-attainment", "response-average", "resolution-attainment", "resolution-average"),
)
"""Averages, not medians: those would read the durations of every person and team, too."""


def context(page: Page) -> dict[str, Any]:
    asked = page.asked
    if not asked.by_priority_alone:
        return {"too_narrow": True}
    found = report.report(asked)
    shown: list[tuple[Dimension, str, dict[str, Mapping[str, Value]]]] = [
        (
            dimension,
            title,
            {
                key: figure_tables.of_row(row)
                for key, row in found.by_dimension(table).items()
                if any(row)
            },
        )
        for dimension, title, table in (
            (Dimension.SEGMENT, _("By customer segment"), BY_SEGMENT),
            (Dimension.MAKE, _("By vehicle make"), BY_MAKE),
        )
    ]
    shown += [
        (dimension, title, {row.key: row.figures for row in tables.table(asked, dimension)})
        for dimension, title in (
            (Dimension.CUSTOMER, _("Customers with most tickets")),
            (Dimension.TAG, _("Tags with most tickets")),
        )
    ]
    return {
        "tables": [
            figure_tables.table(asked, dimension, rows, COLUMNS, title=title, part=page.part)
            for dimension, title, rows in shown
        ]
    }
