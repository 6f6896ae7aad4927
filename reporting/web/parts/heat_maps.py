"""Figures by weekday and hour, as tables whose cells are the darker the more they count."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from django.utils.dates import WEEKDAYS_ABBR
from django.utils.formats import number_format
from django.utils.functional import Promise

from reporting.services.heat import Heat
from reporting.web.shown import NONE

SHADES = 6
"""Shades of cells beside none."""

HOURS = range(24)


@dataclass(frozen=True)
class HeatCell:
    """A figure of an hour of the week: its text, its shade from 0 to SHADES, its link."""

    text: str
    shade: int
    url: str = ""


@dataclass(frozen=True)
class Day:
    """The cells of a weekday."""

    name: str | Promise
    cells: list[HeatCell]
    total: str


Numbers = Sequence[Sequence[float | None]]


def days(
    numbers: Numbers,
    *,
    total: Callable[[Sequence[float]], float],
    decimals: int | None = None,
    up: bool = False,
    link: Callable[[int, int], str] | None = None,
) -> list[Day]:
    """Return the days of a week with their cells; `total` makes the last column of each.

    Averages have a decimal where all are below ten, unless `decimals` says otherwise. With `up`
    cells are rounded up.
    """
    most = max((value for row in numbers for value in row if value), default=0)
    if decimals is None:
        decimals = int(most < 10)
    found = []
    for weekday, row in enumerate(numbers):
        cells = [
            HeatCell(
                text := _text(value, decimals, up=up),
                _shade(value / most) if text and value else 0,
                link(weekday, hour) if link and value else "",
            )
            for hour, value in enumerate(row)
        ]
        there = [value for value in row if value is not None]
        of_day = _text(total(there), decimals) if there else NONE
        found.append(Day(WEEKDAYS_ABBR[weekday], cells, of_day))
    return found


def needed(found: Heat, *, minutes: int) -> list[list[float | None]]:
    """Return how many people each hour of the week needs, or None where the range has no such hour.

    The tickets that are created in the hour, on average, times the replies that a ticket takes in
    the range, times the minutes of a reply, divided by 60.
    """
    created = sum(map(sum, found.created))
    a_ticket = sum(map(sum, found.replies)) / created if created else 0
    return [
        [
            found.created[weekday][hour] / hours * a_ticket * minutes / 60
            if (hours := found.hours(weekday, hour))
            else None
            for hour in HOURS
        ]
        for weekday in range(7)
    ]


def replies_a_ticket(found: Heat) -> str:
    """Return how many replies a ticket takes in the range, as text."""
    created = sum(map(sum, found.created))
    replies = sum(map(sum, found.replies))
    return str(number_format(round(replies / created, 1), 1)) if created else NONE


def _shade(share: float) -> int:
    """Return the shade of a cell by its share of the most."""
    return min(ceil(SHADES * share), SHADES)


def _text(value: float | None, decimals: int, *, up: bool = False) -> str:
    if value is None:
        return NONE
    of_one = 10**decimals
    shown = ceil(round(value * of_one, 6)) / of_one if up else round(value, decimals)
    return str(number_format(shown, decimals, force_grouping=True)) if shown else ""
