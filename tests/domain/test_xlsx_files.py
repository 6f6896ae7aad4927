"""Workbooks: numbers are numbers, days are days, and text is text, whatever it begins with."""

import io
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from helpdesk import table_files, xlsx_files
from helpdesk.errors import Invalid
from helpdesk.table_files import FileFormat
from tests.spreadsheets import cells_of, values_of


def written(*rows):
    file = io.BytesIO()
    xlsx_files.write([["head"], *rows], file)
    return cells_of(file.getvalue())[1:]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+39 06", "-5", "@SUM(A1)", "\t=x", "＝cmd()", "\u200b=x", "https://x.example", "007"],
)
def test_text_is_shown_as_it_is_and_never_computed_or_linked(text):
    [[cell]] = written([text])

    assert (cell.value, cell.formula) == (text, False)
    assert cell.quoted == (text not in ("https://x.example", "007")), "typed over it stays text"


def test_numbers_days_and_times_stay_what_they_are():
    noon = datetime(2026, 11, 28, 14, tzinfo=timezone(timedelta(hours=2)))

    [[count, share, day, moment, yes]] = written([48, 0.25, date(2026, 11, 28), noon, True])

    assert (count.value, share.value) == (48, 0.25)
    assert (day.value, day.number_format) == (46354, "yyyy-mm-dd")
    assert moment.value == 46354.5
    assert "UTC" in moment.number_format
    assert yes.value != "True"


def test_what_no_cell_can_hold_becomes_text_and_loses_no_digit():
    number, early = 12_345_678_901_234_567, datetime(1890, 1, 1, tzinfo=UTC)

    [[digits, first, moment, long]] = written([number, date(1890, 1, 1), early, "x" * 40_000])

    assert digits.value == str(number)
    assert (first.value, moment.value) == ("1890-01-01", "1890-01-01T00:00:00Z")
    assert len(long.value) == xlsx_files.LONGEST_TEXT
    assert long.value.endswith("…")


def test_the_same_rows_are_in_both_formats():
    rows = [["name", "count"], ["Ann", 3], ["=Bo", 4]]

    assert table_files.content(rows, FileFormat.CSV).decode() == (
        "\ufeffname,count\r\nAnn,3\r\n'=Bo,4\r\n"
    )
    assert values_of(table_files.content(rows, FileFormat.XLSX)) == rows


def test_a_workbook_with_more_rows_than_a_sheet_holds_is_refused_with_what_to_do(monkeypatch):
    monkeypatch.setattr(xlsx_files, "MOST_ROWS", 2)

    with pytest.raises(Invalid, match="Choose CSV"):
        table_files.content([["a"], ["b"], ["c"]], FileFormat.XLSX)
