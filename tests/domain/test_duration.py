"""Durations as people type them."""

import pytest

from tickets.domain import calendar, duration, target
from tickets.domain.errors import TargetRefused

HOURS = {day: [["09:00", "12:00"], ["13:00", "18:00"]] for day in ("mon", "tue", "wed", "thu")}
WEEK = calendar.parse({"timezone": "Europe/Rome", "hours": {**HOURS, "fri": [["09:00", "15:00"]]}})


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("1 business day", "8h"),
        ("2 business days and 30 min", "16h 30m"),
        ("8 h", "8h"),
        ("90 min", "1h 30m"),
        ("2 d 4 h", "2d 4h"),
        ("1.5 hours", "1h 30m"),
        ("1 Arbeitstag", "8h"),
        ("2 Arbeitstage, 4 Std.", "20h"),
        ("1,5 Stunden", "1h 30m"),
        ("30 Minuten", "30m"),
        ("1d4h", "1d 4h"),
        ("0.5 business days", "4h"),
    ],
)
def test_a_duration_is_stored_as_a_target(text, stored):
    seconds = duration.seconds_of(text, WEEK)
    assert target.format(seconds) == stored
    assert target.parse(stored) == seconds
    assert duration.seconds_of(stored, WEEK) == seconds, "what is stored is typed again"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "8",
        "h",
        "4 h 2 d",
        "2 h 2 h",
        "1 h 1 business day",
        "1 month",
        "0 h",
        "-1 h",
        "0.01 s",
        "8 hx",
        "9999999 business days",
        "8 h " * 200,
        "１ h",
        "1 h; 2 min",
    ],
)
def test_anything_else_is_refused(text):
    with pytest.raises(TargetRefused):
        duration.seconds_of(text, WEEK)


def test_a_business_day_is_as_long_as_most_are():
    assert duration.business_day(WEEK) == 8 * 3600
    assert duration.business_day(calendar.ALWAYS) == 24 * 3600
    even = {"mon": [["09:00", "15:00"]], "tue": [["09:00", "17:00"]]}
    two = calendar.parse({"timezone": "UTC", "hours": even})
    assert duration.business_day(two) == 8 * 3600, "of two lengths the longer"
