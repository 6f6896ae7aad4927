"""XLSX files for spreadsheet programs."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import IO, Any

from xlsxwriter import Workbook

from helpdesk.csv_files import looks_like_formula

MOST_ROWS = 1_048_576
"""What a sheet holds."""
LONGEST_TEXT = 32_767
"""Characters of a cell; spreadsheet programs refuse more."""
_EXACT = 10**15
"""Numbers of more digits are no longer exact in these programs."""
_FIRST_DAY = date(1900, 3, 1)
"""Programs disagree about days before it."""


class TooManyRows(Exception):
    """There are more rows than a sheet holds."""


def write(rows: Iterable[Sequence[object]], file: IO[bytes]) -> None:
    """Write rows into one sheet, the first as its head.

    Numbers, days and times (in UTC) stay what they are; text is never a formula or a link. A text
    that is too long for a cell ends with "…". Rows are kept in a temporary file, not in memory.
    Raises TooManyRows.
    """
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_numbers": False,
        "strings_to_urls": False,
    }
    with Workbook(file, options) as book:
        sheet = book.add_worksheet()
        head = book.add_format({"bold": True})
        # What a program shows as text by its apostrophe stays text when it is typed over.
        quoted = book.add_format({"quote_prefix": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": 'yyyy-mm-dd hh:mm:ss "UTC"'})
        sheet.freeze_panes(1, 0)
        for place, row in enumerate(rows):
            if place >= MOST_ROWS:
                raise TooManyRows
            if place == 0:
                for column, cell in enumerate(row):
                    sheet.set_column(column, column, min(max(len(str(cell)) + 2, 10), 40))
            for column, cell in enumerate(row):
                match plain(cell):
                    case None | "":
                        pass
                    case datetime() as at:
                        sheet.write_datetime(place, column, at, moment)
                    case date() as on:
                        sheet.write_datetime(place, column, on, day)
                    case bool() as truth:
                        sheet.write_boolean(place, column, truth)
                    case int() | float() as number:
                        sheet.write_number(place, column, number)
                    case str() as text:
                        careful = quoted if looks_like_formula(text) else None
                        sheet.write_string(place, column, text, careful if place else head)


def plain(cell: object) -> Any:
    """Return what a cell of a sheet can hold of a value: text where it can hold no more."""
    match cell:
        case None | bool() | float():
            return cell
        case int():
            return cell if abs(cell) < _EXACT else str(cell)
        case datetime():
            at = cell.astimezone(UTC).replace(tzinfo=None)
            return at if at.date() >= _FIRST_DAY else f"{at.isoformat()}Z"
        case date():
            return cell if cell >= _FIRST_DAY else cell.isoformat()
    text = str(cell)
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
