"""Scheduled reports by email: queued when they are due, composed when they are sent."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.accounts.models import User
from helpdesk.accounts.people import people_to_mail
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.mail import queue
from helpdesk.mail.kinds import MailKind, Reference, recipient
from helpdesk.mail.templates import composed
from helpdesk.table_files import FileFormat, content
from reporting.domain import schedule
from reporting.domain.days import DAY, Range, day_of
from reporting.domain.schedule import Every
from reporting.models import ScheduledReport
from reporting.services import report, sheets, tables
from reporting.services.completeness import complete_until
from reporting.services.figure_labels import LABELS
from reporting.services.query import ReportQuery, parse_query
from reporting.store.items import WeeklyReport
from reporting.store.scheduled import scheduled_report

log = structlog.get_logger(__name__)

KIND = "scheduled"
FILTERS = (*("priority", "category", "channel", "assignedTo", "customer", "tag", "includeMerged"),)
SUMMARY = (
    *("created", "resolved", "closed", "reopened", "escalated", "backlog"),
    *("response-attainment", "response-median", "next-response-attainment"),
    *("resolution-attainment", "resolution-median"),
)
"""The figures in the mail itself."""


def business_zone() -> str:
    return str(settings.REPORT_TIME_ZONES[-1])


def due_now() -> bool:
    """Return whether a schedule has a report to queue. One SQL query."""
    return ScheduledReport.objects.filter(next_at__lte=this_second()).exists()


def queue_due(*, now: datetime | None = None) -> int:
    """Queue every report that is due, each once for each recipient; return how many mails.

    A report that was due while nothing ran is queued late, for its own days. The mark that it is
    queued is in the transaction that queues it, and the schedule goes on to the next time after
    that: whoever dies in between leaves it to the next run. Cost: a transaction a mail.
    """
    at = now or this_second()
    queued = 0
    for one in ScheduledReport.objects.filter(next_at__lte=at).order_by("next_at", "pk"):
        due_at = one.next_at
        while due_at <= at:
            queued += _queue(one, day_of(due_at, business_zone()), at)
            following = schedule.next_due(Every(one.every), one.hour, business_zone(), after=due_at)
            # Not `save`: nobody changed it. If somebody did meanwhile, theirs is right.
            if not ScheduledReport.objects.filter(pk=one.pk, next_at=due_at).update(
                next_at=following
            ):
                break
            due_at = following
    log.info("scheduled_queued", count=queued)
    return queued


def queue_now(one: ScheduledReport, *, to: User, now: datetime) -> None:
    """Queue a report of the last whole day, week or month to one person, recipient or not."""
    reference = {
        "scheduleId": str(one.pk),
        "userId": str(to.pk),
        "day": str(day_of(now, business_zone())),
        "asked": "1",
    }
    group = f"{to.pk}-{one.pk}-asked-{now:%Y%m%dT%H%M%S}"
    with Transaction() as transaction:
        transaction.put(queue.queued(KIND, reference, group=group, at=now))


def asked_by(one: ScheduledReport, days: Range, *, by: Actor) -> ReportQuery:
    """Return the query of a schedule for its days, as the actor may see it: a representative gets
    their own figures. Raises Invalid, NotAllowed."""
    given: dict[str, list[str]] = {
        name: values for name, values in parse_qs(one.query).items() if name in FILTERS
    }
    given |= {"from": [str(days.start)], "to": [str(days.end)], "tz": [business_zone()]}
    if not by.supervises:
        given["assignedTo"] = [by.user_id]
    return parse_query(given, by=by, today=days.end)


def _queue(one: ScheduledReport, day: date, at: datetime) -> int:
    """Queue the report that was due on a day of the business's zone."""
    first = schedule.period(Every(one.every), day).start
    queued = 0
    for user in people_to_mail().filter(pk__in=one.recipients.values("pk")):
        user_id = str(user.pk)
        reference = {"scheduleId": str(one.pk), "userId": user_id, "day": str(day)}
        mail = queue.queued(KIND, reference, group=f"{user_id}-{one.pk}-{first}", at=at)
        try:
            with Transaction() as transaction:
                transaction.put(
                    scheduled_report(one.pk, first, user_id), WeeklyReport.pk.does_not_exist()
                )
                transaction.put(mail)
        except ConditionFailed:
            continue  # queued before
        queued += 1
    return queued


def _compose(about: Sequence[Reference]) -> EmailMultiAlternatives | None:
    """Return the mail with the figures at the time of sending; None if it is no longer wanted: the
    schedule is gone, or the person is, is no recipient, or may not see the table any more."""
    [reference] = about
    one = ScheduledReport.objects.filter(pk=int(reference["scheduleId"])).first()
    user = people_to_mail().filter(pk=int(reference["userId"])).first()
    if one is None or user is None:
        return None
    by = actor_of(user)
    wanted = by.supervises if "asked" in reference else one.recipients.filter(pk=user.pk).exists()
    if not (wanted and by.works_tickets):
        return None
    every = Every(one.every)
    days = schedule.period(every, date.fromisoformat(reference["day"]))
    asked = asked_by(one, days, by=by)
    if one.table not in sheets.offered(asked):
        return None
    zone = user.time_zone or business_zone()
    with translation.override(user.mail_language), timezone.override(ZoneInfo(zone)):
        complete = complete_until()  # before the figures: these may know more
        context = {
            "schedule": one,
            "person": user,
            "zone": business_zone(),
            "complete_until": complete,
            "figures": _summary(asked),
            "own": not by.supervises,
            "merged_tickets": report.merged_tickets(asked),
            "table": sheets.SHEETS[one.table],
            "url": _url(one, asked),
            "first_day": date_format(days.start, _("j M Y")),
            "last_day": date_format(days.end - DAY, _("j M Y")),
        }
        message = composed("scheduled", context, to=[recipient(user.email)])
        if one.attached:
            file_format = FileFormat(one.attached)
            # The clock bounds the hours of the range alone, which is over.
            rows = sheets.sheet(asked, one.table, now=this_second())
            name = f"report-{one.table}-{days.start}-{days.end - DAY}.{file_format}"
            message.attach(name, content(rows, file_format), file_format.media_type)
    return message


def _summary(asked: ReportQuery) -> list[tuple[Any, str, str]]:
    """Return the label, the value and that of the days before, of each figure of the mail."""
    before = replace(asked, range=asked.range.before())
    now, then = tables.totals(asked), tables.totals(before)
    return [(LABELS[name], _shown(name, now), _shown(name, then)) for name in SUMMARY]


def _shown(name: str, figures: Mapping[str, Any]) -> str:
    return sheets.in_words(name, figures[name])


def _url(one: ScheduledReport, asked: ReportQuery) -> str:
    """Return the address of the report in the desk; "" if the desk does not know its own."""
    if not settings.DESK_URL:
        return ""
    kept = [
        (name, value)
        for name, values in parse_qs(one.query).items()
        if name in FILTERS
        for value in values
    ]
    pairs = [
        ("from", str(asked.range.start)),
        ("until", str(asked.range.end - DAY)),
        ("tz", asked.zone),
        *kept,
    ]
    return f"{settings.DESK_URL}{reverse('reports')}?{urlencode(pairs)}"


EMAIL = MailKind(_compose)
