"""How figures are packed into items.

Rows of counts have a fixed width, so that a busy month costs no more to read than a quiet one. The
bins of all cells are many and mostly empty, and are compressed.
"""

import json
import sys
import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import compress
from typing import Any

from reporting.domain.figures import NO_TIME, WIDTH, Bins, Cell, Durations, Figures, Row
from tickets.domain.ticket import Priority

PIECE = 300_000
"""Bytes of an item at most; DynamoDB takes 400 KB."""

_NUMBER = "Q"
_LONG = "I"
SPAN = 1_024
"""Bins of a duration: from one second to twenty years."""


def pack_counts(figures: Figures) -> bytes:
    """Pack everything except the durations."""
    tables: list[Mapping[Any, Row]] = [figures.cells, figures.teams, figures.segments]
    rules = dict(sorted(figures.rules.items()))
    keys = json.dumps([*(sorted(table) for table in tables), list(rules)]).encode()
    numbers = array(_NUMBER)
    for table in tables:
        for key in sorted(table):
            numbers.extend(table[key])
    numbers.extend(rules.values())
    return len(keys).to_bytes(4, "big") + keys + _little(numbers).tobytes()


def unpack_counts(data: bytes) -> Figures:
    """Return the figures that `pack_counts` wrote, without durations."""
    length = int.from_bytes(data[:4], "big")
    cells, teams, segments, rules = json.loads(data[4 : 4 + length])
    numbers = array(_NUMBER)
    numbers.frombytes(data[4 + length :])
    rest = list(_little(numbers))
    figures = Figures()
    at = 0
    tables: list[tuple[Iterable[Any], dict[Any, Row]]] = [
        ((_cell(key) for key in cells), figures.cells),
        (teams, figures.teams),
        (segments, figures.segments),
    ]
    for keys, table in tables:
        for key in keys:
            table[tuple(key)] = rest[at : at + WIDTH]
            at += WIDTH
    figures.rules = Counter({(rule, level): rest[at + n] for n, (rule, level) in enumerate(rules)})
    return figures


def pack_durations(figures: Figures) -> bytes:
    """Pack the bins of every cell."""
    rows = [
        [list(cell), _pairs(found.response), _pairs(found.resolution)]
        for cell, found in sorted(figures.durations.items())
    ]
    return zlib.compress(json.dumps(rows, separators=(",", ":")).encode(), 6)


def unpack_durations(data: bytes) -> Figures:
    """Return figures with the durations alone that `pack_durations` wrote."""
    figures = Figures()
    for key, response, resolution in json.loads(zlib.decompress(data)):
        figures.durations[_cell(key)] = Durations(_bins(response), _bins(resolution))
    return figures


def pack_by_priority(figures: Figures) -> bytes:
    """Pack the bins of each priority, including empty ones."""
    found = {priority.value: Durations() for priority in Priority}
    for (priority, *_rest), durations in figures.durations.items():
        found[priority].add(durations)
    numbers = array(_LONG)
    for durations in found.values():
        for bins in (durations.response, durations.resolution):
            numbers.extend(bins.get(key, 0) for key in range(NO_TIME, NO_TIME + SPAN))
    return _little(numbers).tobytes()


def unpack_by_priority(data: bytes) -> dict[str, Durations]:
    """Return the durations of each priority that `pack_by_priority` wrote."""
    numbers = array(_LONG)
    numbers.frombytes(data)
    numbers = _little(numbers)
    pieces = [_filled(numbers[at : at + SPAN]) for at in range(0, len(numbers), SPAN)]
    return {
        priority.value: Durations(pieces[2 * place], pieces[2 * place + 1])
        for place, priority in enumerate(Priority)
    }


def pack_rows(rows: Iterable[Row]) -> bytes:
    """Pack the totals of each day of a month, in order."""
    numbers = array(_NUMBER)
    for row in rows:
        numbers.extend(row)
    return _little(numbers).tobytes()


def unpack_rows(data: bytes) -> list[Row]:
    """Return the rows that `pack_rows` wrote."""
    numbers = array(_NUMBER)
    numbers.frombytes(data)
    rest = list(_little(numbers))
    return [rest[at : at + WIDTH] for at in range(0, len(rest), WIDTH)]


def _cell(key: list[str]) -> Cell:
    """Return the cell of a stored key. Those of earlier releases name no channel."""
    priority, category, assignee, *channel = key
    return priority, category, assignee, channel[0] if channel else ""


def pieces(data: bytes) -> list[bytes]:
    """Return `data` in pieces that fit into items; at least one."""
    return [data[at : at + PIECE] for at in range(0, len(data), PIECE)] or [b""]


def _pairs(bins: Bins) -> list[int]:
    return [number for pair in sorted(bins.items()) for number in pair]


def _bins(pairs: Sequence[int]) -> Bins:
    return Counter(dict(zip(pairs[::2], pairs[1::2], strict=True)))


def _filled(numbers: "array[int]") -> Bins:
    """Return the bins of a row of SPAN numbers. Most are empty, so Python does not loop
    over them."""
    keys = range(NO_TIME, NO_TIME + SPAN)
    return Counter(dict(zip(compress(keys, numbers), filter(None, numbers), strict=True)))


def _little(numbers: "array[int]") -> "array[int]":
    """Return the same numbers with the byte order swapped on a big-endian machine."""
    if sys.byteorder == "big":
        numbers = array(numbers.typecode, numbers)
        numbers.byteswap()
    return numbers
