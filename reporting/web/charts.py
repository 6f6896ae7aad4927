"""Where the marks of a chart stand. Templates draw them; this only measures."""

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 100
"""Units from the bottom of a chart to its top."""

STEP = 100
"""Units from one group of bars to the next."""

MOST_LABELS = 6


@dataclass(frozen=True)
class Bar:
    """One bar: of which series, where, and what it says."""

    series: int
    x: float
    y: float
    width: float
    height: float
    says: str


@dataclass(frozen=True)
class Chart:
    """Bars side by side in each group, or lines from group to group."""

    width: int
    bars: Sequence[Bar]
    lines: Sequence[str]
    ticks: Sequence[str]
    labels: Sequence[str]


def bars(
    labels: Sequence[str], series: Sequence[Sequence[float]], says: Sequence[Sequence[str]]
) -> Chart:
    """A group of bars for each label. `says` is what each bar says when it is pointed at."""
    top = _top(series)
    wide = STEP * 0.76 / max(len(series), 1)
    found = [
        Bar(
            number,
            group * STEP + STEP * 0.12 + number * wide,
            HEIGHT - value / top * HEIGHT,
            wide * 0.94,
            value / top * HEIGHT,
            says[number][group],
        )
        for number, values in enumerate(series)
        for group, value in enumerate(values)
        if value
    ]
    return Chart(STEP * max(len(labels), 1), found, (), _ticks(top), _few(labels))


def lines(
    labels: Sequence[str], series: Sequence[Sequence[float | None]], *, top: float | None = None
) -> Chart:
    """A line for each series; where there is no value, the line has a gap."""
    top = top or _top([[value or 0 for value in values] for values in series])
    paths = []
    for values in series:
        path, pen = [], "M"
        for group, value in enumerate(values):
            if value is None:
                pen = "M"
                continue
            x, y = group * STEP + STEP / 2, HEIGHT - value / top * HEIGHT
            path.append(f"{pen}{x:.1f} {y:.2f}")
            if pen == "M":
                path.append(f"h{STEP / 4:.1f}")  # a lonely value is a dash, not nothing
            pen = "L"
        paths.append("".join(path))
    return Chart(STEP * max(len(labels), 1), (), paths, _ticks(top), _few(labels))


def _top(series: Sequence[Sequence[float]]) -> float:
    """A round number that no value is above."""
    most = max((value for values in series for value in values), default=0) or 1
    size = 1
    while size * 10 < most:
        size *= 10
    return next(size * step for step in (1, 2, 4, 5, 10) if size * step >= most)


def _ticks(top: float) -> list[str]:
    """What the axis says, from above."""
    return [f"{top:,.0f}", f"{top / 2:,.0f}" if top > 1 else "", "0"]


def _few(labels: Sequence[str]) -> list[str]:
    """As many of the labels as have room, evenly."""
    if len(labels) <= MOST_LABELS:
        return list(labels)
    last = len(labels) - 1
    return [labels[round(place * last / (MOST_LABELS - 1))] for place in range(MOST_LABELS)]
