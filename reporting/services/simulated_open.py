"""What saving a simulated draft would do to the open tickets."""

from datetime import datetime
from typing import Any

from reporting.services.simulated_versions import SimulatedVersions
from tickets.domain import instant
from tickets.domain.sla import clock
from tickets.domain.sla.timeline import Timeline
from tickets.domain.workflow import Event, EventType
from tickets.services.sla.open_tickets import open_page
from tickets.services.sla.policies import POLICY_SNAPSHOTS

MOST_SHOWN = 100
"""Tickets that are listed of each outcome; all are counted."""

OUTCOMES = ("overdue", "rescued", "sooner", "later", "same")
"""What happens to a ticket: it would be overdue at once, overdue no more, due sooner, due later, or
as it is."""


def next_page(found: dict[str, Any], drafts: SimulatedVersions, *, now: datetime) -> dict[str, Any]:
    """Return `found` with the next page of open tickets counted; it is `done` after the last.

    Cost: that of a page of open tickets.
    """
    tickets, place = open_page(found.get("place", ""))
    counts = {name: found.get("counts", {}).get(name, 0) for name in OUTCOMES}
    listed = {name: list(found.get("listed", {}).get(name, ())) for name in OUTCOMES}
    for ticket in tickets:
        timeline = Timeline.load(ticket.timeline)
        draft = drafts.once_saved(ticket, timeline.policy_key)
        if draft is None or not timeline.status.active:
            continue
        at = max(now, timeline.last_at)
        saved = timeline.then(Event(at, EventType.POLICY, policy_key=draft.key))
        keys = {event.policy_key for event in timeline.events if event.policy_key}
        terms = {key: POLICY_SNAPSHOTS[key] for key in keys} | {draft.key: draft}
        before = clock.read(timeline, terms, now=at).sla_deadline
        after = clock.read(saved, terms, now=at).sla_deadline
        outcome = _outcome(before, after, at)
        counts[outcome] += 1
        if outcome != "same" and len(listed[outcome]) < MOST_SHOWN:
            due = [instant.text(one) if one else "" for one in (before, after)]
            listed[outcome].append([ticket.ticket_id, *due])
    return {
        "place": place,
        "done": not place,
        "seen": found.get("seen", 0) + len(tickets),
        "at": found.get("at") or instant.text(now),
        "counts": counts,
        "listed": listed,
    }


def _outcome(before: datetime | None, after: datetime | None, now: datetime) -> str:
    if before is None or after is None or before == after:
        return "same"
    if after < now <= before:
        return "overdue"
    if before < now <= after:
        return "rescued"
    return "sooner" if after < before else "later"
