"""Reports in any time zone, whichever one the figures are kept by."""

from datetime import UTC, datetime, timedelta

import pytest

from reporting.domain.days import Range, day_of
from reporting.services import generations, report, rollups
from reporting.services.query import GroupBy, ReportQuery
from reporting.store import queries
from reporting.store.items import Change
from tests.figures import ALL, busy, everything, random_history, rolled
from tests.world import NOON

ZONES = ["UTC", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]


@pytest.mark.parametrize("home", ["UTC", "Europe/Berlin", "America/Los_Angeles"])
def test_days_of_every_zone_have_the_figures_of_their_own_days(desk, settings, home):
    settings.REPORT_TIME_ZONES = ["UTC", home]
    random_history(desk, seed=5, tickets=10)
    rolled()
    created = []
    for day in Range(NOON.date() - timedelta(days=2), NOON.date() + timedelta(days=40)).each():
        for item in queries.facts_of_day(1, day):
            created += [line[:20] for line in item.facts if line.endswith("Z created")]
    at = [datetime.fromisoformat(text) for text in created]
    assert len(at) == 10
    for zone in ZONES:
        asked = ReportQuery(ALL, zone, include_merged=True)
        groups = report.analytics(asked, GroupBy.DAY)["groups"]
        found = {group["key"]: group["created"] for group in groups if group["created"]}
        days = [str(day_of(one, zone)) for one in at]
        assert found == {day: days.count(day) for day in days}, (zone, home)
        for day, count in list(found.items())[:3]:
            start = datetime.fromisoformat(day).date()
            one = ReportQuery(Range(start, start + timedelta(days=1)), zone, include_merged=True)
            assert report.report(one).row[0] == count
            for by in (GroupBy.CATEGORY, GroupBy.ASSIGNEE):
                assert sum(row[0] for row in report.report(one).by(by).values()) == count


def test_a_new_zone_of_the_business_is_taken_by_the_next_rebuild(desk, settings):
    settings.REPORT_TIME_ZONES = ["UTC"]
    busy(desk)
    rolled()
    settings.REPORT_TIME_ZONES = ["UTC", "Pacific/Chatham"]
    assert generations.current().zone == "UTC"
    before = report.report(ReportQuery(ALL, "Pacific/Chatham")).row

    rollups.rebuild()

    assert generations.current() == generations.Generation(2, "Pacific/Chatham")
    assert report.report(ReportQuery(ALL, "Pacific/Chatham")).row == before
    assert everything()


def test_while_a_generation_is_built_the_last_one_is_read_and_changes_go_to_the_new_one(desk):
    desk.ticket()
    rolled()
    built = generations.begin(NOON)
    desk.ticket()
    rolled()
    assert report.report(ReportQuery(ALL)).row[0] == 1
    assert report.complete_until() == NOON

    generations.end(built)
    assert report.report(ReportQuery(ALL)).row[0] == 1, "only what changed since was counted in it"
    rollups.rebuild()
    assert report.report(ReportQuery(ALL)).row[0] == 2
    assert report.complete_until() is None


def test_figures_of_an_earlier_release_are_not_complete_until_they_are_rebuilt(desk):
    Change("ROLLUP#UTC#month", "2026-11#000", added=[], taken=[]).save()
    assert report.complete_until() == datetime(1990, 1, 1, tzinfo=UTC)
    desk.ticket()
    rolled()
    assert report.complete_until() == datetime(1990, 1, 1, tzinfo=UTC)
    rollups.rebuild()
    assert report.complete_until() is None
