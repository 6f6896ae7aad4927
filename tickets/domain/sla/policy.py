"""A policy's targets: for each priority one per clock, under one calendar."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tickets.domain.calendar import ALWAYS, Calendar
from tickets.domain.errors import NoTarget
from tickets.domain.ticket import Priority

_HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Targets:
    """Seconds of working time for each clock."""

    response: int
    resolution: int
    next_response: int | None = None
    """None: the policy gives no such target, and there is no such clock."""


@dataclass(frozen=True)
class PolicySnapshot:
    """One version of a policy. Tickets refer to it by its key."""

    key: str
    calendar: Calendar
    targets: Mapping[Priority, Targets]
    at_risk_percent: int = 75

    def of(self, priority: Priority) -> Targets:
        """Return the targets of a priority. Raises NoTarget if there are none."""
        try:
            return self.targets[priority]
        except KeyError:
            raise NoTarget(self.key, priority) from None


DEFAULT_TERMS = PolicySnapshot(
    key="default-1",
    calendar=ALWAYS,
    targets=MappingProxyType(
        {
            Priority.CRITICAL: Targets(2 * _HOUR, 24 * _HOUR),
            Priority.HIGH: Targets(4 * _HOUR, 48 * _HOUR),
            Priority.MEDIUM: Targets(8 * _HOUR, 72 * _HOUR),
            Priority.LOW: Targets(24 * _HOUR, 120 * _HOUR),
        }
    ),
)
"""The default policy of SLA.md."""
