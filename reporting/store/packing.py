"""How the numbers of a row, and the bins of its durations, are packed into items.

What reports add up by thousands has a fixed width: a busy month costs no more to read than a quiet
one, and no change makes an item of more than a kilobyte. The quarter hours of a day are mostly
empty, few of them are read, and only what is there is written.
"""

import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence

from reporting.domain.figures import NO_TIME, WIDTH

PAGE = 128
"""Bins in one item."""

Vector = Mapping[int, int]
"""Numbers by their place."""

_COUNTS, _BINS = "q", "i"


def add_counts(stored: bytes | None, added: Vector) -> bytes:
    """Return the columns of a row with these added."""
    return _add(_COUNTS, WIDTH, stored, added)


def counts(data: bytes) -> Sequence[int]:
    """Return the columns of a row."""
    return _unpacked(_COUNTS, data)


def add_bins(stored: bytes | None, added: Vector) -> bytes:
    """Return the bins of a page with these added."""
    return _add(_BINS, PAGE, stored, added)


def bins(data: bytes, page: int) -> dict[int, int]:
    """Return the bins of a page that are not empty, by their key."""
    first = page * PAGE + NO_TIME
    return {first + at: number for at, number in enumerate(_unpacked(_BINS, data)) if number}


def page_of(key: int) -> tuple[int, int]:
    """Return the page of a bin, and its place there."""
    return divmod(key - NO_TIME, PAGE)


def add_sparse(stored: bytes | None, added: Vector) -> bytes:
    """Return numbers by place with these added; what becomes zero is left out."""
    numbers = dict(sparse(stored or b""))
    for at, number in added.items():
        numbers[at] = numbers.get(at, 0) + number
    packed = bytearray()
    before = 0
    for at in sorted(numbers):
        if numbers[at]:
            _put(packed, at - before)
            _put(packed, 2 * numbers[at] if numbers[at] > 0 else -2 * numbers[at] - 1)
            before = at
    return bytes(packed)


def sparse(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield places and their numbers, in order, as `add_sparse` packed them."""
    values = _values(data)
    at = 0
    for distance in values:
        at += distance
        number = next(values)
        yield at, -(number + 1) // 2 if number % 2 else number // 2


def _add(code: str, width: int, stored: bytes | None, added: Vector) -> bytes:
    numbers = _unpacked(code, stored or b"")
    numbers.extend([0] * (width - len(numbers)))
    for at, number in added.items():
        numbers[at] += number
    return _little(numbers).tobytes()


def _unpacked(code: str, data: bytes) -> "array[int]":
    numbers = array(code)
    numbers.frombytes(data)
    return _little(numbers)


def _little(numbers: "array[int]") -> "array[int]":
    """Return the same numbers with the byte order swapped on a big-endian machine."""
    if sys.byteorder == "big":
        numbers = array(numbers.typecode, numbers)
        numbers.byteswap()
    return numbers


def _put(packed: bytearray, number: int) -> None:
    """Append a number in as many bytes as it takes, seven bits in each."""
    while number > 0x7F:
        packed.append(number & 0x7F | 0x80)
        number >>= 7
    packed.append(number)


def _values(data: bytes) -> Iterator[int]:
    value = shift = 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            yield value
            value = shift = 0
