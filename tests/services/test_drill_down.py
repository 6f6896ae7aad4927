"""What a figure counted: as many rows as it says."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import product

import hypothesis
import pytest
from hypothesis import strategies as some

from helpdesk.dynamo import capacity
from helpdesk.errors import Invalid
from reporting.domain.days import Range
from reporting.domain.figures import distribution
from reporting.domain.rows import BY_MAKE, BY_SEGMENT, BY_TEAM
from reporting.services import drill_down, heat, report, sums
from reporting.services.drill_down import Part
from reporting.services.query import GroupBy, ReportQuery
from reporting.store import queries, rows
from tests.figures import ALL, ZONES, busy, random_history, rolled
from tests.world import NOON
from tickets.domain.ticket import Category, Priority


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


def tables_of(asked):
    """The rows of every table of a report, as (the question behind a row, its part, the row)."""
    found = report.report(asked)
    for group_by, name in (
        (GroupBy.PRIORITY, "priorities"),
        (GroupBy.CATEGORY, "categories"),
        (GroupBy.CHANNEL, "channels"),
    ):
        for key, row in found.by(group_by).items():
            yield replace(asked, **{name: frozenset({key})}), Part(), row
    for key, row in found.by(GroupBy.ASSIGNEE).items():
        yield replace(asked, assignee=key), Part(), row
    for table in (BY_TEAM, BY_SEGMENT, BY_MAKE):
        for key, row in found.by_dimension(table).items():
            yield asked, Part(**{table: key}), row
    for day, row in report.groups(asked, GroupBy.DAY).items():
        if any(row):
            start = date.fromisoformat(day)
            yield replace(asked, range=Range(start, start + timedelta(days=1))), Part(), row


@pytest.fixture
def read_once(monkeypatch):
    """Let all be read once: nothing changes while the rows behind figures are counted."""
    get_tickets, known = drill_down.get_tickets, {}

    def each_once(numbers):
        known.update(get_tickets({*numbers} - known.keys()))
        return {number: known[number] for number in numbers if number in known}

    monkeypatch.setattr(drill_down, "get_tickets", each_once)
    monkeypatch.setattr(queries, "facts_of_quarter", cache(queries.facts_of_quarter))
    monkeypatch.setattr(sums.generations, "current", cache(sums.generations.current))
    for name in ("counts", "bins", "quarters", "quarter_bins"):
        monkeypatch.setattr(rows, name, cache(getattr(rows, name)))
    for name in ("rows_in", "durations_in", "rows_by_day"):
        monkeypatch.setattr(sums, name, cache(getattr(sums, name)))
    monkeypatch.setattr(drill_down, "by_day", cache(drill_down.by_day))


@pytest.mark.parametrize(("seed", "zone"), [(1, "UTC"), (2, "America/New_York")])
def test_behind_every_figure_of_a_random_history_are_as_many_rows_as_it_counted(
    desk, zones, request, monkeypatch, seed, zone
):
    monkeypatch.setattr(drill_down, "PAGE", 5)
    random_history(desk, seed, tickets=8)
    rolled()
    request.getfixturevalue("read_once")
    seen = Counter()

    def agrees(asked, figure, part, number):
        rows, counted = rows_behind(asked, figure, part)
        assert len(rows) == counted == number, (figure, asked, part)
        late = [row.late is not None for row in rows]
        if figure.startswith("late"):
            assert all(late), "each says how late it was"
        for row in rows:
            assert row.timed or row.late is None, "it has no deadline"
        seen[figure] += number

    for include_merged in (False, True):
        asked = ReportQuery(ALL, zone, include_merged=include_merged)
        for of, part, row in tables_of(asked):
            for name, figure in drill_down.FIGURES.items():
                if number := figure.number(row):  # a 0 leads nowhere
                    agrees(of, name, part, number)
        found = report.report(asked)
        for (rule, level), count in found.rules.items():
            agrees(asked, "escalated", Part(rule=rule, level=level), count)
        bins = found.durations()
        for name, own in (
            ("responses", bins.response),
            ("resolutions", bins.resolution),
            ("next-responses", bins.next_response),
            ("assignments", bins.assignment),
        ):
            for band, count in enumerate(distribution(own)):
                agrees(asked, name, Part(band=str(band)), count)
        week = heat.heat(asked, now=datetime(2027, 1, 1, tzinfo=UTC))
        for name, hours in (("created", week.created), ("replies", week.replies)):
            for weekday, hour in product(range(7), range(24)):
                if number := hours[weekday][hour]:
                    agrees(asked, name, Part(weekday=str(weekday), hour=str(hour)), number)
    assert all(seen[name] for name in drill_down.FIGURES), seen

    @hypothesis.settings(max_examples=15, deadline=None, database=None)
    @hypothesis.given(
        figure=some.sampled_from(sorted(drill_down.FIGURES)),
        start=some.integers(0, 25),
        length=some.integers(1, 40),
        of_zone=some.sampled_from(ZONES),
        priorities=some.frozensets(some.sampled_from([*Priority]), max_size=2),
        categories=some.frozensets(some.sampled_from([*Category]), max_size=3),
        assignee=some.sampled_from([None, "", desk.rep.user_id]),
        merged=some.booleans(),
    )
    def agrees_anywhere(figure, start, length, of_zone, priorities, categories, assignee, merged):
        begins = NOON.date() + timedelta(days=start)
        days = Range(begins, begins + timedelta(days=length))
        asked = ReportQuery(
            days,
            of_zone,
            priorities,
            categories,
            assignee=assignee,
            include_merged=merged,
        )
        number = drill_down.FIGURES[figure].number(report.report(asked).row)
        agrees(asked, figure, Part(), number)

    agrees_anywhere()


def test_a_drill_down_reads_the_days_that_its_figure_counted_on(desk):
    """A year with three busy days costs three days, however long it is."""
    busy(desk)
    rolled()
    prices = []
    for days in (Range(date(2026, 10, 1), date(2027, 1, 1)), Range(date(2020, 1, 1), ALL.end)):
        with capacity.counting() as used:
            found = drill_down.drill_down(ReportQuery(days), "created")
        assert (len(found.rows), found.next) == (3, None)
        prices.append(used.requests)
    # For each day the four parts of it, and the shards of the quarter hour in which it happened.
    assert prices[0] == prices[1] <= 30


@pytest.mark.parametrize(
    ("asked", "figure", "part"),
    [
        (ReportQuery(ALL, assignee="3"), "created", Part(team="1")),
        (ReportQuery(ALL, categories=frozenset({"Customs"})), "created", Part(segment="VIP")),
        (ReportQuery(ALL), "created", Part(rule="manual", level="1")),
        (ReportQuery(ALL, priorities=frozenset({"Low"})), "escalated", Part(rule="manual")),
        (ReportQuery(ALL), "nonsense", Part()),
        (ReportQuery(ALL), "created", Part(team="1", segment="VIP")),
        (ReportQuery(ALL), "responses", Part(team="1", band="0")),
        (ReportQuery(ALL), "late-responses", Part(band="0")),
        (ReportQuery(ALL), "responses", Part(band="8")),
        (ReportQuery(ALL), "responses", Part(band="x")),
        (ReportQuery(ALL), "created", Part(weekday="7", hour="3")),
        (ReportQuery(ALL), "created", Part(hour="3")),
        (ReportQuery(ALL), "created", Part(weekday="1", hour="3", team="1")),
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
