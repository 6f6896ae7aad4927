"""Tables of a report for people and programs: rows with names, numbers with units.

Downloads, mails and the API have them from here, so that each of them has the same figures.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.dates import WEEKDAYS
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.services.read import customer_names
from helpdesk.accounts.people import every_team, names_of
from helpdesk.errors import Invalid
from helpdesk.parsing import whole_number
from reporting.domain.days import day_of
from reporting.domain.named_figures import FIGURES, Unit, Value
from reporting.services import heat, report, tables
from reporting.services.figure_labels import LABELS
from reporting.services.query import GroupBy, ReportQuery
from reporting.services.tables import Dimension, TableRow
from tickets.domain.filters import NOBODY
from tickets.models import labels

Row = list[object]

HOURS, RULES = "hours", "escalations"
SHEETS: Mapping[str, Promise] = {
    "assignedTo": gettext_lazy("Assignee"),
    "team": gettext_lazy("Team"),
    "priority": gettext_lazy("Priority"),
    "category": gettext_lazy("Category"),
    "channel": gettext_lazy("Channel"),
    "segment": gettext_lazy("Segment"),
    "make": gettext_lazy("Make"),
    "customer": gettext_lazy("Customer"),
    "tag": gettext_lazy("Tag"),
    "day": gettext_lazy("Day"),
    "week": gettext_lazy("Week"),
    "month": gettext_lazy("Month"),
    HOURS: gettext_lazy("Weekday and hour"),
    RULES: gettext_lazy("Escalation rule"),
}
"""What the rows of each table are, by the word in URLs."""

_BY_PRIORITY_ALONE = (Dimension.TEAM, Dimension.SEGMENT, Dimension.MAKE)
_UNNAMED = {
    Dimension.ASSIGNEE: gettext_lazy("Unassigned"),
    Dimension.TEAM: gettext_lazy("No team"),
    Dimension.MAKE: gettext_lazy("No vehicle"),
}


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of a table with their names, and the figures that they have, in order."""

    rows: list[TableRow]
    names: Mapping[str, str]
    figures: list[str]

    def name(self, key: str) -> str:
        return self.names.get(key, key)


def offered(asked: ReportQuery | None = None) -> list[str]:
    """Return the words of all tables of reports, or of those that a query has."""
    found = [*(one.value for one in Dimension), HOURS, RULES]
    if asked is not None and not asked.by_priority_alone:
        found = [word for word in found if word not in _BY_PRIORITY_ALONE]
    if asked is not None and asked.of_one:
        found = [word for word in found if word not in tables.RANKED]
    return [word for word in found if asked is None or asked.of_all or word != RULES]


def named_table(asked: ReportQuery, dimension: Dimension, *, today: date) -> Table:
    """Return a table of figures by dimension. Cost: that of the table, and of its names.

    Raises Invalid if the query has a filter that the rows of the dimension do not know.
    """
    if dimension in _BY_PRIORITY_ALONE and not asked.by_priority_alone:
        text = _("Teams, segments and makes can be filtered by priority only.")
        raise Invalid({"groupBy": text})
    rows = tables.table(asked, dimension, today=today)
    there = {name for row in rows for name in row.figures}
    names = _names(dimension, [row.key for row in rows])
    return Table(rows, names, [name for name in FIGURES if name in there])


def sheet(asked: ReportQuery, word: str, *, now: datetime) -> list[Row]:
    """Return a table of a report by its word, as rows for a spreadsheet program, a head first.

    Durations are hours of working time, shares are percent, days are dates; the last column says
    up to when the figures are complete, if they are not. Raises Invalid.
    """
    complete = report.complete_until()  # before the figures: these may know more
    if word == HOURS:
        rows = _hours(asked, now)
    elif word == RULES:
        rows = _rules(asked)
    elif word in list(Dimension):
        rows = _figures(asked, Dimension(word), day_of(now, asked.zone))
    else:
        text = _("Choose one of: %(words)s.") % {"words": ", ".join(offered())}
        raise Invalid({"groupBy": text})
    head, *lines = rows
    return [[*head, _("Complete up to")], *([*line, complete] for line in lines)]


def in_unit(name: str, value: Value) -> Value:
    """Return a figure in the unit of its head: hours, percent, or as it is."""
    if value is None:
        return None
    match FIGURES[name].unit:
        case Unit.SECONDS:
            return round(value / 3600, 4)
        case Unit.SHARE:
            return round(100 * value, 2)
        case Unit.NUMBER:
            return round(value, 2)
        case _:
            return value


def in_words(name: str, value: Value) -> str:
    """Return a figure with its unit, for a text; a dash for none."""
    if value is None:
        return "–"
    match FIGURES[name].unit:
        case Unit.SECONDS:
            return _("%(hours)s h") % {"hours": number_format(value / 3600, 1)}
        case Unit.SHARE:
            return f"{number_format(100 * value, 1)} %"
        case _:
            return number_format(in_unit(name, value) or 0, force_grouping=True)


def head_of(name: str) -> str:
    """Return the head of a column of figures, with its unit."""
    match FIGURES[name].unit:
        case Unit.SECONDS:
            return _("%(figure)s (h)") % {"figure": LABELS[name]}
        case Unit.SHARE:
            return f"{LABELS[name]} (%)"
        case _:
            return str(LABELS[name])


def _figures(asked: ReportQuery, dimension: Dimension, today: date) -> list[Row]:
    table = named_table(asked, dimension, today=today)
    merged: Mapping[str, int] = {}
    head: Row = [str(SHEETS[dimension]), *map(head_of, table.figures)]
    counts_merged = dimension.value in list(GroupBy) and not asked.include_merged
    if counts_merged:
        merged = report.merged_by_group(asked, GroupBy(dimension.value))
        head.append(_("Merged tickets, not counted"))
    rows: list[Row] = [head]
    for row in table.rows:
        line: Row = [
            date.fromisoformat(row.key) if dimension is Dimension.DAY else table.name(row.key),
            *(in_unit(name, row.figures.get(name)) for name in table.figures),
        ]
        if counts_merged:
            line.append(merged.get(row.key or NOBODY, 0))
        rows.append(line)
    return rows


def _hours(asked: ReportQuery, now: datetime) -> list[Row]:
    found = heat.heat(asked, now=now)
    head = [_("Weekday"), _("Hour"), _("Hours in the range"), _("Created"), _("Replies")]
    rows: list[Row] = [[*head, _("Backlog, average")]]
    for weekday in range(7):
        for hour in range(24):
            backlog = found.backlog(weekday, hour)
            rows.append(
                [
                    str(WEEKDAYS[weekday]),
                    hour,
                    found.hours(weekday, hour),
                    found.created[weekday][hour],
                    found.replies[weekday][hour],
                    None if backlog is None else round(backlog, 2),
                ]
            )
    return rows


def _rules(asked: ReportQuery) -> list[Row]:
    counted = rules_of(asked)
    if counted is None:
        raise Invalid({"groupBy": _("Escalations by rule cannot be filtered.")})
    rows: list[Row] = [[str(SHEETS[RULES]), _("Level"), _("Escalations")]]
    for (rule, level), count in sorted(counted.items()):
        rows.append([rule_name(rule), whole_number(level), count])
    return rows


def rules_of(asked: ReportQuery) -> Mapping[tuple[str, str], int] | None:
    """Return the escalations by rule and level; None if the query has a filter.

    They are counted of all tickets together.
    """
    return report.report(asked).rules if asked.of_all else None


def rule_name(rule: str) -> str:
    return str(labels.RULES.get(rule, rule))


def _names(dimension: Dimension, keys: Iterable[str]) -> dict[str, str]:
    """Return what the rows of a dimension are called, by key, where the key is not its name."""
    nothing = {"": str(_UNNAMED.get(dimension, _("Unknown")))}
    if dimension is Dimension.ASSIGNEE:
        return {**names_of(keys), **nothing}
    if dimension is Dimension.TEAM:
        return {**{str(team.pk): team.name for team in every_team()}, **nothing}
    if dimension.value == "customer":
        return {**customer_names(key for key in keys if key), **nothing}
    return {**{key: str(labels.LABELS.get(key, key)) for key in keys}, **nothing}
