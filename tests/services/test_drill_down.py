"""What a figure counted: as many rows as it says."""

from datetime import date, timedelta

import hypothesis
import pytest
from hypothesis import strategies as some

from helpdesk.errors import Invalid
from reporting.domain.days import Range
from reporting.domain.figures import COUNTED, add_to, empty_row
from reporting.services import drill_down, report
from reporting.services.drill_down import Part
from reporting.services.query import ReportQuery
from tests.figures import ALL, ZONES, busy, made_up, rolled
from tests.world import NOON, after, team
from tickets.services.assignment.assign import assign_team
from tickets.services.maintenance import ticket_import


@pytest.fixture
def zones(settings):
    settings.REPORT_TIME_ZONES = ZONES


def rows_behind(asked, figure, part=drill_down.WHOLE):
    rows, place = [], None
    while True:
        found = drill_down.drill_down(asked, figure, part=part, place=place)
        rows += found.rows
        place = found.next
        if place is None:
            return rows, found.total


def figure_of(row, figure):
    """What a row of a report says of a figure."""
    kind, met = drill_down.FIGURES[figure]
    counted = row[COUNTED[kind]]
    return counted if met is None else counted - row[COUNTED[kind] + 1]


@pytest.mark.parametrize("seed", [1, 2])
def test_behind_every_figure_are_as_many_rows_as_it_counted(desk, tmp_path, zones, seed):
    path = made_up(tmp_path / "made-up.jsonl", seed=seed, tickets=25)
    assert ticket_import.import_history(path, now=NOON).refused == []
    busy(desk)
    rolled()
    first = date(2010, 1, 1)

    @hypothesis.settings(max_examples=12, deadline=None, database=None)
    @hypothesis.given(
        figure=some.sampled_from(sorted(drill_down.FIGURES)),
        start=some.integers(0, 400),
        length=some.integers(1, 120),
        zone=some.sampled_from(["UTC", "America/New_York", "Pacific/Apia"]),
        priorities=some.frozensets(some.sampled_from(["Critical", "High", "Low"]), max_size=2),
    )
    def agrees(figure, start, length, zone, priorities):
        begins = first + timedelta(days=start)
        asked = ReportQuery(Range(begins, begins + timedelta(days=length)), zone, priorities)
        rows, counted = rows_behind(asked, figure)
        assert len(rows) == counted, (figure, asked)
        if figure.startswith("late"):
            assert all(row.late is not None for row in rows), "each says how late it was"
        if figure in ("created", "reopened"):
            assert all(row.late is None for row in rows), "these have no deadline"

    agrees()
    for figure in drill_down.FIGURES:
        rows, counted = rows_behind(ReportQuery(ALL), figure)
        assert len(rows) == counted, figure
        assert counted or figure in ("late-responses",), figure


def test_behind_every_row_of_every_table_are_as_many_as_it_counted(desk, zones):
    first, second, third = busy(desk)
    others = team("Night", desk.rep_user)
    assign_team(first, team_id=str(others.pk), by=desk.rep, now=after(days=40))
    rolled()
    asked = ReportQuery(ALL)
    found = report.report(asked)
    rows_of = {
        **{Part(team=key): row for (_priority, key), row in sums(found.figures.teams)},
        **{Part(segment=key): row for (_priority, key), row in sums(found.figures.segments)},
    }
    assert {part.team for part in rows_of} == {None, "", str(others.pk)}
    seen = 0
    for part, row in rows_of.items():
        for figure in drill_down.FIGURES:
            rows, counted = rows_behind(asked, figure, part)
            assert len(rows) == counted == figure_of(row, figure), (part, figure)
            seen += counted
    assert seen > 20
    assert found.figures.rules
    for (rule, level), count in found.figures.rules.items():
        rows, counted = rows_behind(asked, "escalated", Part(rule=rule, level=level))
        assert len(rows) == counted == count, rule
    numbers = {row.ticket.ticket_id for row in rows_behind(asked, "created", Part(team=""))[0]}
    assert numbers == {second, third}


def sums(table):
    """The rows of a table by team or segment, each over all priorities."""
    added = {}
    for (_priority, key), row in table.items():
        add_to(added.setdefault(("", key), empty_row()), row)
    return added.items()


@pytest.mark.parametrize(
    ("asked", "figure", "part"),
    [
        (ReportQuery(ALL, assignee="3"), "created", Part(team="1")),
        (ReportQuery(ALL, categories=frozenset({"Customs"})), "created", Part(segment="VIP")),
        (ReportQuery(ALL), "created", Part(rule="manual", level="1")),
        (ReportQuery(ALL, priorities=frozenset({"Low"})), "escalated", Part(rule="manual")),
        (ReportQuery(ALL), "nonsense", Part()),
    ],
)
def test_a_row_that_no_report_has_is_refused(asked, figure, part):
    with pytest.raises(Invalid):
        drill_down.drill_down(asked, figure, part=part)


def test_a_ticket_is_behind_a_figure_once_for_each_counted_event_with_its_lateness(desk):
    first, _second, _third = busy(desk)
    rolled()
    rows, _total = rows_behind(ReportQuery(ALL), "resolved")
    assert [row.ticket.ticket_id for row in rows].count(first) == 2, "it was resolved twice"
    [late] = rows_behind(ReportQuery(ALL, priorities=frozenset(["Critical"])), "late-resolutions")[
        0
    ]
    assert late.late == (39 - 24) * 3600, "39 h on the clock, of which 24 were allowed"
