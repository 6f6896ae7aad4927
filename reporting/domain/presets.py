"""Ranges of days with names, such as this month. A week begins on Monday."""

from datetime import date
from enum import StrEnum

from reporting.domain.days import DAY, Range, month_of


class Preset(StrEnum):
    TODAY = "today"
    YESTERDAY = "yesterday"
    THIS_WEEK = "this-week"
    LAST_WEEK = "last-week"
    THIS_MONTH = "this-month"
    LAST_MONTH = "last-month"
    THIS_QUARTER = "this-quarter"
    LAST_QUARTER = "last-quarter"
    LAST_7_DAYS = "7-days"
    LAST_30_DAYS = "30-days"
    LAST_90_DAYS = "90-days"
    THIS_YEAR = "this-year"
    LAST_12_MONTHS = "12-months"


def range_of(preset: Preset, today: date) -> Range:
    """Return the days of a preset; what is not over yet ends with `today`.

    The last days have today as their last one; the last 12 months are whole and end before this
    one.
    """
    tomorrow = today + DAY
    month = month_of(today)
    monday = today - today.weekday() * DAY
    match preset:
        case Preset.TODAY:
            return Range(today, tomorrow)
        case Preset.YESTERDAY:
            return Range(today - DAY, today)
        case Preset.THIS_WEEK:
            return Range(monday, tomorrow)
        case Preset.LAST_WEEK:
            return Range(monday - 7 * DAY, monday)
        case Preset.THIS_MONTH:
            return Range(month, tomorrow)
        case Preset.LAST_MONTH:
            return Range(month_of(month - DAY), month)
        case Preset.THIS_QUARTER:
            return Range(_quarter(today), tomorrow)
        case Preset.LAST_QUARTER:
            this = _quarter(today)
            return Range(_quarter(this - DAY), this)
        case Preset.LAST_7_DAYS:
            return Range(tomorrow - 7 * DAY, tomorrow)
        case Preset.LAST_30_DAYS:
            return Range(tomorrow - 30 * DAY, tomorrow)
        case Preset.LAST_90_DAYS:
            return Range(tomorrow - 90 * DAY, tomorrow)
        case Preset.THIS_YEAR:
            return Range(today.replace(month=1, day=1), tomorrow)
        case Preset.LAST_12_MONTHS:
            return Range(month.replace(year=month.year - 1), month)


def _quarter(day: date) -> date:
    """Return the first day of the quarter of a day."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
