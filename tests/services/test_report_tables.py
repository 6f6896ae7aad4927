"""Tables of named figures, and the heat map."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from helpdesk.dynamo import capacity
from reporting.domain.days import Range
from reporting.domain.named_figures import FIGURES, Source
from reporting.services import heat, report, tables
from reporting.services.drill_down import FIGURES as BEHIND
from reporting.services.figure_labels import LABELS
from reporting.services.query import ReportQuery
from reporting.services.tables import PERIODS, RANKED, Dimension
from tests.figures import ALL, busy, random_history, rolled
from tests.world import NOON
from tickets.services.lists.counts import now_counts

CATEGORIES = frozenset({"Customs", "Billing", "General"})
LATER = datetime(2027, 2, 1, tzinfo=UTC)


def test_every_figure_has_a_label_and_leads_to_tickets():
    assert set(LABELS) == set(FIGURES)
    assert {one.behind for one in FIGURES.values()} - {""} <= set(BEHIND)


def test_tables_add_up_to_the_report_in_every_dimension(desk):
    random_history(desk, seed=3, tickets=9)
    rolled()
    for asked in (
        ReportQuery(ALL, "Asia/Kathmandu", include_merged=True),
        ReportQuery(ALL, priorities=frozenset({"High", "Low"}), categories=CATEGORIES),
        ReportQuery(ALL, assignee=desk.rep.user_id),
    ):
        whole = tables.totals(asked)
        assert list(whole) == list(FIGURES)
        now = now_counts(
            priorities=asked.priorities,
            categories=asked.categories,
            assignee=asked.assignee,
            by=desk.supervisor,
        )
        if asked.include_merged or asked.assignee is None:
            assert whole["backlog"] == now["active"]
        for dimension in Dimension:
            rows = tables.table(asked, dimension)
            if dimension in RANKED:
                continue  # a ticket has several tags: see test_leaders
            if not rows:
                assert not asked.by_priority_alone, dimension
                continue
            for name, figure in FIGURES.items():
                if figure.unit == "count" and name != "backlog":
                    assert sum(row.figures[name] for row in rows) == whole[name], (dimension, name)
                if figure.source is Source.DURATIONS:
                    assert (name in rows[0].figures) == (dimension not in PERIODS)
            if dimension in PERIODS:
                assert rows[-1].figures["backlog"] == whole["backlog"]
            for row in rows[:1]:
                if dimension in (Dimension.PRIORITY, Dimension.CATEGORY):
                    word = {"priority": "priorities", "category": "categories"}[dimension]
                    one = replace(asked, **{word: frozenset({row.key})})
                    assert row.figures == tables.totals(one), (dimension, row.key)


def test_a_period_that_is_to_come_has_no_backlog(desk):
    busy(desk)
    rolled()
    asked = ReportQuery(Range(NOON.date(), NOON.date() + timedelta(days=9)))
    days = tables.table(asked, Dimension.DAY, today=NOON.date() + timedelta(days=2))
    assert [row.figures["backlog"] for row in days] == [1, 2, 2, *[None] * 6]


@pytest.mark.parametrize("zone", ["UTC", "Australia/Lord_Howe"])
def test_the_heat_map_has_each_hour_of_the_week_in_the_readers_zone(desk, zone):
    busy(desk)
    rolled()
    asked = ReportQuery(ALL, zone)
    found = heat.heat(asked, now=LATER)
    assert sum(map(sum, found.created)) == 3
    assert sum(map(sum, found.replies)) == 1
    created = NOON.astimezone(ZoneInfo(zone))
    assert found.created[created.weekday()][created.hour] >= 1
    assert sum(map(sum, found.quarters)) == 92 * 96 - (2 if zone != "UTC" else 0)
    whole = report.report(replace(asked, range=ALL)).row
    assert report.active(whole) == tables.totals(asked)["backlog"]
    until_noon = heat.heat(asked, now=NOON)
    assert sum(map(sum, until_noon.created)) == 0
    assert until_noon.backlog(0, 0) == 0
    one = heat.heat(ReportQuery(Range(date(2026, 12, 31), date(2027, 1, 1)), zone), now=LATER)
    assert (one.hours(3, 5), one.hours(2, 5)) == (1, 0)
    assert one.backlog(3, 5) == report.active(whole)
    assert one.backlog(2, 5) is None


def test_what_a_table_reads_does_not_depend_on_the_tickets(desk):
    year = ReportQuery(Range(date(2026, 1, 1), date(2027, 1, 1)))
    prices = []
    for _more in range(2):
        busy(desk)
        rolled()
        with capacity.counting() as used:
            for dimension in Dimension:
                tables.table(year, dimension)
            heat.heat(year, now=LATER)
        prices.append(used.requests)
    assert prices[0] == prices[1]
