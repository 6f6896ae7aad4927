"""The weekly report by email to the supervisors who subscribed to it."""

from collections.abc import Sequence
from datetime import date, datetime

import structlog
from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from helpdesk.accounts.people import supervisors_who_want_reports
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.mail import queue
from helpdesk.mail.kinds import MailKind, Reference, recipient
from helpdesk.mail.templates import composed
from reporting.domain.days import DAY, Range
from reporting.domain.figures import resolution_rate
from reporting.services.completeness import complete_until
from reporting.services.query import ReportQuery
from reporting.services.report import counts, merged_tickets, report
from reporting.store.items import WeeklyReport, weekly_report
from tickets.domain.ticket import Priority

log = structlog.get_logger(__name__)

KIND = "weekly"


def queue_weekly(*, today: date, now: datetime | None = None) -> int:
    """Queue the report of the week that ended with the Monday before or on `today`.

    Each supervisor gets each week once, however often this is called: that is recorded in the
    transaction that queues the mail. Returns how many mails were queued. Cost: a transaction a
    person.
    """
    week = _week(today - today.weekday() * DAY)
    at = now or this_second()
    queued = 0
    for user in supervisors_who_want_reports():
        user_id = str(user.pk)
        reference = {"week": week.start.isoformat(), "userId": user_id}
        try:
            with Transaction() as transaction:
                transaction.put(
                    weekly_report(week.start, user_id), WeeklyReport.pk.does_not_exist()
                )
                transaction.put(
                    queue.queued(
                        KIND, reference, group=f"{user_id}-{week.start.isoformat()}", at=at
                    )
                )
        except ConditionFailed:
            continue  # queued before
        queued += 1
    log.info("weekly_queued", count=queued)
    return queued


def _compose(about: Sequence[Reference]) -> EmailMessage | None:
    """Return the mail with the figures at the time of sending; None if it is no longer wanted."""
    [reference] = about
    user = supervisors_who_want_reports().filter(pk=int(reference["userId"])).first()
    if user is None:
        return None
    complete = complete_until()  # before the figures: these may know more
    week = _week(date.fromisoformat(reference["week"]) + 7 * DAY)
    zone = settings.REPORT_TIME_ZONES[-1]
    found, before = report(ReportQuery(week, zone)), report(ReportQuery(week.before(), zone))
    last = week.end - DAY
    context = {
        "first": week.start,
        "last": last,
        "zone": zone,
        "complete_until": complete,
        "merged_tickets": merged_tickets(found.asked),
        "counts": counts(found.row),
        "before": counts(before.row),
        "rate": resolution_rate(found.row),
        "response": found.stats()[0],
        "resolution": found.stats()[1],
        "priorities": {word: found.stats(word) for word in Priority},
    }
    with translation.override(user.mail_language):
        days = {
            "first_day": date_format(week.start, _("j M Y")),
            "last_day": date_format(last, _("j M Y")),
        }
        return composed("weekly", {**context, **days}, to=[recipient(user.email)])


def _week(end: date) -> Range:
    return Range(end - 7 * DAY, end)


EMAIL = MailKind(_compose)
