"""Positions in a chart. Templates draw it; this module only calculates."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.safestring import SafeString

HEIGHT = 100
"""Units from the bottom of a chart to its top."""

STEP = 100
"""Units from one group of bars to the next."""

POINT = 16
"""Units from the bottom of what can be clicked of a value to its top."""

MOST_LABELS = 8
FEW_LABELS = 6
"""Labels of a chart that has more groups than MOST_LABELS."""

EDGE = 1
"""Percent of a chart's width within which a label begins, or ends, at its mark."""


@dataclass(frozen=True)
class Box:
    """The position of what can be pointed at, and its tooltip."""

    x: float
    y: float
    width: float
    height: float
    says: str

    @property
    def position(self) -> SafeString:
        """The position as attributes of SVG: written here, since a report has two hundred."""
        return SafeString(
            f'x="{self.x:.2f}" y="{self.y:.2f}" width="{self.width:.2f}" height="{self.height:.2f}"'
        )


@dataclass(frozen=True)
class Bar(Box):
    """One bar with its link, and its series."""

    series: int
    url: str = ""


@dataclass(frozen=True)
class Label:
    """The label of a group: its position, in percent of the width, and its width.

    A minor one is hidden on a narrow screen.
    """

    text: str
    x: float
    anchor: str
    minor: bool


@dataclass(frozen=True)
class Point(Box):
    """A value of a line, with its link."""

    url: str


@dataclass(frozen=True)
class Chart:
    """Bars side by side in each group, or lines across groups."""

    width: int
    bars: Sequence[Bar]
    lines: Sequence[str]
    ticks: Sequence[str]
    labels: Sequence[Label]
    groups: Sequence[Box] = ()
    """The groups of a line chart, each from bottom to top."""
    points: Sequence[Point] = ()
    goal: str = ""
    """The path of a line across the chart, at a value to reach."""


def bars(
    labels: Sequence[str],
    series: Sequence[Sequence[float]],
    says: Sequence[Sequence[str]],
    urls: Sequence[Sequence[str]] = (),
) -> Chart:
    """Return a group of bars for each label, with their tooltips `says` and links `urls`."""
    top = _top(series)
    wide = STEP * 0.76 / max(len(series), 1)
    found = [
        Bar(
            group * STEP + STEP * 0.12 + number * wide,
            HEIGHT - value / top * HEIGHT,
            wide * 0.94,
            value / top * HEIGHT,
            says[number][group],
            number,
            urls[number][group] if urls else "",
        )
        for number, values in enumerate(series)
        for group, value in enumerate(values)
        if value
    ]
    return Chart(STEP * max(len(labels), 1), found, (), _ticks(top), _few(labels))


def lines(
    labels: Sequence[str],
    series: Sequence[Sequence[float | None]],
    says: Sequence[str],
    *,
    top: float | None = None,
    urls: Sequence[Sequence[str]] = (),
    goal: float | None = None,
) -> Chart:
    """Return a line for each series, with gaps for missing values.

    `says` has the tooltip of each group, `urls` the link of each value; at `goal` is a line.
    """
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
    groups = [Box(number * STEP, 0, STEP, HEIGHT, text) for number, text in enumerate(says)]
    wide = STEP / max(len(series), 1)  # side by side, so that none hides another of the same value
    points = [
        Point(
            group * STEP + number * wide,
            min(max(HEIGHT - value / top * HEIGHT - POINT / 2, 0), HEIGHT - POINT),
            wide,
            POINT,
            says[group],
            url,
        )
        for number, (values, leads) in enumerate(zip(series, urls, strict=bool(urls)))
        for group, (value, url) in enumerate(zip(values, leads, strict=True))
        if value is not None
    ]
    width = STEP * max(len(labels), 1)
    across = f"M0 {HEIGHT - goal / top * HEIGHT:.2f}H{width}" if goal is not None else ""
    return Chart(width, (), paths, _ticks(top), _few(labels), groups, points, across)


def _top(series: Sequence[Sequence[float]]) -> float:
    """Return a round number that no value exceeds, and whose half is a whole number, or 1."""
    most = max((value for values in series for value in values), default=0) or 1
    size = 1
    while size * 10 < most:
        size *= 10
    return next(size * step for step in (1, 2, 4, 6, 10) if size * step >= most)


def _ticks(top: float) -> list[str]:
    """Return the labels of the axis, from above."""
    return [_whole(top), _whole(top / 2) if top > 1 else "", "0"]


def _whole(value: float) -> str:
    return number_format(round(value), force_grouping=True)


def _few(labels: Sequence[str]) -> list[Label]:
    """Return as many labels as there is room for, each below the middle of its group."""
    every = 1 if len(labels) <= MOST_LABELS else -(-len(labels) // FEW_LABELS)
    found = []
    for number in range(0, len(labels), every):
        x = 100 * (number + 0.5) / len(labels)
        anchor = "start" if x < EDGE else "end" if x > 100 - EDGE else "middle"
        found.append(Label(labels[number], x, anchor, minor=number // every % 3 > 0))
    return found
