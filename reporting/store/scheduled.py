"""Marks that a scheduled report was queued for a person.

They are kept beside those of the weekly report, which a rebuild of the figures leaves alone.
"""

from datetime import date

from reporting.store.items import WeeklyReport


def scheduled_report(schedule_id: int, first: date, user_id: str) -> WeeklyReport:
    """Return the mark for the report whose days begin with `first`."""
    return WeeklyReport(f"WEEKLY#SCHEDULE#{schedule_id}#{first}", f"PERSON#{user_id}")
