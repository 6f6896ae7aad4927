"""Save SLA policies and calendars, with the versions that follow."""

from django.db import transaction
from django.db.models import QuerySet

from tickets.domain.sla.milestones import NEXT_RESPONSE_RULES, Notify
from tickets.domain.ticket import Priority
from tickets.models import Calendar, EscalationRule, Policy, PolicyVersion
from tickets.services.sla.policies import freeze


def save_policy(policy: Policy) -> bool:
    """Save a policy and, if its targets changed, create its next version.

    With the first one that has a target for next replies come the escalation rules for them.
    Returns whether open tickets may have other deadlines now: if its targets, its conditions or its
    position among the others changed.
    """
    with transaction.atomic():
        before = Policy.objects.filter(pk=policy.pk).first()
        versions = before.versions.count() if before else 0
        policy.save()
        first = not _of_next_response().exists()
        freeze(policy)
        if first and _of_next_response().exists():
            _create_rules_of_next_response()
        return (
            not before
            or _conditions(before) != _conditions(policy)
            or policy.versions.count() != versions
        )


def save_calendar(calendar: Calendar) -> bool:
    """Save a calendar and create the next version of each policy that uses it.

    Returns whether any policy has a new version.
    """
    changed = False
    with transaction.atomic():
        calendar.save()
        for policy in calendar.policy_set.select_related("calendar"):
            versions = policy.versions.count()
            freeze(policy)
            changed = changed or policy.versions.count() != versions
    return changed


def _of_next_response() -> QuerySet[PolicyVersion]:
    return PolicyVersion.objects.filter(
        **{f"terms__targets__{Priority.HIGH.value}__has_key": "nextResponse"}
    )


def _create_rules_of_next_response() -> None:
    """Create the default rules, except those whose key a rule of the desk has already."""
    for rule in NEXT_RESPONSE_RULES:
        EscalationRule.objects.get_or_create(
            key=rule.key,
            defaults={
                "trigger": rule.trigger.value,
                "level": rule.level,
                "notify_assignee": Notify.ASSIGNEE in rule.notify,
                "notify_team": Notify.TEAM in rule.notify,
                "notify_supervisors": Notify.SUPERVISORS in rule.notify,
            },
        )


def _conditions(policy: Policy) -> tuple[object, ...]:
    """Return what decides which tickets a policy applies to."""
    return policy.active, policy.order, sorted(policy.categories), sorted(policy.segments)
