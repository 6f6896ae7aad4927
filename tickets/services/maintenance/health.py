"""System health: escalation sweeps, queue and event backlog."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache

from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.clock import this_second
from tickets.domain import instant
from tickets.services.delivery import outbox

_SWEPT = "pulse:swept"
KEPT = 24 * 3_600


@dataclass(frozen=True)
class Health:
    """The state of background work. `None`: no event is waiting, or the cache has lost the last
    sweep."""

    oldest_event_age: timedelta | None
    failed_events: int
    since_sweep: timedelta | None


def swept(*, now: datetime | None = None) -> None:
    """Record that a sweep has run."""
    cache.set(_SWEPT, instant.text(now or this_second()), KEPT)


def pulse(*, by: Actor, now: datetime | None = None) -> Health:
    """Return the state of the background work. Raises NotAllowed.

    Cost: one query a shard of the outbox, of one event, and one of failed events.
    """
    require_supervision(by)
    at = now or this_second()
    oldest = outbox.oldest_at()
    swept_at = cache.get(_SWEPT)
    last = instant.parse(swept_at) if swept_at else None
    return Health(
        oldest_event_age=max(at - oldest, timedelta(0)) if oldest else None,
        failed_events=outbox.failed_events(),
        since_sweep=max(at - last, timedelta(0)) if last else None,
    )
