"""Figures over time, as charts and as a table."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from reporting.domain import days
from reporting.domain.days import Range
from reporting.domain.figures import Row
from reporting.services import report
from reporting.services.query import GroupBy, ReportQuery
from reporting.web import charts, figure_tables, links, shown
from reporting.web.charts import Chart
from theme.templatetags.desk import number


@dataclass(frozen=True)
class Periods:
    """The days, weeks or months of a report in order, each with its name, row and query."""

    names: list[str]
    rows: list[Row]
    queries: list[ReportQuery]

    def bars(self, figures: Sequence[str], labels: Sequence[str]) -> Chart:
        """Return a chart with a bar for each of some counts in each period."""
        of_rows = [figure_tables.of_row(row) for row in self.rows]
        values = [[int(found[name] or 0) for found in of_rows] for name in figures]
        says = [
            [
                f"{text}: {word} {number(value)}"
                for text, value in zip(self.names, of_figure, strict=True)
            ]
            for word, of_figure in zip(labels, values, strict=True)
        ]
        of_periods = [links.drill_down_links(query) for query in self.queries]
        urls = [[link(name) for link in of_periods] for name in figures]
        return charts.bars(self.names, values, says, urls)

    def shares(
        self, figures: Sequence[tuple[str, str]], labels: Sequence[str], *, goal: float
    ) -> Chart:
        """Return a chart with a line for each share; each figure with what it leads to."""
        of_rows = [figure_tables.of_row(row) for row in self.rows]
        values = [
            [None if (share := found[name]) is None else 100 * share for found in of_rows]
            for name, _behind in figures
        ]
        says = [
            f"{text}: "
            + ", ".join(
                f"{word} {shown.figure(name, found[name])}"
                for word, (name, _behind) in zip(labels, figures, strict=True)
            )
            for text, found in zip(self.names, of_rows, strict=True)
        ]
        of_periods = [links.drill_down_links(query) for query in self.queries]
        urls = [[link(behind) for link in of_periods] for _name, behind in figures]
        return charts.lines(self.names, values, says, top=100, urls=urls, goal=100 * goal)

    def table(
        self, columns: Sequence[str], *, backlog: Sequence[int | None] = ()
    ) -> dict[str, Any]:
        """Return the table of the same figures; `backlog` is a column of its own."""
        rows = []
        for at, (name, row, query) in enumerate(
            zip(self.names, self.rows, self.queries, strict=True)
        ):
            figures = figure_tables.of_row(row)
            if backlog:
                figures["backlog"] = backlog[at]
            link = links.drill_down_links(query)
            rows.append({"name": name, "cells": figure_tables.cells(figures, columns, link)})
        return {"heads": figure_tables.heads(columns), "rows": rows}


def periods(asked: ReportQuery, group_by: GroupBy) -> Periods:
    """Return the periods of a report. Cost: as `report.by_day`."""
    found = report.groups(asked, group_by)
    long = asked.range.start.year != (asked.range.end - days.DAY).year
    by_key: dict[str, list[date]] = {}
    for day in asked.range.each():
        by_key.setdefault(report.key_of(day, group_by), []).append(day)
    return Periods(
        [shown.period(key, group_by, year=long) for key in found],
        list(found.values()),
        [
            replace(asked, range=Range(of_period[0], of_period[-1] + days.DAY))
            for of_period in by_key.values()
        ],
    )


def backlog_chart(found: Periods, backlog: Sequence[int | None]) -> Chart:
    """Return the chart of the active tickets at the end of each period."""
    says = [
        f"{text}: {shown.NONE if left is None else number(left)}"
        for text, left in zip(found.names, backlog, strict=True)
    ]
    return charts.lines(found.names, [backlog], says)
