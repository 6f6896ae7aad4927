"""Tables that come from, and go to, a spreadsheet program."""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

_FORMULA = frozenset("=+-@\N{MINUS SIGN}")
_UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})
_DELIMITERS = ",;\t"


class _Echo:
    """A file that hands back what is written."""

    def write(self, text: str) -> str:
        return text


def lines(rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """CSV, line by line, as spreadsheet programs read it: UTF-8 with its mark, formulas defused."""
    writer = csv.writer(_Echo())
    careful = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)
    yield "\ufeff"
    for row in rows:
        cells = [defused(cell) for cell in row]
        # A program that takes another sign for the end of a cell must not cut one in two.
        cut = any(sign in cell for cell in cells if isinstance(cell, str) for sign in ";\t")
        yield (careful if cut else writer).writerow(cells)


def defused(cell: object) -> object:
    """`cell` in a form that no spreadsheet program takes for a formula. Numbers stay numbers."""
    if isinstance(cell, str) and _looks_like_formula(cell):
        return f"'{cell}"
    return "" if cell is None else cell


def _looks_like_formula(cell: str) -> bool:
    """Whether `cell` begins with a sign of a formula, as some programs see it: in full width too,
    and behind what cannot be seen, which they drop. A tab or a line break at once is one, too."""
    if cell[:1] in ("\t", "\r", "\n"):
        return True
    first = next((sign for sign in cell if unicodedata.category(sign) not in _UNSEEN), "")
    return unicodedata.normalize("NFKC", first) in _FORMULA


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
