"""Dispatch the events of the outbox to their consumers.

Events are written with the change that they describe. A worker is woken at once; if the broker is
away, or the worker dies, a sweep finds what was left. So every event is dispatched at least once,
and each consumer has to make repeats harmless. An event that a consumer fails on repeatedly is set
aside and retried with growing pauses (decision 55).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import cache

import structlog
from django.conf import settings
from django.core.cache import cache as marks
from django.utils.module_loading import import_string
from ulid import ULID

from helpdesk import tracing, wake
from helpdesk.clock import this_second
from helpdesk.dynamo.shards import shard_key
from tickets.store import events
from tickets.store.events import OUTBOX, OutboxEvent

log = structlog.get_logger(__name__)

BATCH = 100
STEP = 25
"""Events that are done with before the next are begun: what a worker that dies has to do again."""

ASKED = "outbox:asked"
ASKED_FOR = 5
"""Seconds in which a worker that was woken begins, or is considered dead."""

PATIENCE = timedelta(minutes=10)
"""How long a consumer may fail on an event before it is set aside: an engine comes back sooner."""
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)

Consumer = Callable[[Sequence[OutboxEvent]], object]

_held_back: ContextVar[bool] = ContextVar("wake_ups_held_back", default=False)


def partition(ticket_id: str) -> str:
    """Return the outbox partition of a ticket's events."""
    return shard_key(OUTBOX, ticket_id)


@contextmanager
def one_wake_up() -> Iterator[None]:
    """Wake a worker once, at the end, for everything that is written inside the block."""
    token = _held_back.set(True)
    try:
        yield
    finally:
        _held_back.reset(token)
        wake_worker()


def in_batch() -> bool:
    """Return whether many changes are being written, whose follow-up work is done once
    at the end."""
    return _held_back.get()


def wake_worker() -> None:
    """Wake a worker to dispatch events, unless one was woken that has not begun yet.

    Never raises: the sweep finds them anyway.
    """
    if not _held_back.get():
        wake.send_once(ASKED, ASKED_FOR, "tickets.pass_on")


def is_asked() -> bool:
    """Return whether `wake_worker` was called since `dispatch` last began."""
    return bool(marks.get(ASKED))


def oldest_at() -> datetime | None:
    """Return when the oldest event in the outbox happened; None if the outbox is empty.

    Cost: one query a shard of the outbox, of one event.
    """
    return min((event.at for event in events.waiting(limit=1)), default=None)


def failed_events() -> Sequence[OutboxEvent]:
    """Return the events that some consumer has failed on. Cost: a query of them."""
    return events.failed()


def failed_since(failed: Iterable[OutboxEvent], consumer: str) -> datetime | None:
    """Return when the oldest of these events happened that a consumer has failed on; None without
    one."""
    return min((one.at for one in failed if consumer in (one.untaken or ())), default=None)


def dispatch(
    *, limit: int = BATCH, each: Callable[[], object] = lambda: None, now: datetime | None = None
) -> int:
    """Give the oldest `limit` events of each shard to every consumer; delete those that all
    accepted.

    Calls `each` before each consumer's turn. Returns how many were accepted. An event that a
    consumer fails on is retried the next time; after PATIENCE it is set aside, so that it does not
    hold up the others.
    """
    marks.delete(ASKED)  # first: what is written from here on may not be among what is read
    found = list(events.waiting(limit=limit))
    at = now or this_second()
    return sum(
        _settle(found[start : start + STEP], each, at) for start in range(0, len(found), STEP)
    )


def retry_failed(*, now: datetime | None = None) -> int:
    """Retry failed events whose pause is over with the consumers that have not accepted them.

    Returns how many are settled. A pause is a tenth of the event's age, at most LONGEST_PAUSE:
    after an outage events are retried soon, and an event that no retry can help costs little. Cost:
    a query of the failed events, and what consumers do with those that are due.
    """
    at = now or this_second()
    settled = 0
    for event in events.failed():
        if event.retry_at and event.retry_at > at:
            continue
        left = {
            name
            for name, consumer in _consumers().items()
            if name in (event.untaken or ()) and _deliver(name, consumer, [event])
        }
        if left:
            events.put_off(event, untaken=left, retry_at=at + _pause(event, at))
        else:
            events.forget([event])
            settled += 1
    return settled


def made_anew(consumer: str, *, since: datetime) -> None:
    """Note that a consumer's data was rebuilt from the tickets after `since`.

    So it has effectively accepted each event that had failed by then.
    """
    for event in events.failed():
        if _written_at(event) >= since:
            continue
        left = set(event.untaken or ()) - {consumer}
        if left and event.retry_at:
            events.put_off(event, untaken=left, retry_at=event.retry_at)
        elif not left:
            events.forget([event])


def _settle(found: Sequence[OutboxEvent], each: Callable[[], object], now: datetime) -> int:
    untaken: dict[str, set[str]] = {}
    for name, consumer in _consumers().items():
        each()
        for event_id in _deliver(name, consumer, found):
            untaken.setdefault(event_id, set()).add(name)
    taken = [event for event in found if event.event_id not in untaken]
    events.forget(taken)
    for event in found:
        if event.event_id in untaken and now - _written_at(event) >= PATIENCE:
            events.set_aside(
                event, untaken=untaken[event.event_id], retry_at=now + _pause(event, now)
            )
    # One task takes what many requests have written: the line names them all.
    log.info(
        "events_taken",
        count=len(taken),
        left=len(untaken),
        ticket_ids=sorted({event.ticket_id for event in found}),
        request_ids=sorted({event.request_id for event in found if event.request_id}),
    )
    return len(taken)


def _written_at(event: OutboxEvent) -> datetime:
    """Return when an event was written: imported events happened long before."""
    return ULID.from_str(event.event_id).datetime


def _pause(event: OutboxEvent, now: datetime) -> timedelta:
    tenth = timedelta(seconds=(now - _written_at(event)) // timedelta(seconds=10))
    return min(max(tenth, SHORTEST_PAUSE), LONGEST_PAUSE)


def _deliver(name: str, consumer: Consumer, found: Sequence[OutboxEvent]) -> set[str]:
    """Deliver events to the consumer of this name; return the ids of those that failed.

    After a failure each event is delivered separately, so that one does not hold up the others.
    """
    try:
        with tracing.batch(f"outbox: {name}", map(_traced, found)):
            consumer(found)
    except Exception as error:
        if len(found) > 1:
            return set().union(*(_deliver(name, consumer, [event]) for event in found))
        event = found[0]
        log.exception(
            "event_not_taken",
            kind=event.kind,
            ticket_id=event.ticket_id,
            request_id=event.request_id,
            event_id=event.event_id,
            reason=type(error).__name__,
        )
        return {event.event_id}
    return set()


def _traced(event: OutboxEvent) -> tracing.Started:
    about = {"ticket_id": event.ticket_id, "event": event.kind}
    return tracing.Started(event.event_id, event.trace, about)


@cache
def _consumers() -> Mapping[str, Consumer]:
    return {name: import_string(path) for name, path in settings.OUTBOX_CONSUMERS.items()}
