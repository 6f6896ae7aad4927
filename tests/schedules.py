"""Reports that are mailed, for tests."""

from reporting.models import ScheduledReport
from reporting.services import schedules
from tests.world import NOON

FORM = {
    "name": "Yesterday",
    "table": "priority",
    "query": "",
    "every": "day",
    "hour": "6",
    "attached": "xlsx",
}


def scheduled_report(desk, *people, one=None, now=NOON, **given):
    """A report for these people, or for the supervisor: of each day, unless it is said."""
    recipients = [str(user.pk) for user in people or (desk.supervisor_user,)]
    one = one or ScheduledReport()
    return schedules.save(one, {**FORM, **given}, recipients, by=desk.supervisor, now=now)
