"""What happened today."""

from collections import Counter
from datetime import datetime

from django.conf import settings

from helpdesk.accounts.actors import Actor, require_ticket_work
from reporting.domain.days import DAY, Range, day_of
from reporting.services.asked import Asked
from reporting.services.report import report


def escalated_today(*, by: Actor, now: datetime) -> Counter[tuple[str, str]]:
    """Escalations of the business's today, by rule and level. Cost: two queries of one item.

    Raises NotAllowed.
    """
    require_ticket_work(by)
    zone = settings.REPORT_TIME_ZONES[-1]
    today = day_of(now, zone)
    return report(Asked(Range(today, today + DAY), zone)).figures.rules
