"""When scheduled reports are due: at an hour of the business's zone, whatever its clocks do."""

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from reporting.domain.days import Range
from reporting.domain.schedule import Every, next_due, period

BERLIN = "Europe/Berlin"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("every", "hour", "zone", "after", "expected"),
    [
        (Every.DAY, 6, BERLIN, "2026-11-02T04:59:59", "2026-11-02T05:00"),
        (Every.DAY, 6, BERLIN, "2026-11-02T05:00:00", "2026-11-03T05:00"),
        (Every.DAY, 2, BERLIN, "2026-03-28T12:00", "2026-03-29T01:00"),  # 2:00 is skipped
        (Every.DAY, 2, BERLIN, "2026-10-24T12:00", "2026-10-25T00:00"),  # 2:00 comes twice
        (Every.DAY, 2, BERLIN, "2026-10-25T00:30", "2026-10-26T01:00"),
        (Every.DAY, 8, "Asia/Kathmandu", "2026-11-02T02:15", "2026-11-03T02:15"),
        (Every.WEEK, 6, BERLIN, "2026-11-02T05:00", "2026-11-09T05:00"),
        (Every.WEEK, 0, "Pacific/Auckland", "2026-11-01T00:00", "2026-11-01T11:00"),
        (Every.MONTH, 6, BERLIN, "2026-11-01T05:00", "2026-12-01T05:00"),
        (Every.MONTH, 23, "America/New_York", "2026-12-31T00:00", "2027-01-02T04:00"),
    ],
)
def test_a_report_is_due_at_its_hour(every, hour, zone, after, expected):
    assert next_due(every, hour, zone, after=utc(after)) == utc(expected)


def test_each_day_of_a_year_has_one_report_of_the_day_before(subtests):
    for zone in (BERLIN, "Australia/Lord_Howe", "America/St_Johns"):
        for hour in (0, 2, 23):
            at, dates = utc("2026-01-01T00:00"), []
            while at < utc("2027-01-01T00:00"):
                at = next_due(Every.DAY, hour, zone, after=at)
                dates.append(at)
            spans = {after - before for before, after in pairwise(dates)}
            with subtests.test(zone, hour=hour):
                assert {span.total_seconds() / 3600 for span in spans} <= {23, 23.5, 24, 24.5, 25}


@pytest.mark.parametrize(
    ("every", "day", "first", "end"),
    [
        (Every.DAY, date(2026, 3, 1), date(2026, 2, 28), date(2026, 3, 1)),
        (Every.WEEK, date(2026, 11, 9), date(2026, 11, 2), date(2026, 11, 9)),
        (Every.WEEK, date(2026, 11, 15), date(2026, 11, 2), date(2026, 11, 9)),
        (Every.MONTH, date(2027, 1, 1), date(2026, 12, 1), date(2027, 1, 1)),
        (Every.MONTH, date(2026, 11, 20), date(2026, 10, 1), date(2026, 11, 1)),
    ],
)
def test_a_report_is_about_the_last_whole_day_week_or_month(every, day, first, end):
    assert period(every, day) == Range(first, end)
