"""A simulation of a policy or a calendar as it stands in its form, before it is saved."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from helpdesk.accounts.actors import Actor, require_supervision
from reporting.models import Simulation
from reporting.services import simulation
from reporting.services.simulated_versions import NEW, conditions_of
from tickets.models import Calendar, Policy
from tickets.services.sla.policies import current_key


def start(
    row: Policy | Calendar,
    *,
    typed: Mapping[str, Sequence[str]],
    address: str,
    by: Actor,
    now: datetime,
) -> int:
    """Start a simulation of a valid policy or calendar that is not saved; return its id.

    A policy is simulated for the tickets to which its conditions apply. A calendar is simulated in
    each policy that uses it; one that none uses in the default policy.
    `typed` is what the form at `address` was sent, so that it can be sent again: to be saved or
    edited. Raises NotAllowed.
    """
    require_supervision(by)
    is_policy = isinstance(row, Policy)
    policies = [row] if isinstance(row, Policy) else _with_calendar(row)
    return simulation.create(
        policies,
        source={
            "name": row.name,
            "kind": "policy" if is_policy else "calendar",
            "conditions": conditions_of(policies[0]) if is_policy else None,
            "policies": [policy.name for policy in policies],
            "typed": {name: list(values) for name, values in typed.items()},
            "address": address,
            "versions": versions_of([policy.pk for policy in policies if policy.pk]),
        },
        by=by,
        today=now.date(),
    ).pk


def versions_of(policy_ids: Sequence[int]) -> list[str]:
    """Return the key of the newest version of each policy."""
    return sorted(current_key(policy) for policy in Policy.objects.filter(pk__in=policy_ids))


def is_stale(found: Simulation) -> bool:
    """Return whether a simulated policy was saved since: the draft would undo that."""
    ids = [int(key) for key in found.drafts if key != NEW]
    return bool(found.source) and versions_of(ids) != found.source["versions"]


def _with_calendar(calendar: Calendar) -> list[Policy]:
    using = Policy.objects.filter(calendar=calendar.pk) if calendar.pk else Policy.objects.none()
    policies = list(using) or list(Policy.objects.filter(is_default=True))
    for policy in policies:
        policy.calendar = calendar
    return policies
