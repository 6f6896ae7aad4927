"""Every list that is exported as CSV is exported as a workbook, with the same rows."""

import csv
import io

import pytest

from helpdesk.clock import this_second
from tests.spreadsheets import cells_of
from tests.world import settle

LISTS = [
    "/tickets/export/?view=all",
    "/customers/export/",
    "/vehicles/export/",
    "/admin/tickets/ticket/export/?priority__exact=High",
]


@pytest.fixture
def supervisor(desk, client):
    client.force_login(desk.supervisor_user)
    return client


def downloaded(client, address):
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer, b"".join(answer.streaming_content)


def test_a_workbook_has_the_rows_of_the_csv(supervisor, desk, subtests):
    for subject in ("=1+1", "Where is my car?"):
        desk.ticket(subject=subject, priority="High", now=this_second())
    settle()
    for address in LISTS:
        with subtests.test(address):
            _answer, text = downloaded(supervisor, address)
            head, *lines = csv.reader(io.StringIO(text.decode().removeprefix("\ufeff")))
            more = "&" if "?" in address else "?"
            answer, content = downloaded(supervisor, f"{address}{more}format=xlsx")
            assert answer["Content-Disposition"].endswith('.xlsx"')
            assert answer["Cache-Control"].startswith("private, no-store")
            rows = cells_of(content)
            assert [cell.value for cell in rows[0]] == head
            assert len(rows) == len(lines) + 1 > 1
            assert not any(cell.formula for row in rows for cell in row)
            assert all(
                cell.value in line or "UTC" in cell.number_format or isinstance(cell.value, float)
                for row, line in zip(rows[1:], lines, strict=True)
                for cell in row
                if not cell.quoted
            )
    quoted = [cell for row in rows for cell in row if cell.quoted]
    assert [cell.value for cell in quoted] == ["=1+1"], "as it was written"


def test_a_list_offers_both_and_refuses_any_other_format(supervisor, desk):
    desk.ticket()
    page = supervisor.get("/tickets/?view=all").content.decode()
    assert "format=xlsx" in page
    assert "format=xlsx" in supervisor.get("/admin/tickets/ticket/").content.decode()

    assert supervisor.get("/tickets/export/?format=ods").status_code == 422
