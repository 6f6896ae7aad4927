"""Escalation rules: what one would fire on, and from when on it does."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.dynamo.pages import Place
from helpdesk.moments import this_second
from tickets.domain.sla import milestones
from tickets.domain.sla.milestones import Rule, Trigger
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Status
from tickets.models import EscalationRule, Replan
from tickets.services import promises
from tickets.services.replan import ask_for_replan
from tickets.store import access

PAGE = 100
MOST = 1_000
"""Open tickets that are looked at."""

_OPEN = (Status.OPEN, Status.IN_PROGRESS)
_ANY = tuple(Rule(trigger.value, trigger) for trigger in Trigger)


@dataclass(frozen=True)
class PastNow:
    """How many open tickets are past each trigger; `seen` were looked at, and there are `more`."""

    tickets: dict[Trigger, int]
    seen: int
    more: bool


def past_now(*, by: Actor, now: datetime | None = None) -> PastNow:
    """Return what a rule for each trigger would fire on at once. Raises NotAllowed.

    Cost: for each hundred of the MOST most urgent open tickets a query a status and a batch read.
    """
    require_supervision(by)
    at = now or this_second()
    found: Counter[Trigger] = Counter()
    seen, place = 0, None
    while seen < MOST:
        page = access.queue_page(statuses=_OPEN, place=place, limit=PAGE)
        rows = list(page)
        for ticket in access.tickets([row.ticket_id for row in rows], consistent=False).values():
            timeline = Timeline.load(ticket.timeline)
            planned = milestones.plan(timeline, promises.KNOWN_TERMS, _ANY, fired=())
            found.update(one.rule.trigger for one in milestones.passed(planned, at))
        seen += len(rows)
        place = page.next
        if place is None:
            break
    return PastNow(dict(found), seen, more=isinstance(place, Place))


def save_rule(
    rule: EscalationRule, *, also_past: bool, reason: str, now: datetime | None = None
) -> Replan | None:
    """Save a rule and plan the open tickets anew; return the round, or None where nothing changed.

    One that is new, comes into force again, or has another trigger fires from now on, and with
    `also_past` on what is past it already.
    """
    before = EscalationRule.objects.filter(pk=rule.pk).first()
    if before and before.as_rule() == rule.as_rule() and before.active == rule.active:
        return None
    begins = not before or (rule.active and not before.active) or rule.trigger != before.trigger
    if begins:
        rule.since = None if also_past else now or this_second()
    rule.save()
    return ask_for_replan(reason, policies=False)
