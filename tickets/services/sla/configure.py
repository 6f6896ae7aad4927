"""Save SLA policies and calendars, with the versions that follow."""

from django.db import transaction

from tickets.models import Calendar, Policy
from tickets.services.sla.policies import freeze


def save_policy(policy: Policy) -> bool:
    """Save a policy and, if its targets changed, create its next version.

    Returns whether open tickets may have other deadlines now: if its targets, its conditions or its
    position among the others changed.
    """
    with transaction.atomic():
        before = Policy.objects.filter(pk=policy.pk).first()
        versions = before.versions.count() if before else 0
        policy.save()
        freeze(policy)
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


def _conditions(policy: Policy) -> tuple[object, ...]:
    """Return what decides which tickets a policy applies to."""
    return policy.active, policy.order, sorted(policy.categories), sorted(policy.segments)
