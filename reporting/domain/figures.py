"""Figures of a period, which add up to those of a longer one.

Counts, sums and shares are exact. Quantiles come from the logarithmic bins of a DDSketch: each is
within 1 % of the value at its nearest rank, however many periods were added up.
"""

import operator
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import accumulate

from ddsketch.mapping import LogarithmicMapping

from reporting.domain.facts import Fact, FactKind, Measure

ACCURACY = 0.01
_BINS = LogarithmicMapping(ACCURACY)
NO_TIME = -1
"""The bin of zero seconds, which has no logarithm."""

BANDS = (900, 3_600, 4 * 3_600, 8 * 3_600, 86_400, 3 * 86_400, 7 * 86_400)
"""Seconds up to which each bar of a distribution reaches; one more bar has what is longer."""


class Column(IntEnum):
    """The columns of a row. New ones go to the end: rows that are stored keep their places."""

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
    NEXT_RESPONSES = 11
    NEXT_RESPONSES_MET = 12
    NEXT_RESPONSE_SECONDS = 13
    REPLIES = 14
    REPLIES_TO_RESOLUTION = 15
    ONE_TOUCH = 16
    FIRST_CONTACT = 17
    OPEN_SECONDS = 18
    IN_PROGRESS_SECONDS = 19
    WAITING_SECONDS = 20
    DONE_SECONDS = 21
    ASSIGNMENTS = 22
    ASSIGNMENT_SECONDS = 23
    RETURNED = 24


WIDTH = len(Column)
Row = list[int]
Bins = Counter[int]

COUNTED = {
    FactKind.CREATED: Column.CREATED,
    FactKind.RESOLVED: Column.RESOLVED,
    FactKind.CLOSED: Column.CLOSED,
    FactKind.REOPENED: Column.REOPENED,
    FactKind.ESCALATED: Column.ESCALATED,
    FactKind.RESPONSE: Column.RESPONSES,
    FactKind.RESOLUTION: Column.RESOLUTIONS,
    FactKind.NEXT_RESPONSE: Column.NEXT_RESPONSES,
    FactKind.REPLY: Column.REPLIES,
    FactKind.ASSIGNMENT: Column.ASSIGNMENTS,
    FactKind.RETURNED: Column.RETURNED,
}

CLOCKS = (FactKind.RESPONSE, FactKind.RESOLUTION, FactKind.NEXT_RESPONSE)
"""Ends of clocks: after the column that counts them are those of met ones and of their seconds."""

TIMED = (*CLOCKS, FactKind.ASSIGNMENT)
"""What has durations; their number is stored, so new ones go to the end. After the column that
counts assignments is that of their seconds."""

MEASURED = {
    Measure.REPLIES: Column.REPLIES_TO_RESOLUTION,
    Measure.ONE_TOUCH: Column.ONE_TOUCH,
    Measure.FIRST_CONTACT: Column.FIRST_CONTACT,
    Measure.OPEN: Column.OPEN_SECONDS,
    Measure.IN_PROGRESS: Column.IN_PROGRESS_SECONDS,
    Measure.WAITING: Column.WAITING_SECONDS,
    Measure.DONE: Column.DONE_SECONDS,
}


def counts_of(fact: Fact) -> list[tuple[Column, int]]:
    """Return what a fact adds to a row."""
    column = COUNTED[fact.kind]
    added = [(column, 1)]
    if fact.kind is FactKind.ASSIGNMENT:
        added.append((Column.ASSIGNMENT_SECONDS, fact.seconds))
    if fact.kind in CLOCKS:
        added += [(Column(column + 1), int(fact.met)), (Column(column + 2), fact.seconds)]
    added += [(MEASURED[measure], number) for measure, number in fact.measures]
    return [(place, number) for place, number in added if number]


def empty_row() -> Row:
    """Return a row of zeros, one for each Column."""
    return [0] * WIDTH


def add_to(row: Row, other: Sequence[int], sign: int = 1) -> None:
    """Add `other` to `row`, column by column, or take it away if `sign` is -1."""
    # A year adds up thousands of rows. One of an earlier release may have fewer columns.
    row[: len(other)] = map(operator.add if sign > 0 else operator.sub, row, other)


def bin_of(seconds: int) -> int:
    """Return the bin of a duration."""
    return _BINS.key(seconds) if seconds > 0 else NO_TIME


def seconds_of(key: int) -> float:
    """Return the duration of a bin, within 1 % of all durations in it."""
    return _BINS.value(key) if key != NO_TIME else 0.0


@dataclass
class Durations:
    """The bins of each clock, and of the time until the first assignment."""

    response: Bins = field(default_factory=Counter)
    resolution: Bins = field(default_factory=Counter)
    next_response: Bins = field(default_factory=Counter)
    assignment: Bins = field(default_factory=Counter)

    def of(self, kind: FactKind) -> Bins:
        """Return the bins of what ends with this kind of fact."""
        return {
            FactKind.RESPONSE: self.response,
            FactKind.RESOLUTION: self.resolution,
            FactKind.NEXT_RESPONSE: self.next_response,
            FactKind.ASSIGNMENT: self.assignment,
        }[kind]

    def add(self, other: "Durations") -> None:
        """Add the durations of `other`, bin by bin."""
        for kind in TIMED:
            self.of(kind).update(other.of(kind))


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


def next_response(row: Row, bins: Bins) -> Stat:
    """Return the figures of answers after the first, with the bins of their durations."""
    return _stat(row, bins, Column.NEXT_RESPONSES)


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
