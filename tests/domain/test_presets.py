"""Ranges with names: this month ends with today, last month is whole."""

from datetime import date

import pytest

from reporting.domain.presets import Preset, range_of

SATURDAY = date(2026, 11, 28)
MONDAY = date(2024, 1, 1)
DAYS = {
    Preset.TODAY: ("2026-11-28", "2026-11-29", "2024-01-01", "2024-01-02"),
    Preset.YESTERDAY: ("2026-11-27", "2026-11-28", "2023-12-31", "2024-01-01"),
    Preset.THIS_WEEK: ("2026-11-23", "2026-11-29", "2024-01-01", "2024-01-02"),
    Preset.LAST_WEEK: ("2026-11-16", "2026-11-23", "2023-12-25", "2024-01-01"),
    Preset.THIS_MONTH: ("2026-11-01", "2026-11-29", "2024-01-01", "2024-01-02"),
    Preset.LAST_MONTH: ("2026-10-01", "2026-11-01", "2023-12-01", "2024-01-01"),
    Preset.THIS_QUARTER: ("2026-10-01", "2026-11-29", "2024-01-01", "2024-01-02"),
    Preset.LAST_QUARTER: ("2026-07-01", "2026-10-01", "2023-10-01", "2024-01-01"),
    Preset.LAST_7_DAYS: ("2026-11-22", "2026-11-29", "2023-12-26", "2024-01-02"),
    Preset.LAST_30_DAYS: ("2026-10-30", "2026-11-29", "2023-12-03", "2024-01-02"),
    Preset.LAST_90_DAYS: ("2026-08-31", "2026-11-29", "2023-10-04", "2024-01-02"),
    Preset.THIS_YEAR: ("2026-01-01", "2026-11-29", "2024-01-01", "2024-01-02"),
    Preset.LAST_12_MONTHS: ("2025-11-01", "2026-11-01", "2023-01-01", "2024-01-01"),
}


@pytest.mark.parametrize("preset", Preset)
def test_each_preset_has_the_days_that_its_name_says(preset):
    found = [range_of(preset, today) for today in (SATURDAY, MONDAY)]
    assert tuple(str(end) for one in found for end in (one.start, one.end)) == DAYS[preset]
