"""Which policy version and escalation rules apply to a ticket.

Versions never change, so each process caches them. Which policy applies, and which rules are
active, is read each time: one SQL query.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db import transaction

from tickets.domain import calendar
from tickets.domain.errors import TargetsRefused
from tickets.domain.sla.milestones import Rule
from tickets.domain.sla.policy import PolicySnapshot, Targets
from tickets.domain.ticket import Category, Priority
from tickets.models import EscalationRule, Policy, PolicyVersion


def snapshot_for(*, category: Category, segment: str) -> PolicySnapshot:
    """Return the current version of the first active policy that matches; the default
    always does."""
    policies = Policy.objects.filter(active=True) | Policy.objects.filter(is_default=True)
    return POLICY_SNAPSHOTS[current_key(applying(policies, category=category, segment=segment))]


def applying(policies: Iterable[Policy], *, category: Category, segment: str) -> Policy:
    """Return the first active policy that matches, in their order; the default always does.

    Raises TargetsRefused if there is none.
    """
    for policy in sorted(policies, key=lambda one: (one.is_default, one.order, one.name)):
        if (policy.active or policy.is_default) and policy.matches(
            category=category, segment=segment
        ):
            return policy
    raise TargetsRefused("The default SLA policy is missing. Run: manage.py migrate")


def policy_applies(key: str, *, category: Category, segment: str) -> bool:
    """Return whether the policy of the version `key` would apply to such a ticket now."""
    number_at = key.rfind("-")
    return (
        snapshot_for(category=category, segment=segment).key.rpartition("-")[0] == key[:number_at]
    )


def current_key(policy: Policy) -> str:
    """Return the key of a policy's newest version; the first one is created if there is none."""
    newest = policy.versions.order_by("-number").values_list("key", flat=True).first()
    return newest or freeze(policy).key


def freeze(policy: Policy) -> PolicyVersion:
    """Return the version with the policy's current values: the newest, or a new one if they
    changed."""
    with transaction.atomic():
        terms = policy.as_written()
        newest = policy.versions.select_for_update().order_by("-number").first()
        if newest and newest.terms == terms:
            return newest
        number = newest.number + 1 if newest else 1
        return PolicyVersion.objects.create(
            policy=policy, number=number, key=f"{policy.slug}-{number}", terms=terms
        )


class _PolicySnapshots(Mapping[str, PolicySnapshot]):
    """Every policy version by its key, read when it is needed."""

    def __getitem__(self, key: str) -> PolicySnapshot:
        return _terms(key)

    def __iter__(self) -> Iterator[str]:
        return iter(PolicyVersion.objects.values_list("key", flat=True))

    def __len__(self) -> int:
        return PolicyVersion.objects.count()


POLICY_SNAPSHOTS = _PolicySnapshots()


_in_force: ContextVar[tuple[Rule, ...] | None] = ContextVar("rules_in_force", default=None)


def rules() -> tuple[Rule, ...]:
    """Return the active escalation rules. One SQL query."""
    known = _in_force.get()
    if known is not None:
        return known
    return tuple(rule.as_rule() for rule in EscalationRule.objects.filter(active=True))


@contextmanager
def rules_asked_once() -> Iterator[None]:
    """Use the same escalation rules for all changes inside the block, which takes a
    second or two."""
    token = _in_force.set(rules())
    try:
        yield
    finally:
        _in_force.reset(token)


@dataclass(frozen=True)
class PriorityTargets:
    """The targets of new tickets of a priority, in seconds of working time."""

    priority: Priority
    response: int
    resolution: int


def targets_of_new_tickets() -> list[PriorityTargets]:
    """Return the targets of the default policy, the most urgent priority first. One SQL query."""
    versions = PolicyVersion.objects.filter(policy__is_default=True).order_by("-number")
    newest = versions.values_list("key", flat=True).first()
    terms = POLICY_SNAPSHOTS[newest or current_key(Policy.objects.get(is_default=True))]
    return [
        PriorityTargets(priority, terms.of(priority).response, terms.of(priority).resolution)
        for priority in reversed(Priority)
    ]


@lru_cache(maxsize=256)
def _terms(key: str) -> PolicySnapshot:
    try:
        written = PolicyVersion.objects.values_list("terms", flat=True).get(key=key)
    except PolicyVersion.DoesNotExist as missing:
        raise KeyError(key) from missing
    return snapshot_of(key, written)


def snapshot_of(key: str, written: Mapping[str, Any]) -> PolicySnapshot:
    """Return the targets that a PolicyVersion stores."""
    return PolicySnapshot(
        key=key,
        calendar=calendar.parse(written["calendar"]),
        targets={
            Priority(priority): Targets(
                targets["response"], targets["resolution"], targets.get("nextResponse")
            )
            for priority, targets in written["targets"].items()
        },
        at_risk_percent=written["atRiskPercent"],
    )
