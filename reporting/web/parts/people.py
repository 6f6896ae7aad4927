"""What each person has now, and what became of their tickets in the range."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from reporting.services import tables
from reporting.services.tables import Dimension
from reporting.web import figure_tables
from reporting.web.figure_tables import Cell, Head
from reporting.web.page import Page
from tickets.domain.filters import NOBODY
from tickets.services.assignment.workload import Share, workload

COLUMNS = (
    *("created", "resolved", "reopened", "replies"),
    *("response-attainment", "response-median", "resolution-attainment", "resolution-median"),
    "one-touch-rate",
)
TEAMS = (
    *("created", "resolved", "backlog", "response-attainment", "response-median"),
    *("resolution-attainment", "resolution-median"),
)


def context(page: Page) -> dict[str, Any]:
    asked = page.asked
    figures = {row.key: row.figures for row in tables.table(asked, Dimension.ASSIGNEE)}
    held = {one.user_id: one for one in workload(by=page.by).people}
    if asked.of_all:
        nothing = dict.fromkeys(("created", "resolved", "reopened", "replies"), 0)
        figures |= {one: nothing for one in held if held[one].load and one not in figures}
    table = figure_tables.table(
        asked, Dimension.ASSIGNEE, figures, COLUMNS, title=_("By assignee"), part=page.part
    )
    keys = [key for key, _figures in figure_tables.ordered(Dimension.ASSIGNEE, figures)]
    for row, key in zip(table["rows"], keys, strict=True):
        row["cells"] = [_load(key, held.get(key)), *row["cells"]]
    table["heads"] = [
        Head(_("Open now"), _("Active tickets now, of the capacity if the person has one.")),
        *table["heads"],
    ]
    found = {"tables": [table]}
    if asked.by_priority_alone:
        teams = {row.key: row.figures for row in tables.table(asked, Dimension.TEAM)}
        found["tables"].append(
            figure_tables.table(
                asked, Dimension.TEAM, teams, TEAMS, title=_("By team"), part=page.part
            )
        )
    return found


def _load(user_id: str, held: Share | None) -> Cell:
    """Return how many tickets a person has now, with a link to them."""
    if held is None:
        return ("–" if user_id else "", "")
    load = f"{held.load} / {held.capacity}" if held.capacity is not None else str(held.load)
    query = urlencode({"view": "active", "assignedTo": user_id or NOBODY})
    return load, f"{reverse('ticket_list')}?{query}" if held.load else ""
