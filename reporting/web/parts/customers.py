"""Who asks: segments of customers, and the makes of what is shipped for them."""

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


def context(page: Page) -> dict[str, Any]:
    if not page.asked.by_priority_alone:
        return {"too_narrow": True}
    titles = {
        Dimension.SEGMENT: _("By customer segment"),
        Dimension.MAKE: _("By vehicle make"),
    }
    return {
        "tables": [
            figure_tables.table(
                page.asked,
                dimension,
                {row.key: row.figures for row in tables.table(page.asked, dimension)},
                COLUMNS,
                title=title,
                part=page.part,
            )
            for dimension, title in titles.items()
        ]
    }
