"""What is to come before a deadline: its windows are the time that the clock has left."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.test_calendar import utc
from tickets.domain import calendar
from tickets.domain.sla.ahead import MOST_DAYS, DayKind, ahead
from tickets.domain.sla.clock import Clock, ClockState

HOUR = 3_600
SPLIT = [["09:00", "12:00"], ["13:00", "17:00"]]
WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
ROME = calendar.parse(
    {
        "timezone": "Europe/Rome",
        "hours": dict.fromkeys(WORKDAYS, SPLIT) | {"sun": [["00:00", "24:00"]]},
        "holidays": ["2027-03-29"],
    }
)


def running(at, seconds, over=ROME):
    """A clock that has so many seconds left at `at`."""
    return Clock(ClockState.RUNNING, 0, seconds, at, deadline=over.add(at, seconds))


def test_days_have_their_windows_breaks_holidays_and_clock_changes():
    friday = utc(2027, 3, 26, 15, 0)  # 16:00 in Rome; the clocks go forward on Sunday
    found = ahead(running(friday, 32 * HOUR), ROME, now=friday, zone="UTC")
    told = [(day.date.day, day.kind, len(day.windows), day.seconds // HOUR) for day in found.days]
    assert told == [
        (26, DayKind.OPEN, 1, 1),
        (27, DayKind.CLOSED, 0, 0),
        (28, DayKind.OPEN, 1, 23),
        (29, DayKind.HOLIDAY, 0, 0),
        (30, DayKind.OPEN, 2, 7),
        (31, DayKind.OPEN, 1, 1),
    ]
    assert [day.skipped for day in found.days] == [0, 0, HOUR, 0, 0, 0]
    assert found.days[4].breaks == ((utc(2027, 3, 30, 10, 0), utc(2027, 3, 30, 11, 0)),)
    assert (found.zone, found.later_from, found.seconds) == ("Europe/Rome", None, 32 * HOUR)


def test_a_day_that_is_over_is_no_closed_one():
    evening = utc(2027, 4, 1, 18, 0)
    today = ahead(running(evening, HOUR), ROME, now=evening, zone="UTC").days[0]
    assert (today.kind, today.windows) == (DayKind.OPEN, ())


def test_around_the_clock_days_are_of_the_zone_that_is_asked_for():
    at = utc(2026, 10, 24, 12, 0)
    clock = running(at, 48 * HOUR, over=calendar.ALWAYS)
    found = ahead(clock, calendar.ALWAYS, now=at, zone="Europe/Rome")
    assert (found.always, found.seconds) == (True, 48 * HOUR)
    assert [day.seconds // HOUR for day in found.days] == [10, 25, 13]
    assert found.days[1].skipped == -HOUR


def test_a_far_deadline_is_one_sum_after_two_weeks():
    at = utc(2027, 1, 4, 8, 0)
    found = ahead(running(at, 10_000 * HOUR), ROME, now=at, zone="UTC")
    assert len(found.days) == MOST_DAYS
    assert found.later_from == found.days[-1].end
    assert (
        found.seconds == 10_000 * HOUR == sum(d.seconds for d in found.days) + (found.later_seconds)
    )


@pytest.mark.parametrize("state", [ClockState.PAUSED, ClockState.STOPPED])
def test_nothing_is_to_come_of_a_clock_that_does_not_run(state):
    at = utc(2027, 1, 4, 8, 0)
    assert ahead(Clock(state, 0, HOUR, at), ROME, now=at, zone="UTC") is None
    late = Clock(ClockState.RUNNING, 2 * HOUR, HOUR, at, deadline=at)
    assert ahead(late, ROME, now=at, zone="UTC") is None, "it is overdue"


ZONES = ("Europe/Rome", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia")


@settings(max_examples=100, deadline=None)
@given(
    zone=st.sampled_from(ZONES),
    days=st.sets(st.sampled_from(calendar.DAYS), min_size=1),
    holidays=st.sets(st.dates(date(2026, 10, 1), date(2027, 4, 30)), max_size=20),
    minutes=st.integers(0, 180 * 1440),
    left=st.integers(1, 400 * HOUR),
)
def test_what_is_to_come_adds_up_to_what_is_left(zone, days, holidays, minutes, left):
    hours = {day: [["00:00", "02:30"], ["03:00", "12:00"], ["13:00", "24:00"]] for day in days}
    dates = sorted(day.isoformat() for day in holidays)
    over = calendar.parse({"timezone": zone, "hours": hours, "holidays": dates})
    now = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    found = ahead(running(now, left, over=over), over, now=now, zone="UTC")
    assert found.seconds == over.working_seconds(now, over.add(now, left)) == left
    for one, other in zip(found.days, found.days[1:], strict=False):
        assert one.end == other.start
