"""Which promises were kept, and what was escalated."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from reporting.domain.figures import Row
from reporting.domain.rows import BY_TEAM
from reporting.services import report
from reporting.services.drill_down import Part
from reporting.services.query import GroupBy
from reporting.services.report import Report
from reporting.services.tables import Dimension
from reporting.web import figure_tables, links
from reporting.web.page import Page
from reporting.web.parts import over_time
from tickets.presenters.labels import RULES

GOAL = 0.9
"""The attainment at which charts have a line. SLA policies have targets, and no goal."""

CLOCKS = (
    ("response-attainment", "responses"),
    ("next-response-attainment", "next-responses"),
    ("resolution-attainment", "resolutions"),
)
COLUMNS = (
    *("responses", "late-responses", "response-attainment"),
    *("next-responses", "late-next-responses", "next-response-attainment"),
    *("resolutions", "late-resolutions", "resolution-attainment"),
)


def context(page: Page) -> dict[str, Any]:
    asked = page.asked
    found = report.report(asked)
    whole = figure_tables.of_row(found.row)
    clocks = [one for one in CLOCKS if one[1] != "next-responses" or whole[one[1]]]
    columns = [name for name in COLUMNS if "next-response" not in name or whole["next-responses"]]
    names = {
        "responses": _("First reply"),
        "next-responses": _("Next reply"),
        "resolutions": _("Resolution"),
    }
    words = [names[behind] for _name, behind in clocks]
    periods = over_time.periods(asked, page.group_by)
    by: list[tuple[str, Dimension, Mapping[str, Row]]] = [
        (_("By priority"), Dimension.PRIORITY, found.by(GroupBy.PRIORITY)),
        (_("By category"), Dimension.CATEGORY, found.by(GroupBy.CATEGORY)),
    ]
    if asked.by_priority_alone:
        by.append((_("By team"), Dimension.TEAM, found.by_dimension(BY_TEAM)))
    return {
        "goal": f"{GOAL:.0%}".replace("%", " %"),
        "series_clocks": words,
        "kept": periods.shares(clocks, words, goal=GOAL),
        "periods": periods.table(columns),
        "tables": [
            figure_tables.table(
                asked,
                dimension,
                {key: figure_tables.of_row(row) for key, row in rows.items() if any(row)},
                columns,
                title=title,
                part=page.part,
            )
            for title, dimension, rows in by
        ],
        "rules": rules(found),
    }


def rules(found: Report) -> list[dict[str, Any]]:
    """Return how often each escalation rule fired, by level, with links to the escalations."""
    return [
        {
            "name": RULES.get(rule, rule),
            "level": level,
            "count": count,
            "url": links.drill_down_links(found.asked, Part(rule=rule, level=level))("escalated"),
        }
        for (rule, level), count in sorted(found.rules.items())
    ]
