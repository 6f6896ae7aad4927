"""Tables that come from, and go to, a spreadsheet program."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DELIMITERS = ",;\t"


class _Echo:
    """A file that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """CSV, line by line, as spreadsheet programs read it: UTF-8 with its mark, formulas defused."""
    writer = csv.writer(_Echo())
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([defused(cell) for cell in row])


def defused(cell: object) -> object:
    """`cell` in a form that no spreadsheet program takes for a formula. Numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(_FORMULA):
        return f"'{cell}"
    return "" if cell is None else cell


def read(text: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV file that are not empty, each with the number of its last line.

    Commas, semicolons and tabs are told apart by the first line. Raises csv.Error.
    """
    if "\0" in text:
        raise csv.Error("it holds what is no text")
    head = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    for row in reader:
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield reader.line_num, cells
