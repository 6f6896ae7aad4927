"""Which status can follow which (SLA.md, "Workflow")."""

from collections.abc import Mapping
from types import MappingProxyType

from tickets.domain.errors import TransitionRefused
from tickets.domain.ticket import Status

ALLOWED: Mapping[Status, tuple[Status, ...]] = MappingProxyType(
    {
        Status.OPEN: (Status.IN_PROGRESS, Status.RESOLVED, Status.CLOSED),
        Status.IN_PROGRESS: (Status.OPEN, Status.RESOLVED, Status.CLOSED),
        Status.RESOLVED: (Status.IN_PROGRESS, Status.CLOSED),
        Status.CLOSED: (Status.IN_PROGRESS,),
    }
)


def check(current: Status, wanted: Status) -> None:
    """Raises TransitionRefused, which names the allowed ones, unless `wanted` can follow."""
    if wanted not in ALLOWED[current]:
        raise TransitionRefused(current, wanted, ALLOWED[current])
