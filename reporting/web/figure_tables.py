"""Tables of figures by priority, person, team …, each figure with a link to its tickets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from customers.domain.choices import Segment
from reporting.domain import named_figures
from reporting.domain.figures import Row
from reporting.domain.named_figures import FIGURES, Sums, Unit, Value
from reporting.services.drill_down import WHOLE, Part
from reporting.services.figure_labels import LABELS
from reporting.services.query import ReportQuery
from reporting.services.tables import Dimension
from reporting.web import links, shown
from reporting.web.labels import DEFINITIONS
from tickets.domain.ticket import Category, Priority
from tickets.presenters.labels import label

Cell = tuple[str, str]
"""A text and the URL that it leads to, or "" for none."""

_FILTERS = (Dimension.PRIORITY, Dimension.CATEGORY, Dimension.CHANNEL, Dimension.ASSIGNEE)
"""Dimensions that a report can be filtered by, so that a row has a report of its own."""

_WORDS = [word.value for word in (*reversed(Priority), *Category)]


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a column."""

    label: str | Promise
    means: str | Promise = ""


def heads(columns: Sequence[str]) -> list[Head]:
    """Return the heads of columns of figures."""
    return [Head(LABELS[name], DEFINITIONS.get(name, "")) for name in columns]


def of_row(row: Row) -> dict[str, Value]:
    """Return the figures of a row that need neither durations nor a backlog."""
    return named_figures.values(Sums(row))


def cells(
    figures: Mapping[str, Value], columns: Sequence[str], link: Callable[[str], str]
) -> list[Cell]:
    """Return figures, each with the link to the tickets that it is made of if there are any."""
    return [
        (shown.figure(name, value), link(behind) if behind and _leads(name, value) else "")
        for name in columns
        for value, behind in ((figures.get(name), FIGURES[name].behind),)
    ]


def table(
    asked: ReportQuery,
    dimension: Dimension,
    rows: Mapping[str, Mapping[str, Value]],
    columns: Sequence[str],
    *,
    title: str,
    part: str,
) -> dict[str, Any]:
    """Return a table: its title, the heads of its columns, and its rows with their names.

    A name leads to this part of the report of its row, where reports can be filtered by it.
    """
    known = names(dimension, rows)
    return {
        "title": title,
        "heads": heads(columns),
        "rows": [
            {
                "name": known.get(key) or label(key),
                "url": _report_of(asked, dimension, key, part),
                "cells": cells(
                    figures, columns, links.drill_down_links(*narrowed(asked, dimension, key))
                ),
            }
            for key, figures in ordered(dimension, rows)
        ],
    }


def narrowed(asked: ReportQuery, dimension: Dimension, key: str) -> tuple[ReportQuery, Part]:
    """Return the part of a report that a row of a table counts."""
    match dimension:
        case Dimension.PRIORITY:
            return replace(asked, priorities=frozenset({key})), WHOLE
        case Dimension.CATEGORY:
            return replace(asked, categories=frozenset({key})), WHOLE
        case Dimension.CHANNEL:
            return replace(asked, channels=frozenset({key})), WHOLE
        case Dimension.ASSIGNEE:
            return replace(asked, assignee=key), WHOLE
        case Dimension.CUSTOMER:
            return replace(asked, customer=key), WHOLE
        case Dimension.TAG:
            return replace(asked, tag=key), WHOLE
        case Dimension.TEAM:
            return asked, Part(team=key)
        case Dimension.MAKE:
            return asked, Part(make=key)
        case Dimension.SEGMENT:
            return asked, Part(segment=key)
        case _:
            raise ValueError(dimension)


def names(dimension: Dimension, keys: Mapping[str, object]) -> dict[str, str]:
    """Return what rows are called whose key is no word that has a label of its own."""
    match dimension:
        case Dimension.ASSIGNEE:
            return shown.people(keys)
        case Dimension.TEAM:
            return shown.teams()
        case Dimension.SEGMENT:
            return {**{one.value: label(one) for one in Segment}, "": _("Unknown")}
        case Dimension.MAKE:
            return {**{key: key for key in keys}, "": _("No vehicle")}
        case Dimension.CUSTOMER:
            return shown.customers(keys)
        case Dimension.TAG:
            return {key: key for key in keys}
        case _:
            return {"": _("Unknown")}


def ordered(
    dimension: Dimension, rows: Mapping[str, Mapping[str, Value]]
) -> list[tuple[str, Mapping[str, Value]]]:
    """Return priorities and categories in their order, and others by what was created."""
    if dimension in (Dimension.PRIORITY, Dimension.CATEGORY):
        return sorted(rows.items(), key=lambda pair: _WORDS.index(pair[0]))
    return sorted(rows.items(), key=lambda pair: -(pair[1]["created"] or 0))


def _report_of(asked: ReportQuery, dimension: Dimension, key: str, part: str) -> str:
    """Return the URL of the report of a row, or "" if it has none."""
    if dimension is Dimension.CUSTOMER:
        return links.customer_report(asked, key)
    if dimension is Dimension.TAG:
        return links.narrowed_link(asked, dimension.value, key, "volume")
    return links.narrowed_link(asked, dimension.value, key, part) if dimension in _FILTERS else ""


def _leads(name: str, value: Value) -> bool:
    """Return whether a figure is made of tickets: a count of none is not."""
    return value is not None and bool(value or FIGURES[name].unit is not Unit.COUNT)
