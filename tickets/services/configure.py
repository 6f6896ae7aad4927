"""Save what the desk promises, with the versions that follow from it."""

from django.db import transaction

from tickets.models import Calendar, Policy
from tickets.services.promises import freeze


def save_policy(policy: Policy) -> None:
    """Save a policy and, if its promises changed, make its next version."""
    with transaction.atomic():
        policy.save()
        freeze(policy)


def save_calendar(calendar: Calendar) -> None:
    """Save a calendar and make the next version of each policy that uses it."""
    with transaction.atomic():
        calendar.save()
        for policy in calendar.policy_set.select_related("calendar"):
            freeze(policy)
