"""How the deadlines of a ticket are calculated."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.errors import NotFound
from tickets.domain import instant, target
from tickets.domain.calendar import Calendar
from tickets.domain.sla import explain
from tickets.domain.sla.ahead import Ahead, Day, DayKind, ahead
from tickets.domain.sla.clock import Clock, Exchange
from tickets.domain.sla.explain import Explanation, Segment, StretchKind
from tickets.domain.sla.timeline import Timeline
from tickets.models import PolicyVersion
from tickets.services.sla import policies
from tickets.store import queries
from tickets.store.ticket import Ticket

_WHY = {
    StretchKind.WORKED: "counted",
    StretchKind.OFF_HOURS: "not counted: outside business hours",
    StretchKind.WAITING: "not counted: waiting for customer",
    StretchKind.STOPPED: "not counted: clock stopped",
}


@dataclass(frozen=True)
class Explained:
    """A ticket, its timeline, and all clocks segment by segment, as of `now`.

    `calendar_name` is "" if the policy has had another calendar since.
    """

    ticket: Ticket
    timeline: Timeline
    explanation: Explanation
    now: datetime
    calendar_name: str


def explained(ticket_id: str, *, by: Actor, now: datetime | None = None) -> Explained:
    """Return the explanation of a ticket's deadlines. One read and a SQL query. Raises NotFound,
    NotAllowed."""
    require_ticket_work(by)
    return _explained(ticket_id, now or this_second())


def explain_ticket(ticket_id: str, *, now: datetime | None = None) -> str:
    """Return the output of `sla_explain TICKET_ID`. Raises NotFound."""
    found = _explained(ticket_id, now or this_second())
    ticket, reading = found.ticket, found.explanation.reading
    lines = [
        f"Ticket {ticket_id}: {ticket.status}, {ticket.priority}, under {ticket.policy_id}, "
        f"at {instant.text(found.now)}",
        "",
        "SLA events:",
        *(f"  {line}" for line in found.timeline.dump()),
    ]
    for name, read, segments in (
        ("Response", reading.response, found.explanation.response),
        ("Resolution", reading.resolution, found.explanation.resolution),
    ):
        lines += ["", f"{name}: {_summary(read)}", *(f"  {_line(segment)}" for segment in segments)]
        lines += _to_come(read, found.explanation.calendar, found.now)
    if found.explanation.next_response:
        going_on = reading.next_response
        state = _summary(going_on) if going_on else "no target"
        lines += ["", f"Next response: {state}"]
        lines += [f"  {_run(run)}" for run in reading.exchanges]
        lines += [f"  {_line(segment)}" for segment in found.explanation.next_response]
        if going_on:
            lines += _to_come(going_on, found.explanation.calendar, found.now)
    if reading.paused_seconds:
        lines += ["", f"Working time spent waiting: {target.format(reading.paused_seconds)}"]
    return "\n".join(lines)


def _explained(ticket_id: str, now: datetime) -> Explained:
    ticket = queries.ticket(ticket_id)
    if ticket is None:
        raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
    timeline = Timeline.load(ticket.timeline)
    at = max(now, timeline.created_at)
    found = explain.explain(timeline, policies.POLICY_SNAPSHOTS, now=at)
    return Explained(ticket, timeline, found, at, _calendar_name(timeline.state.policy_key))


def _calendar_name(key: str) -> str:
    """Return the name of a version's calendar, if that is as it was: its policy's newest version
    has the same. A deleted policy has none."""
    versions = PolicyVersion.objects.filter(policy__versions__key=key).order_by("number")
    calendars = {
        version: (calendar, name)
        for version, calendar, name in versions.values_list(
            "key", "terms__calendar", "policy__calendar__name"
        )
    }
    if key not in calendars:
        return ""
    newest, name = [*calendars.values()][-1]
    return str(name) if calendars[key][0] == newest else ""


def _summary(read: Clock) -> str:
    words = f"{read.state}, {target.format(read.elapsed)} of {target.format(read.target)} used"
    if read.deadline:
        words += f", due {instant.text(read.deadline)}"
    if read.breached_at:
        words += f", breached {instant.text(read.breached_at)}"
    return words


def _run(run: Exchange) -> str:
    words = f"{instant.text(run.started_at)} – "
    words += instant.text(run.stopped_at) if run.stopped_at else "now"
    words += f"  run, {target.format(run.elapsed)} used"
    return f"{words}, breached {instant.text(run.breached_at)}" if run.breached_at else words


def _line(segment: Segment) -> str:
    counted = f", {target.format(segment.seconds)}" if segment.seconds else ""
    return (
        f"{instant.text(segment.start)} – {instant.text(segment.end)}  "
        f"{_WHY[segment.kind]}{counted}"
    )


def _to_come(read: Clock, calendar: Calendar, now: datetime) -> list[str]:
    """Return the lines of what is to come; none unless the clock runs towards a deadline."""
    found = ahead(read, calendar, now=now, zone="UTC")
    if found is None or read.deadline is None:
        return []
    hours = "around the clock" if found.always else f"business hours in {found.zone}"
    lines = [f"  To come, {hours}:"]
    lines += [f"    {_day(day, found)}" for day in found.days]
    if found.later_from:
        later = target.format(found.later_seconds)
        lines.append(f"    then until {instant.text(read.deadline)}: {later}")
    return [*lines, f"    together {target.format(found.seconds)}"]


def _day(day: Day, found: Ahead) -> str:
    zone = ZoneInfo(found.zone)
    windows = [
        "–".join("24:00" if at == day.end else f"{at.astimezone(zone):%H:%M}" for at in window)
        for window in day.windows
    ]
    if windows:
        words = f"{', '.join(windows)}  counted, {target.format(day.seconds)}"
    elif day.kind is DayKind.HOLIDAY:
        words = "holiday"
    else:
        words = "closed" if day.kind is DayKind.CLOSED else "outside business hours"
    return f"{day.date:%a} {day.date.isoformat()}  {words}" + _change(day.skipped)


def _change(skipped: int) -> str:
    if not skipped:
        return ""
    way = "forward" if skipped > 0 else "back"
    return f" (clocks go {way} {target.format(abs(skipped))})"
