"""The report of a week, mailed to those supervisors who want it."""

from datetime import date

import structlog
from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from helpdesk.accounts.people import supervisors_who_want_reports
from reporting.domain.days import DAY, Range
from reporting.domain.figures import resolution_rate
from reporting.services.asked import Asked
from reporting.services.report import counts, report

log = structlog.get_logger(__name__)

REMEMBERED = 8 * 24 * 3_600


def send_weekly(*, today: date) -> int:
    """Mail the figures of the seven days before the Monday that `today` is in the week of.

    Each person gets each week once, as far as the cache remembers. Returns how many mails went out.
    """
    end = today - today.weekday() * DAY
    week = Range(end - 7 * DAY, end)
    zone = settings.REPORT_TIME_ZONES[-1]
    found, before = report(Asked(week, zone)), report(Asked(week.before(), zone))
    context = {
        "first": week.start,
        "last": week.end - DAY,
        "zone": zone,
        "counts": counts(found.row),
        "before": counts(before.row),
        "rate": resolution_rate(found.row),
        "response": found.stats()[0],
        "resolution": found.stats()[1],
        "priorities": {word: found.stats(word) for word in found.by_priority},
    }
    sent = 0
    for user in supervisors_who_want_reports():
        if not cache.add(f"weekly:{week.start}:{user.pk}", True, REMEMBERED):
            continue
        send_mail(
            subject=_("The week from %(first)s to %(last)s")
            % {"first": week.start, "last": week.end - DAY},
            message=render_to_string("mail/weekly.txt", context),
            from_email=None,
            recipient_list=[user.email],
        )
        sent += 1
    log.info("weekly_sent", count=sent)
    return sent
