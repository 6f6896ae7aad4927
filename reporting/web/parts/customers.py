"""Who asks: segments, makes of vehicles, and the customers and tags with most tickets."""

from typing import Any

from django.utils.translation import gettext as _

from reporting.services import tables
from reporting.services.tables import Dimension
from reporting.web import figure_tables
from reporting.web.page import Page

COLUMNS = (
    *("created", "resolved", "reopened", "escalated", "backlog"),
    *("response-attainment", "response-median", "resolution-attainment", "resolution-median"),
)
RANKED = (
    *("created", "resolved", "escalated", "replies"),
    *("response-attainment", "response-average", "resolution-attainment", "resolution-average"),
)


def context(page: Page) -> dict[str, Any]:
    if not page.asked.by_priority_alone:
        return {"too_narrow": True}
    shown = (
        (Dimension.SEGMENT, _("By customer segment"), COLUMNS),
        (Dimension.MAKE, _("By vehicle make"), COLUMNS),
        (Dimension.CUSTOMER, _("Customers with most tickets"), RANKED),
        (Dimension.TAG, _("Tags with most tickets"), RANKED),
    )
    return {
        "tables": [
            figure_tables.table(
                page.asked,
                dimension,
                {row.key: row.figures for row in tables.table(page.asked, dimension)},
                columns,
                title=title,
                part=page.part,
            )
            for dimension, title, columns in shown
        ]
    }
