"""Every figure of a report by its name: what it is computed from, its unit, the tickets behind it.

Pages, exports and the API have this one list, so none of them shows a figure that another lacks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reporting.domain import figures
from reporting.domain.facts import FactKind
from reporting.domain.figures import Column, Durations, Row

Value = int | float | None
"""None: there is nothing to compute it from."""


class Unit(StrEnum):
    COUNT = "count"
    NUMBER = "number"
    """An average of counts."""
    SHARE = "share"
    """0 to 1, or above 1 for a rate of two counts."""
    SECONDS = "seconds"
    """Working time."""


class Source(StrEnum):
    ROW = "row"
    DURATIONS = "durations"
    STOCK = "stock"


@dataclass(frozen=True, slots=True)
class Sums:
    """What figures are computed from. None: not read, and so its figures are left out."""

    row: Row
    durations: Durations | None = None
    backlog: int | None = None
    """Active tickets at the end of the time."""

    def of(self, source: Source) -> object:
        """Return what figures of a source are computed from."""
        return {
            Source.ROW: self.row,
            Source.DURATIONS: self.durations,
            Source.STOCK: self.backlog,
        }[source]


@dataclass(frozen=True, slots=True)
class NamedFigure:
    """A figure; `behind` is the drill-down with all tickets that it is made of, "" for none."""

    name: str
    unit: Unit
    value: Callable[[Sums], Value]
    behind: str = ""
    source: Source = field(default=Source.ROW)


def values(sums: Sums) -> dict[str, Value]:
    """Return every figure of sums by its name, in the order of FIGURES.

    Medians and the backlog are left out if what they are computed from was not read.
    """
    return {
        one.name: one.value(sums) for one in FIGURES.values() if sums.of(one.source) is not None
    }


def _count(name: str, column: Column) -> NamedFigure:
    return NamedFigure(name, Unit.COUNT, lambda sums: sums.row[column], name)


def _share(name: str, part: Column, of: Column, behind: str) -> NamedFigure:
    return NamedFigure(name, Unit.SHARE, lambda sums: _ratio(sums.row, part, of), behind)


def _average(name: str, columns: tuple[Column, ...], of: Column, behind: str) -> NamedFigure:
    """Return an average of working time, to the second."""

    def value(sums: Sums) -> Value:
        count = sums.row[of]
        seconds = sum(sums.row[column] for column in columns)
        return (2 * seconds + count) // (2 * count) if count else None

    return NamedFigure(name, Unit.SECONDS, value, behind)


def _timed(name: str, kind: FactKind, seconds: Column) -> list[NamedFigure]:
    """Return how many durations there are, and how long they are."""
    behind = f"{name}s"

    def quantile(word: str, percent: int) -> NamedFigure:
        def value(sums: Sums) -> Value:
            bins = sums.durations.of(kind) if sums.durations else figures.Bins()
            return figures.quantiles(bins, percent)[0]

        return NamedFigure(f"{name}-{word}", Unit.SECONDS, value, behind, Source.DURATIONS)

    count = figures.COUNTED[kind]
    return [
        _count(behind, count),
        _average(f"{name}-average", (seconds,), count, behind),
        quantile("median", 50),
        quantile("p90", 90),
    ]


def _clock(name: str, kind: FactKind) -> list[NamedFigure]:
    """Return the figures of a clock: how many ended, in time or late, and how long they took."""
    count = figures.COUNTED[kind]
    met, seconds = Column(count + 1), Column(count + 2)
    late = f"late-{name}s"
    ended, *durations = _timed(name, kind, seconds)
    return [
        ended,
        NamedFigure(late, Unit.COUNT, lambda sums: sums.row[count] - sums.row[met], late),
        _share(f"{name}-attainment", met, count, ended.behind),
        *durations,
    ]


def _ratio(row: Row, part: Column, of: Column) -> float | None:
    return row[part] / row[of] if row[of] else None


def _waiting_share(sums: Sums) -> Value:
    waiting = sums.row[Column.WAITING_SECONDS]
    whole = waiting + sum(sums.row[column] for column in _WITH_US)
    return waiting / whole if whole else None


_WITH_US = (Column.OPEN_SECONDS, Column.IN_PROGRESS_SECONDS)
_RESOLUTIONS = "resolutions"

_ALL = [
    _count("created", Column.CREATED),
    _count("resolved", Column.RESOLVED),
    _share("rate", Column.RESOLVED, Column.CREATED, "rate"),
    _count("closed", Column.CLOSED),
    _count("reopened", Column.REOPENED),
    _share("reopen-rate", Column.REOPENED, Column.RESOLVED, "reopen-rate"),
    _count("escalated", Column.ESCALATED),
    NamedFigure("backlog", Unit.COUNT, lambda sums: sums.backlog, source=Source.STOCK),
    *_clock("response", FactKind.RESPONSE),
    *_clock("next-response", FactKind.NEXT_RESPONSE),
    *_clock("resolution", FactKind.RESOLUTION),
    *_timed("assignment", FactKind.ASSIGNMENT, Column.ASSIGNMENT_SECONDS),
    _count("replies", Column.REPLIES),
    _count("returned", Column.RETURNED),
    NamedFigure(
        "replies-to-resolution",
        Unit.NUMBER,
        lambda sums: _ratio(sums.row, Column.REPLIES_TO_RESOLUTION, Column.RESOLUTIONS),
        _RESOLUTIONS,
    ),
    _count("one-touch", Column.ONE_TOUCH),
    _share("one-touch-rate", Column.ONE_TOUCH, Column.RESOLUTIONS, _RESOLUTIONS),
    _count("first-contact", Column.FIRST_CONTACT),
    _share("first-contact-rate", Column.FIRST_CONTACT, Column.RESOLUTIONS, _RESOLUTIONS),
    NamedFigure("waiting-share", Unit.SHARE, _waiting_share, _RESOLUTIONS),
    _average("time-with-us", _WITH_US, Column.RESOLUTIONS, _RESOLUTIONS),
    *(
        _average(name, (column,), Column.RESOLUTIONS, _RESOLUTIONS)
        for name, column in (
            ("time-waiting", Column.WAITING_SECONDS),
            ("time-open", Column.OPEN_SECONDS),
            ("time-in-progress", Column.IN_PROGRESS_SECONDS),
            ("time-done", Column.DONE_SECONDS),
        )
    ),
]

FIGURES: Mapping[str, NamedFigure] = {one.name: one for one in _ALL}
"""Every figure by its name, in the order in which tables show them."""
