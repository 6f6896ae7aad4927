"""Escalation rules: what one would fire on, and when it comes into force."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from tickets.domain.escalation import is_free
from tickets.domain.sla import clock, milestones
from tickets.domain.sla.milestones import Rule, Trigger
from tickets.domain.sla.timeline import Timeline
from tickets.models import EscalationRule, Recalculation
from tickets.services.sla import policies
from tickets.services.sla.impact import OpenTickets, Scope
from tickets.services.sla.recalculation import start_recalculation

_ANY = tuple(Rule(trigger.value, trigger) for trigger in Trigger)


@dataclass(frozen=True)
class PastNow:
    """How many of the `seen` open tickets are past each trigger; `more`: there are others."""

    tickets: dict[Trigger, int]
    seen: int
    more: bool


def past_now(*, by: Actor, now: datetime | None = None) -> PastNow:
    """Return how many tickets a rule for each trigger would fire on at once. Raises NotAllowed.

    Cost: as OpenTickets.
    """
    require_supervision(by)
    at = now or this_second()
    found: Counter[Trigger] = Counter()
    tickets = OpenTickets()
    for ticket in tickets:
        timeline = Timeline.load(ticket.timeline)
        planned = milestones.plan(
            timeline, clock.read(timeline, policies.POLICY_SNAPSHOTS, now=at), _ANY, fired=()
        )
        found.update(one.rule.trigger for one in milestones.passed(planned, at))
    return PastNow(dict(found), tickets.seen, tickets.more)


def require_free_key(key: str) -> None:
    """Raises Invalid if a rule with this key would look like a manual escalation."""
    if not is_free(key):
        raise Invalid({"key": gettext("This key stands for manual escalations. Choose another.")})


def fires_at_once(rule: EscalationRule, *, also_past: bool, by: Actor) -> Scope:
    """Return on how many open tickets `rule` fires at once when it is saved. Raises NotAllowed.

    Cost: as `past_now` with `also_past`, otherwise none.
    """
    require_supervision(by)
    before = EscalationRule.objects.filter(pk=rule.pk).first()
    if not also_past or not rule.active or not _begins(rule, before):
        return Scope(0, False, 0)
    past = past_now(by=by)
    return Scope(past.seen, past.more, past.tickets.get(Trigger(rule.trigger), 0))


def save_rule(
    rule: EscalationRule, *, also_past: bool, reason: str, now: datetime | None = None
) -> Recalculation | None:
    """Save a rule and recalculate the open tickets; return the run, or None if nothing changed.

    A rule that is new, is activated again, or has another trigger fires from now on; with
    `also_past` also on milestones that have passed. Raises Invalid for a new key that is not free.
    """
    before = EscalationRule.objects.filter(pk=rule.pk).first()
    if not before or before.key != rule.key:
        require_free_key(rule.key)
    if before and before.as_rule() == rule.as_rule() and before.active == rule.active:
        return None
    if _begins(rule, before):
        rule.since = None if also_past else now or this_second()
    rule.save()
    return start_recalculation(reason, policies=False)


def _begins(rule: EscalationRule, before: EscalationRule | None) -> bool:
    return not before or (rule.active and not before.active) or rule.trigger != before.trigger
