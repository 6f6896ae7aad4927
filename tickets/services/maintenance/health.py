"""System health: escalation sweeps, queue and event backlog."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache

from helpdesk.accounts.actors import Actor, require_supervision
from helpdesk.clock import this_second
from tickets.domain import instant
from tickets.services.delivery import outbox
from tickets.store import queries

_SWEPT, _LAG = "pulse:swept", "pulse:lag"
KEPT = 24 * 3_600


@dataclass(frozen=True)
class Health:
    """The state of background work. `None`: no event is waiting, or the cache has lost the last
    sweep."""

    oldest_event_age: timedelta | None
    failed_events: int
    consumer_ages: Mapping[str, timedelta]
    """Of the oldest event that each consumer has yet to handle; zero if there is none."""
    since_sweep: timedelta | None


def swept(due: Sequence[str] = (), *, now: datetime | None = None) -> None:
    """Record that a sweep has run, and how late it found the first of these tickets.

    Cost: a read if any is due.
    """
    at = now or this_second()
    first = queries.ticket(due[0]) if due else None
    since = first.next_sla_at if first else None
    cache.set(_LAG, int((at - since).total_seconds()) if since and since < at else 0, KEPT)
    cache.set(_SWEPT, instant.text(at), KEPT)


def pulse(*, by: Actor, now: datetime | None = None) -> Health:
    """Return the state of the background work. Raises NotAllowed.

    Cost: one query a shard of the outbox, of one event, and one of failed events.
    """
    require_supervision(by)
    at = now or this_second()
    oldest, failed = outbox.oldest_at(), outbox.failed_events()
    swept_at = cache.get(_SWEPT)
    last = instant.parse(swept_at) if swept_at else None
    return Health(
        oldest_event_age=max(at - oldest, timedelta(0)) if oldest else None,
        failed_events=len(failed),
        consumer_ages={
            name: max(at - min(oldest or at, outbox.failed_since(failed, name) or at), timedelta(0))
            for name in settings.OUTBOX_CONSUMERS
        },
        since_sweep=max(at - last, timedelta(0)) if last else None,
    )


def milestone_lag(*, by: Actor) -> timedelta | None:
    """Return how late the last sweep found the earliest milestone; zero if none was due.

    None if the cache has lost it. Raises NotAllowed.
    """
    require_supervision(by)
    seconds = cache.get(_LAG)
    return None if seconds is None else timedelta(seconds=seconds)
