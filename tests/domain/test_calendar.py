"""When working time passes, and which calendars are refused."""

from datetime import UTC, datetime, timedelta

import pytest

from tickets.domain import calendar, target
from tickets.domain.errors import (
    CalendarHasNoWorkingTime,
    CalendarMalformed,
    DeadlineOutOfReach,
    TargetRefused,
    UnknownTimeZone,
    WindowRefused,
    WindowsOverlap,
)


def of(zone, **hours):
    return calendar.parse({"timezone": zone, "hours": hours})


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_a_wall_time_that_a_change_skips_is_read_with_the_offset_before_it():
    # 2027-03-14 02:30 does not exist in New York; with the offset before it is 03:30 EDT.
    sunday = of("America/New_York", sun=[["02:30", "04:00"]])
    assert list(sunday.spans(utc(2027, 3, 14), utc(2027, 3, 15))) == [
        (utc(2027, 3, 14, 7, 30), utc(2027, 3, 14, 8, 0))
    ]


def test_a_wall_time_that_is_repeated_is_its_first_occurrence():
    # 2026-11-01 01:30 comes twice in New York; the first is 05:30 UTC.
    sunday = of("America/New_York", sun=[["01:30", "03:00"]])
    assert list(sunday.spans(utc(2026, 11, 1), utc(2026, 11, 2))) == [
        (utc(2026, 11, 1, 5, 30), utc(2026, 11, 1, 8, 0))
    ]


def test_windows_that_a_change_makes_overlap_count_once():
    # 01:00–02:30 ends at 03:30 EDT, half an hour after 03:00–04:00 has begun.
    sunday = of("America/New_York", sun=[["01:00", "02:30"], ["03:00", "04:00"]])
    assert sunday.working_seconds(utc(2027, 3, 14), utc(2027, 3, 15)) == 2 * 3600


def test_a_window_that_a_change_swallows_is_empty():
    sunday = of("America/New_York", sun=[["02:15", "03:00"]])
    assert sunday.working_seconds(utc(2027, 3, 14), utc(2027, 3, 15)) == 0


def test_a_day_that_never_was_counts_once():
    # Samoa had no 30 December 2011: its Friday is read with the offset before, and is Saturday.
    apia = of("Pacific/Apia", fri=[["09:00", "17:00"]], sat=[["09:00", "17:00"]])
    assert apia.working_seconds(utc(2011, 12, 29), utc(2012, 1, 1)) == 8 * 3600


def test_a_window_may_end_at_midnight():
    late = of("Europe/Rome", mon=[["20:00", "24:00"]], tue=[["00:00", "02:00"]])
    assert late.working_seconds(utc(2026, 11, 16), utc(2026, 11, 18)) == 6 * 3600


def test_years_of_working_time_are_found_quickly():
    office = of("Europe/Rome", mon=[["09:00", "17:00"]])
    start = utc(2026, 1, 1)
    due = office.add(start, 3_000 * 3600)
    assert office.working_seconds(start, due) == 3_000 * 3600
    assert due.year == 2033


def test_a_deadline_beyond_all_reach_is_refused():
    office = of("Europe/Rome", mon=[["09:00", "09:01"]])
    with pytest.raises(DeadlineOutOfReach):
        office.add(utc(2026, 1, 1), 10**9)


def test_what_was_written_can_be_written_again():
    written = {
        "timezone": "Europe/Rome",
        "hours": {"mon": [["09:00", "12:00"], ["13:00", "24:00"]]},
        "holidays": ["2027-01-01"],
    }
    assert calendar.parse(written).dump() == written
    assert calendar.parse(calendar.parse(written).dump()) == calendar.parse(written)


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ("9-5", CalendarMalformed),
        (None, CalendarMalformed),
        ({"timezone": "Mars/Olympus", "hours": {}}, UnknownTimeZone),
        ({"timezone": "../etc/passwd", "hours": {}}, UnknownTimeZone),
        ({"timezone": 7, "hours": {}}, UnknownTimeZone),
        ({"hours": {"mon": [["09:00", "17:00"]]}}, UnknownTimeZone),
        ({"timezone": "UTC"}, CalendarMalformed),
        ({"timezone": "UTC", "hours": {}}, CalendarHasNoWorkingTime),
        ({"timezone": "UTC", "hours": {"mon": []}}, CalendarHasNoWorkingTime),
        ({"timezone": "UTC", "hours": {"monday": [["09:00", "17:00"]]}}, CalendarMalformed),
        ({"timezone": "UTC", "hours": {"mon": [["09:00"]]}}, WindowRefused),
        ({"timezone": "UTC", "hours": {"mon": [["9:00", "17:00"]]}}, WindowRefused),
        ({"timezone": "UTC", "hours": {"mon": [["17:00", "09:00"]]}}, WindowRefused),
        ({"timezone": "UTC", "hours": {"mon": [["09:00", "09:00"]]}}, WindowRefused),
        ({"timezone": "UTC", "hours": {"mon": [["09:00", "24:01"]]}}, WindowRefused),
        ({"timezone": "UTC", "hours": {"mon": [["09:60", "17:00"]]}}, WindowRefused),
        (
            {"timezone": "UTC", "hours": {"mon": [["09:00", "12:00"], ["11:00", "13:00"]]}},
            WindowsOverlap,
        ),
        (
            {"timezone": "UTC", "hours": {"mon": [["09:00", "17:00"]]}, "holidays": "x"},
            CalendarMalformed,
        ),
        (
            {"timezone": "UTC", "hours": {"mon": [["09:00", "17:00"]]}, "holidays": ["2027-02-30"]},
            CalendarMalformed,
        ),
        (
            {"timezone": "UTC", "hours": {"mon": [["09:00", "17:00"]]}, "zone": "UTC"},
            CalendarMalformed,
        ),
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(written, error):
    with pytest.raises(error):
        calendar.parse(written)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2h", 7200), ("1d 4h", 100_800), ("5d", 432_000), ("90m", 5400), (" 1D4H ", 100_800)],
)
def test_targets_are_written_as_people_write_them(text, seconds):
    assert target.parse(text) == seconds
    assert target.parse(target.format(seconds)) == seconds


@pytest.mark.parametrize("text", ["", "2", "h", "4h 1d", "2h 2h", "-1h", "0h", "1.5h", "9999999d"])
def test_other_texts_are_no_target(text):
    with pytest.raises(TargetRefused):
        target.parse(text)


def test_an_empty_span_holds_no_working_time():
    now = utc(2026, 1, 5, 12)
    office = of("UTC", mon=[["09:00", "17:00"]])
    assert office.working_seconds(now, now) == 0
    assert office.working_seconds(now, now - timedelta(hours=1)) == 0
