"""How the deadlines of a ticket are calculated."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.errors import NotFound
from tickets.domain import instant, target
from tickets.domain.sla import explain
from tickets.domain.sla.clock import Clock, Exchange
from tickets.domain.sla.explain import Explanation, Segment, StretchKind
from tickets.domain.sla.timeline import Timeline
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
    """A ticket, its timeline, and all clocks segment by segment, as of `now`."""

    ticket: Ticket
    timeline: Timeline
    explanation: Explanation
    now: datetime


def explained(ticket_id: str, *, by: Actor, now: datetime | None = None) -> Explained:
    """Return the explanation of a ticket's deadlines. One read. Raises NotFound, NotAllowed."""
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
    if found.explanation.next_response:
        going_on = reading.next_response
        state = _summary(going_on) if going_on else "no target"
        lines += ["", f"Next response: {state}"]
        lines += [f"  {_run(run)}" for run in reading.exchanges]
        lines += [f"  {_line(segment)}" for segment in found.explanation.next_response]
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
    return Explained(ticket, timeline, found, at)


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
