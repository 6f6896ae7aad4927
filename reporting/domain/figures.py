"""Figures of a period, which add up to those of a longer one.

Counts, sums and shares are exact. Quantiles come from the logarithmic bins of a DDSketch: each is
within 1 % of the value at its nearest rank, however many periods were added up.
"""

import operator
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import accumulate

from ddsketch.mapping import LogarithmicMapping

from reporting.domain.facts import Dimensions, Fact, FactKind

ACCURACY = 0.01
_BINS = LogarithmicMapping(ACCURACY)
NO_TIME = -1
"""The bin of zero seconds, which has no logarithm."""

BANDS = (900, 3_600, 4 * 3_600, 8 * 3_600, 86_400, 3 * 86_400, 7 * 86_400)
"""Seconds up to which each bar of a distribution reaches; one more bar has what is longer."""


class Column(IntEnum):
    """The columns of a row of counts."""

    CREATED = 0
    RESOLVED = 1
    CLOSED = 2
    REOPENED = 3
    ESCALATED = 4
    RESPONSES = 5
    RESPONSES_MET = 6
    RESPONSE_SECONDS = 7
    RESOLUTIONS = 8
    RESOLUTIONS_MET = 9
    RESOLUTION_SECONDS = 10


WIDTH = len(Column)
Row = list[int]
Bins = Counter[int]
Cell = tuple[str, str, str, str]
"""Priority, category, assignee, channel."""

COUNTED = {
    FactKind.CREATED: Column.CREATED,
    FactKind.RESOLVED: Column.RESOLVED,
    FactKind.CLOSED: Column.CLOSED,
    FactKind.REOPENED: Column.REOPENED,
    FactKind.ESCALATED: Column.ESCALATED,
    FactKind.RESPONSE: Column.RESPONSES,
    FactKind.RESOLUTION: Column.RESOLUTIONS,
}


def cell_of(about: Dimensions) -> Cell:
    """Return the cell that counts a ticket."""
    return about.priority, about.category, about.assignee, about.channel


def empty_row() -> Row:
    """Return a row of zeros, one for each Column."""
    return [0] * WIDTH


def add_to(row: Row, other: Row) -> None:
    """Add `other` to `row`, column by column."""
    row[:] = map(operator.add, row, other)  # a year adds up ten thousand rows


def bin_of(seconds: int) -> int:
    """Return the bin of a duration."""
    return _BINS.key(seconds) if seconds > 0 else NO_TIME


def seconds_of(key: int) -> float:
    """Return the duration of a bin, within 1 % of all durations in it."""
    return _BINS.value(key) if key != NO_TIME else 0.0


@dataclass
class Durations:
    """The bins of both clocks."""

    response: Bins = field(default_factory=Counter)
    resolution: Bins = field(default_factory=Counter)

    def add(self, other: "Durations") -> None:
        """Add the durations of `other`, bin by bin."""
        self.response.update(other.response)
        self.resolution.update(other.resolution)


@dataclass
class Figures:
    """All figures of a period."""

    cells: dict[Cell, Row] = field(default_factory=dict)
    durations: dict[Cell, Durations] = field(default_factory=dict)
    teams: dict[tuple[str, str], Row] = field(default_factory=dict)  # priority, team
    segments: dict[tuple[str, str], Row] = field(default_factory=dict)  # priority, segment
    rules: Counter[tuple[str, str]] = field(default_factory=Counter)  # rule, level

    def count(self, about: Dimensions, fact: Fact) -> None:
        """Count one fact of a ticket."""
        cell = cell_of(about)
        places = [(COUNTED[fact.kind], 1)]
        if fact.kind is FactKind.RESPONSE:
            places += [(Column.RESPONSES_MET, fact.met), (Column.RESPONSE_SECONDS, fact.seconds)]
            self.durations.setdefault(cell, Durations()).response[bin_of(fact.seconds)] += 1
        if fact.kind is FactKind.RESOLUTION:
            places += [
                (Column.RESOLUTIONS_MET, fact.met),
                (Column.RESOLUTION_SECONDS, fact.seconds),
            ]
            self.durations.setdefault(cell, Durations()).resolution[bin_of(fact.seconds)] += 1
        if fact.kind is FactKind.ESCALATED:
            self.rules[fact.rule, str(fact.level)] += 1
        for row in (
            self.cells.setdefault(cell, empty_row()),
            self.teams.setdefault((about.priority, about.team), empty_row()),
            self.segments.setdefault((about.priority, about.segment), empty_row()),
        ):
            for place, number in places:
                row[place] += number

    def add(self, other: "Figures") -> None:
        """Add the figures of another period."""
        for cell, row in other.cells.items():
            add_to(self.cells.setdefault(cell, empty_row()), row)
        for cell, durations in other.durations.items():
            self.durations.setdefault(cell, Durations()).add(durations)
        for mine, theirs in ((self.teams, other.teams), (self.segments, other.segments)):
            for pair, row in theirs.items():
                add_to(mine.setdefault(pair, empty_row()), row)
        self.rules.update(other.rules)

    def total(self) -> Row:
        """Return the sum of all cells."""
        row = empty_row()
        for cell in self.cells.values():
            add_to(row, cell)
        return row


@dataclass(frozen=True, slots=True)
class Stat:
    """One clock over some tickets. Seconds are working time, without waiting.

    `met`, `count` and, to the second, the average are exact; median and 90th percentile are within
    1 % of the value at the nearest rank. None if there is no data.
    """

    count: int
    met: int
    average: int | None
    median: float | None
    p90: float | None

    @property
    def breached(self) -> int:
        return self.count - self.met

    @property
    def attainment(self) -> float | None:
        """The share of clocks that met their target, 0 to 1; None if none has ended."""
        return self.met / self.count if self.count else None


def response(row: Row, bins: Bins) -> Stat:
    """Return the figures of first replies that a row has, with the bins of their durations."""
    return _stat(row, bins, Column.RESPONSES)


def resolution(row: Row, bins: Bins) -> Stat:
    """Return the figures of resolutions that a row has, with the bins of their durations."""
    return _stat(row, bins, Column.RESOLUTIONS)


def resolution_rate(row: Row) -> float | None:
    """Return resolved / created; None if no ticket was created."""
    return row[Column.RESOLVED] / row[Column.CREATED] if row[Column.CREATED] else None


def quantiles(bins: Bins, *percents: int) -> list[float | None]:
    """Return the durations at the nearest ranks of these percentiles; None without durations."""
    count = sum(bins.values())
    if not count:
        return [None for _percent in percents]
    keys = sorted(bins)
    passed = list(accumulate(bins[key] for key in keys))
    # The nearest rank of p % of n values, counted from 1: ceil(p n / 100), in whole numbers.
    ranks = (max(-(-percent * count // 100), 1) for percent in percents)
    return [round(seconds_of(keys[bisect_left(passed, rank)]), 3) for rank in ranks]


def band_of(seconds: int) -> int:
    """Return the index of the bar that counts a duration in a distribution."""
    return bisect_left(BANDS, seconds_of(bin_of(seconds)))


def distribution(bins: Bins) -> list[int]:
    """Return how many durations each bar counts, as `band_of` says."""
    counted = [0] * (len(BANDS) + 1)
    for key, number in bins.items():
        counted[bisect_left(BANDS, seconds_of(key))] += number
    return counted


def _stat(row: Row, bins: Bins, first: Column) -> Stat:
    count, met, seconds = row[first : first + 3]
    median, p90 = quantiles(bins, 50, 90)
    return Stat(
        count=count,
        met=met,
        average=_rounded(seconds, count) if count else None,
        median=median,
        p90=p90,
    )


def _rounded(seconds: int, count: int) -> int:
    """Return the average, rounded half up to the second."""
    return (2 * seconds + count) // (2 * count)
