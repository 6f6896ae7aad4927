"""Read the workbooks that the desk writes, as a spreadsheet program does."""

import io
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@dataclass(frozen=True)
class Cell:
    """A cell with its value, text or number, and the number format and sign of its style."""

    value: object
    number_format: str = ""
    quoted: bool = False
    formula: bool = False


def cells_of(content: bytes) -> list[list[Cell]]:
    """Return the rows of the only sheet. Cells that are empty are left out."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        assert [name for name in parts.namelist() if "/sheet" in name and "rels" not in name] == [
            "xl/worksheets/sheet1.xml"
        ]
        sheet = ElementTree.fromstring(parts.read("xl/worksheets/sheet1.xml"))  # noqa: S314 (the desk wrote it)
        styles = ElementTree.fromstring(parts.read("xl/styles.xml"))  # noqa: S314 (the desk wrote it)
    formats = {
        one.get("numFmtId"): one.get("formatCode", "") for one in styles.iter(f"{_MAIN}numFmt")
    }
    looks = [
        (formats.get(one.get("numFmtId"), ""), one.get("quotePrefix") == "1")
        for one in styles.find(f"{_MAIN}cellXfs") or ()
    ]
    return [[_cell(cell, looks) for cell in row] for row in sheet.iter(f"{_MAIN}row")]


def values_of(content: bytes) -> list[list[object]]:
    """Return the values of the rows of the only sheet."""
    return [[cell.value for cell in row] for row in cells_of(content)]


def _cell(cell: ElementTree.Element, looks: list[tuple[str, bool]]) -> Cell:
    text = "".join(one.text or "" for one in cell.iter(f"{_MAIN}t"))
    number = cell.findtext(f"{_MAIN}v")
    value: object = text
    if cell.get("t") is None and number is not None:
        value = float(number)
    number_format, quoted = looks[int(cell.get("s", "0"))]
    return Cell(value, number_format, quoted, cell.find(f"{_MAIN}f") is not None)
