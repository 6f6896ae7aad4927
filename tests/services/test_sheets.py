"""Tables as files: the figures of the tables, in units that their heads name, in each of the three
ways to get one."""

import csv
import io
from datetime import date

import pytest

from helpdesk.errors import Invalid
from reporting.domain.named_figures import FIGURES, Source
from reporting.services import report, sheets, tables
from reporting.services.query import ReportQuery
from reporting.services.tables import PERIODS, Dimension
from tests.api.conftest import Program
from tests.figures import ALL, busy, rolled
from tests.spreadsheets import values_of
from tests.world import NOON, team
from tickets.services.lifecycle.links_and_merges import merge

ASKED = ReportQuery(ALL)
DAYS = f"from={ALL.start}&to={ALL.end}"


@pytest.fixture
def counted(desk):
    """A busy desk with a merged ticket, whose facts are counted."""
    busy(desk)
    team("=Night", desk.rep_user)
    desk.ticket(assigned_to=desk.rep.user_id)
    kept, twin = desk.ticket(), desk.ticket()
    merge(twin.ticket_id, into=kept.ticket_id, by=desk.rep, now=NOON)
    rolled()
    return desk


def test_a_sheet_has_each_figure_of_its_table_with_its_unit_in_the_head(counted):
    for dimension in Dimension:
        head, *lines = sheets.sheet(ASKED, dimension, now=NOON)
        rows = tables.table(ASKED, dimension, today=NOON.date())
        shown = [
            one
            for one in FIGURES.values()
            if any(one.name in row.figures for row in rows) or not rows
        ]
        assert len(lines) == len(rows), dimension
        assert all(len(line) == len(head) for line in lines)
        for line, row in zip(lines, rows, strict=True):
            for place, figure in enumerate(shown, 1):
                value, there = row.figures.get(figure.name), line[place]
                match figure.unit:
                    case "seconds":
                        assert head[place].endswith(" (h)")
                        assert (there is None) == (value is None)
                        assert there is None or abs(there * 3600 - value) < 1
                    case "share":
                        assert head[place].endswith(" (%)")
                        assert (there is None) == (value is None)
                        assert there is None or abs(there / 100 - value) < 0.0001
                    case "number":
                        assert there is None or abs(there - value) < 0.01
                    case _:
                        assert there == value
        if dimension in PERIODS:
            assert not {one.name for one in shown if one.source is Source.DURATIONS}
    days = sheets.sheet(ASKED, "day", now=NOON)
    assert days[1][0] == date(2026, 10, 1)
    by_merged = days[0].index("Merged tickets, not counted")
    assert sum(line[by_merged] for line in days[1:]) == report.merged_tickets(ASKED) == 1


def test_the_week_by_hour_and_escalations_are_sheets_too(counted):
    head, *hours = sheets.sheet(ASKED, sheets.HOURS, now=NOON)
    whole = tables.totals(ASKED)
    assert len(hours) == 7 * 24
    assert sum(line[head.index("Created")] for line in hours) <= whole["created"]
    assert hours[0][:2] == ["Monday", 0]

    _head, *rules = sheets.sheet(ASKED, sheets.RULES, now=NOON)
    assert sum(line[2] for line in rules) == whole["escalated"] > 0
    with pytest.raises(Invalid):
        sheets.sheet(ReportQuery(ALL, priorities=frozenset({"Low"})), sheets.RULES, now=NOON)
    with pytest.raises(Invalid):
        sheets.sheet(ReportQuery(ALL, categories=frozenset({"Customs"})), "team", now=NOON)
    with pytest.raises(Invalid):
        sheets.sheet(ASKED, "nothing", now=NOON)


def test_each_table_is_downloaded_from_the_page_and_from_the_api(counted, client, subtests):
    client.force_login(counted.supervisor_user)
    for word in sheets.offered():
        with subtests.test(word):
            here = f"/reports/table/?from={ALL.start}&until=2026-12-31&tz=UTC&table={word}"
            text = b"".join(client.get(here).streaming_content).decode().removeprefix("\ufeff")
            head, *lines = csv.reader(io.StringIO(text))
            there = {
                sheets.HOURS: f"heat-map?{DAYS}",
                sheets.RULES: f"escalations?{DAYS}",
            }.get(word, f"tables?{DAYS}&groupBy={word}")
            answer = client.get(f"/api/reports/{there}&format=xlsx")
            assert answer.status_code == 200
            assert answer["Content-Disposition"].endswith('.xlsx"')
            rows = values_of(b"".join(answer.streaming_content))
            assert rows[0] == head
            assert len(rows) == len(lines) + 1


def test_the_api_has_the_figures_of_the_tables_and_a_representative_their_own(counted, client):
    client.force_login(counted.supervisor_user)
    for dimension in Dimension:
        body = client.get(f"/api/reports/tables?{DAYS}&groupBy={dimension}").json()
        rows = tables.table(ASKED, dimension)
        assert [one["key"] for one in body["groups"]] == [row.key for row in rows]
        for there, row in zip(body["groups"], rows, strict=True):
            assert there["name"]
            assert set(there["figures"]) == set(row.figures)
            assert there["figures"]["created"] == row.figures["created"]
        assert body["all"]["created"] == tables.totals(ASKED)["created"]
        assert [one["figure"] for one in body["columns"]] == [
            name for name in FIGURES if any(name in row.figures for row in rows)
        ]
        volume = client.get(f"/api/tickets/analytics?{DAYS}&groupBy={dimension}").json()
        assert volume["totals"]["created"] == body["all"]["created"]
    refused = client.get(f"/api/reports/tables?{DAYS}&groupBy=team&category=Customs")
    assert refused.status_code == 422

    mine = Program(client, None)
    client.force_login(counted.rep_user)
    own = mine.get(f"/reports/tables?{DAYS}").json()
    assert [one["key"] for one in own["groups"]] == [counted.rep.user_id]
    whole = tables.totals(ReportQuery(ALL, assignee=counted.rep.user_id))
    assert {name: value or 0 for name, value in own["all"].items()} == pytest.approx(
        {name: value or 0 for name, value in whole.items()}, rel=1e-4
    )
    assert mine.get(f"/reports/escalations?{DAYS}").json()["groups"] is None
    assert len(mine.get(f"/reports/heat-map?{DAYS}&tz=Asia/Kathmandu").json()["hours"]) == 168
