"""Tables that go out to a spreadsheet program and come back: the same cells, whatever they hold."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk import csv_files

_SIGNS = st.sampled_from("=+-@\uff1d\u2212'\"\t\r\n ,;\u200b\u00a0ab1")
CELLS = st.text(_SIGNS, max_size=8) | st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), max_size=20
)


def written(rows):
    return "".join(csv_files.lines(rows)).removeprefix("\ufeff")


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=5))
@example([["=1+1", "'=1+1"], ["''+39", "+39"], ["'", "'\t"], ["'\tx", " '=x"], ["-", "a'=b"]])
def test_what_was_written_is_read_as_it_was(rows):
    head = ["name", "email", "notes", "more"]
    there = [[cell.strip() for cell in row] for row in rows]

    found = list(csv_files.read(written([head, *rows])))

    assert [row.cells for row in found[1:]] == [row for row in there if any(row)]
    assert not any(row.unreadable for row in found)


@given(CELLS)
def test_no_program_takes_a_written_cell_for_a_formula(cell):
    shown = csv_files.defused(cell)

    assert shown.lstrip("\u200b\u00a0 ")[:1] not in ("=", "+", "-", "@", "\uff1d", "\u2212")
    assert shown[:1] not in ("\t", "\r", "\n") or not shown
    assert csv_files.restored(shown) == cell


@pytest.mark.parametrize(
    ("head", "cells"),
    [
        ('"a;b;c",d', ["a;b;c", "d"]),
        ("a;b", ["a", "b"]),
        ("a\tb,c\td", ["a", "b,c", "d"]),
        ('"a,b,c";d', ["a,b,c", "d"]),
    ],
)
def test_the_sign_between_cells_is_told_by_the_head_line_outside_its_quotes(head, cells):
    assert next(csv_files.read(f"{head}\nx\n")).cells == cells


BAD = [
    ('"Ann "the" boat",a@x.example', ['"Ann "the" boat"', "a@x.example"]),
    ('"Ann,a@x.example', ['"Ann', "a@x.example"]),
    ('"Ann"x,a@x.example', ['"Ann"x', "a@x.example"]),
]


@pytest.mark.parametrize(("line", "cells"), BAD)
@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_one_bad_quote_spoils_its_own_row_alone(line, cells, place, end):
    rows = ['"Bo, Berg",b@x.example', "Cem,c@x.example"]
    rows.insert(place, line)

    found = list(csv_files.read(end.join(["name,email", *rows])))

    assert [(row.number, row.unreadable) for row in found] == [
        (1, False),
        *((number, number == place + 2) for number in (2, 3, 4)),
    ]
    assert found[place + 1].cells == cells
    others = [row.cells for row in found[1:] if not row.unreadable]
    assert others == [["Bo, Berg", "b@x.example"], ["Cem", "c@x.example"]]


def test_many_bad_rows_are_told_apart_at_once():
    text = "name,email\n" + '"a"b,c\n"open,x\nfine,y\n' * 1_500

    found = list(csv_files.read(text))

    assert sum(row.unreadable for row in found) == 3_000
    assert [row.cells for row in found if not row.unreadable][1:] == [["fine", "y"]] * 1_500


def test_a_cell_may_have_lines_and_its_row_the_number_of_the_last():
    found = list(csv_files.read('name,notes\nAnn,"one\ntwo"\n\nBo,x\n'))

    assert [(row.number, row.cells) for row in found[1:]] == [
        (3, ["Ann", "one\ntwo"]),
        (5, ["Bo", "x"]),
    ]
