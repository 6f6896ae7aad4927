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
    oldest = outbox.oldest_at()
    swept_at = cache.get(_SWEPT)
    last = instant.parse(swept_at) if swept_at else None
    return Health(
        oldest_event_age=max(at - oldest, timedelta(0)) if oldest else None,
        failed_events=outbox.failed_events(),
        since_sweep=max(at - last, timedelta(0)) if last else None,
    )


def milestone_lag(*, by: Actor) -> timedelta | None:
    """Return how late the last sweep found the earliest milestone; zero if none was due.

    None if the cache has lost it. Raises NotAllowed.
    """
    require_supervision(by)
    seconds = cache.get(_LAG)
    return None if seconds is None else timedelta(seconds=seconds)


def consumer_ages(*, by: Actor, now: datetime | None = None) -> Mapping[str, timedelta]:
    """Return the age of the oldest event that each consumer has yet to handle; zero without one.

    Raises NotAllowed. Cost: one query a shard of the outbox, of one event, and one of failed
    events.
    """
    require_supervision(by)
    at = now or this_second()
    waits_for_all = outbox.oldest_at()
    oldest = dict.fromkeys(settings.OUTBOX_CONSUMERS, waits_for_all or at)
    for consumer, since in outbox.oldest_failed().items():
        oldest[consumer] = min(since, oldest.get(consumer, at))
    return {consumer: max(at - since, timedelta(0)) for consumer, since in oldest.items()}
