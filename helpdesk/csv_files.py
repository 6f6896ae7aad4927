"""CSV files for spreadsheet programs."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

_FORMULA = frozenset("=+-@\N{MINUS SIGN}")
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_DELIMITERS = ",;\t"


class _Echo:
    """A file object that returns what is written to it."""

    def write(self, text: str) -> str:
        return text


def lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Return CSV line by line for spreadsheet programs: UTF-8 with a BOM, formulas defused."""
    writer = csv.writer(_Echo())
    careful = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)
    yield "\ufeff"
    for row in rows:
        cells = [defused(cell) for cell in row]
        # A program that takes another sign for the end of a cell must not cut one in two.
        cut = any(sign in cell for cell in cells if isinstance(cell, str) for sign in ";\t")
        yield (careful if cut else writer).writerow(cells)


def defused(cell: object) -> object:
    """Return `cell` in a form that no spreadsheet program takes for a formula. Numbers stay
    numbers.

    It gets an apostrophe, which `restored` removes; so does a cell that has such an apostrophe
    already.
    """
    if isinstance(cell, str) and looks_like_formula(cell):
        return f"'{cell}"
    return "" if cell is None else cell


def restored(cell: str) -> str:
    """Return the cell that `defused` was called with."""
    return cell[1:] if cell[:1] == "'" and looks_like_formula(cell[1:]) else cell


def looks_like_formula(cell: str) -> bool:
    """Return whether some program would take `cell` for a formula.

    Full-width signs count, also behind invisible characters, which programs drop; so does a tab or
    line break at the start. Apostrophes before it do not count.
    """
    if cell.lstrip("'")[:1] in ("\t", "\r", "\n"):
        return True
    first = next(
        (sign for sign in cell if sign != "'" and unicodedata.category(sign) not in _UNSEEN), ""
    )
    return unicodedata.normalize("NFKC", first) in _FORMULA


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is not empty, with the number of its last line."""

    number: int
    cells: list[str]
    unreadable: bool = False
    """Its quotation marks do not pair, or a cell has no end: it is one line, split as it is."""


def read(text: str) -> Iterator[Row]:
    """Return the rows of a CSV file that are not empty, as they were before `lines`.

    The first line decides between commas, semicolons and tabs. A row with an unpaired quotation
    mark ends with its line, and the next row begins after it. Raises csv.Error if the file is no
    text.
    """
    if "\0" in text:
        raise csv.Error("it holds what is no text")
    all_lines = io.StringIO(text, newline="").readlines()
    head = all_lines[0] if all_lines else ""
    delimiter = max(_DELIMITERS, key=lambda sign: len(_cells(head, sign)))
    done = 0
    while done < len(all_lines):
        before = done
        reader = csv.reader(islice(all_lines, done, None), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                done = before + reader.line_num
                yield from _row(done, cells)
            return
        except csv.Error:
            line = all_lines[done]
            done += 1
            yield from _row(done, line.rstrip("\r\n").split(delimiter), unreadable=True)


def _row(number: int, cells: list[str], *, unreadable: bool = False) -> Iterator[Row]:
    plain = [restored(cell).strip() for cell in cells]
    if any(plain):
        yield Row(number, plain, unreadable)


def _cells(line: str, delimiter: str) -> list[str]:
    """Return the cells of one line, whether or not its quotation marks pair."""
    return next(csv.reader([line], delimiter=delimiter), [])
