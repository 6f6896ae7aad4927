"""What supervisors do with scheduled reports: create, change, delete, send one to themselves."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, actor_of, require_supervision
from helpdesk.accounts.models import REPRESENTATIVES, SUPERVISORS, User
from helpdesk.accounts.people import people_to_mail
from helpdesk.audit.audited import kind_of
from helpdesk.audit.record import Change, record
from helpdesk.errors import Invalid, NotFound
from helpdesk.parsing import whole_number
from helpdesk.table_files import FileFormat
from reporting.domain import schedule
from reporting.domain.days import day_of
from reporting.domain.schedule import Every
from reporting.models import ScheduledReport
from reporting.services import scheduled, sheets
from tickets.services.lifecycle.validation import Checks

LONGEST_NAME = 60
MOST_RECIPIENTS = 100


def scheduled_reports(*, by: Actor) -> QuerySet[ScheduledReport]:
    """Return all scheduled reports by name. Raises NotAllowed. Two SQL queries."""
    require_supervision(by)
    return ScheduledReport.objects.prefetch_related("recipients")


def scheduled_report(schedule_id: int, *, by: Actor) -> ScheduledReport:
    """Return one. Raises NotFound, NotAllowed."""
    found = scheduled_reports(by=by).filter(pk=schedule_id).first()
    if found is None:
        raise NotFound(_("Scheduled report not found."))
    return found


def possible_recipients() -> QuerySet[User]:
    """Return who can get reports, by name: who works tickets and has an address."""
    works = Q(groups__name__in=(REPRESENTATIVES, SUPERVISORS)) | Q(is_superuser=True)
    return people_to_mail().filter(works).distinct().order_by("first_name", "last_name", "pk")


def filters_of(query: str) -> str:
    """Return the filters in the query string of a report's page: its parameters without days."""
    return urlencode([pair for pair in parse_qsl(query) if pair[0] in scheduled.FILTERS])


def save(
    one: ScheduledReport,
    given: Mapping[str, str],
    recipients: Iterable[str],
    *,
    by: Actor,
    now: datetime,
) -> ScheduledReport:
    """Save a schedule, new or not, as a form gives it; it is recorded.

    `given` has `name`, `table`, `query`, `every`, `hour` and `attached`, `recipients` user ids. The
    first report is that of the next time it is due. Raises Invalid, NotAllowed.
    """
    require_supervision(by)
    checks = Checks()
    one.name = checks.line("name", given.get("name", ""), longest=LONGEST_NAME)
    one.query = filters_of(given.get("query", ""))
    every = checks.word("every", given.get("every", ""), Every)
    hour = whole_number(given.get("hour", ""))
    if hour is None or not 0 <= hour <= 23:
        checks.errors["hour"] = _("Choose an hour from 0 to 23.")
    attached = given.get("attached", "")
    if attached and attached not in list(FileFormat):
        checks.errors["attached"] = _("Choose one of: %(words)s.") % {
            "words": ", ".join(FileFormat)
        }
    people = _people(recipients, checks)
    one.table = given.get("table", "")
    if every:
        _check_table(one, every, people, checks, by=by, now=now)
    checks.done()
    if every is None or hour is None:
        raise AssertionError("checks.done() raises for these")
    one.every, one.hour, one.attached = every.value, hour, attached
    one.next_at = schedule.next_due(every, hour, scheduled.business_zone(), after=now)
    if one.pk is None:
        one.owner_id = int(by.user_id)
    with transaction.atomic():
        one.save()
        before = sorted(one.recipients.values_list("pk", flat=True))
        after = sorted(user.pk for user in people)
        if before != after:
            one.recipients.set(people)
            texts = (", ".join(map(str, before)), ", ".join(map(str, after)))
            kind = kind_of(ScheduledReport)
            record(kind, "changed", f"{kind}:{one.pk}", changes=[Change("recipients", texts)])
    return one


def delete(schedule_id: int, *, by: Actor) -> None:
    """Delete a schedule: what is queued of it is not sent any more. Raises NotFound, NotAllowed."""
    scheduled_report(schedule_id, by=by).delete()


def send_now(schedule_id: int, *, by: Actor, now: datetime) -> ScheduledReport:
    """Queue the report of the last whole day, week or month for the actor alone.

    Raises Invalid without an address, NotFound, NotAllowed.
    """
    found = scheduled_report(schedule_id, by=by)
    user = people_to_mail().filter(pk=int(by.user_id)).first()
    if user is None:
        raise Invalid({"email": _("Your account has no email address.")})
    scheduled.queue_now(found, to=user, now=now)
    return found


def _people(ids: Iterable[str], checks: Checks) -> list[User]:
    keys = {key for one in ids if (key := whole_number(one)) is not None}
    found = list(possible_recipients().filter(pk__in=keys))
    if not found:
        checks.errors["recipients"] = _("Choose at least one recipient.")
    elif len(found) > MOST_RECIPIENTS:
        text = _("Choose at most %(most)s recipients.")
        checks.errors["recipients"] = text % {"most": MOST_RECIPIENTS}
    return found


def _check_table(
    one: ScheduledReport,
    every: Every,
    people: list[User],
    checks: Checks,
    *,
    by: Actor,
    now: datetime,
) -> None:
    """Note an error if somebody could not get the table: filters do not fit all of them."""
    days = schedule.period(every, day_of(now, scheduled.business_zone()))
    try:
        asked = scheduled.asked_by(one, days, by=by)
    except Invalid as refused:
        checks.errors["query"] = " ".join(refused.errors.values())
        return
    if one.table not in sheets.offered():
        checks.errors["table"] = _("Choose one of: %(words)s.") % {
            "words": ", ".join(sheets.offered())
        }
    elif one.table not in sheets.offered(asked):
        checks.errors["table"] = _("This table cannot be filtered in this way.")
    else:
        actors = [actor_of(user) for user in people]
        own = [
            actor.name
            for actor in actors
            if not actor.supervises
            and one.table not in sheets.offered(scheduled.asked_by(one, days, by=actor))
        ]
        if own:
            checks.errors["table"] = _(
                "Representatives get their own figures, which this table does not have: %(names)s."
            ) % {"names": ", ".join(own)}
