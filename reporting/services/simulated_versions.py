"""What applies to a ticket in a simulation: what it has had, or a draft."""

from collections.abc import Mapping
from typing import Any

from reporting.models import Simulation
from tickets.domain.sla.policy import PolicySnapshot
from tickets.domain.sla.timeline import Timeline
from tickets.models import Policy, PolicyVersion
from tickets.services.sla.policies import POLICY_SNAPSHOTS, applying, current_key, snapshot_of
from tickets.store.ticket import Ticket

NEW = "new"
"""The draft of a policy that is not stored."""
CONDITIONS = ("name", "active", "is_default", "order", "categories", "segments")
"""Fields that decide to which tickets a policy applies."""


def conditions_of(policy: Policy) -> dict[str, Any]:
    """Return what decides to which tickets a policy applies, as a simulation keeps it."""
    return {name: getattr(policy, name) for name in CONDITIONS}


class SimulatedVersions:
    """Every policy version as it is, except those of the simulated policies, which have the draft's
    targets; and the draft for tickets to which it would newly apply. Cost: two SQL queries."""

    def __init__(self, simulation: Simulation) -> None:
        written = simulation.drafts or {str(simulation.policy_id): simulation.draft}
        self._drafts = {
            policy: snapshot_of(f"draft of {policy}", one) for policy, one in written.items()
        }
        owners = PolicyVersion.objects.values_list("key", "policy")
        self._owners = {key: str(policy) for key, policy in owners}
        self._policies = list(Policy.objects.all())
        self._drafted = self._policies
        if conditions := simulation.source.get("conditions"):
            [draft] = self._drafts
            others = [one for one in self._policies if str(one.pk) != draft]
            own = Policy(pk=None if draft == NEW else int(draft), **conditions)
            self._drafted = [*others, own]

    def of(self, ticket: Ticket, timeline: Timeline) -> Mapping[str, PolicySnapshot]:
        """Return what applies in place of each version that a ticket has had."""
        moved = self._moved(ticket)
        return {
            key: self._in_place_of(key, moved)
            for event in timeline.events
            if (key := event.policy_key)
        }

    def once_saved(self, ticket: Ticket, key: str) -> PolicySnapshot | None:
        """Return what an open ticket under the version `key` would get; None if it keeps that."""
        return self._moved(ticket) or self._draft(key)

    def _in_place_of(self, key: str, moved: PolicySnapshot | None) -> PolicySnapshot:
        if moved and (moved in self._drafts.values() or self._draft(key)):
            return moved
        return self._draft(key) or POLICY_SNAPSHOTS[key]

    def _draft(self, key: str) -> PolicySnapshot | None:
        return self._drafts.get(self._owners.get(key, ""))

    def _moved(self, ticket: Ticket) -> PolicySnapshot | None:
        """Return what applies to a ticket that the draft's conditions move to another policy."""
        if self._drafted is self._policies:
            return None
        before, after = (
            applying(those, category=ticket.category, segment=ticket.segment or "")
            for those in (self._policies, self._drafted)
        )
        if before.pk == after.pk:
            return None
        draft = self._drafts.get(str(after.pk) if after.pk else NEW)
        return draft or POLICY_SNAPSHOTS[current_key(after)]
