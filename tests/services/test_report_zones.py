"""A time zone that is new in the settings."""

from datetime import UTC, datetime

from reporting.services import report, zones
from reporting.services.query import ReportQuery
from reporting.store import queries
from tests.figures import ALL, busy, everything, rolled
from tests.world import settle

NEW = "Pacific/Chatham"


def created(zone):
    return report.report(ReportQuery(ALL, zone=zone)).row


def test_reports_in_a_new_time_zone_are_made_without_anybody_asking(desk, settings):
    settings.REPORT_TIME_ZONES = ["UTC"]
    busy(desk)
    rolled()
    before = everything()
    settings.REPORT_TIME_ZONES = ["UTC", NEW]
    zones.ensure.cache_clear()  # as the process of the new settings begins
    assert created("UTC") != created(NEW)

    rolled()

    assert created("UTC") == created(NEW)
    rebuilt = everything()
    assert {key: rebuilt[key] for key in before} == before
    assert zones.catch_up(("UTC", NEW)) == 0, "made again"


def test_while_its_days_wait_reports_say_that_they_are_not_complete(desk, settings):
    settings.REPORT_TIME_ZONES = ["UTC"]
    desk.ticket()
    rolled()
    settle()

    assert zones.catch_up(("UTC", NEW)) == 1
    assert report.complete_until() == datetime(2026, 11, 2, tzinfo=UTC)
    assert len(queries.dirty_days(limit=10)) == 1
