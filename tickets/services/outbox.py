"""Pass on what happened.

Events are written with the change they tell of. A worker is told at once; if the broker is away,
or the worker dies, a sweep finds what was left. So every event is passed on at least once, and each
consumer must make a repeat harmless.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cache

import structlog
from django.conf import settings
from django.core.cache import cache as marks
from django.utils.module_loading import import_string

from helpdesk import wake
from helpdesk.dynamo.shards import shard_key
from tickets.store import access
from tickets.store.log import OUTBOX, OutboxEvent

log = structlog.get_logger(__name__)

BATCH = 100
STEP = 25
"""Events that are done with before the next are begun: what a worker that dies has to do again."""

ASKED = "outbox:asked"
ASKED_FOR = 5
"""Seconds in which a worker that was told of an event begins, or is taken to be dead."""

Consumer = Callable[[Sequence[OutboxEvent]], object]

_held_back: ContextVar[bool] = ContextVar("nudges_held_back", default=False)


def partition(ticket_id: str) -> str:
    """The outbox partition of a ticket's events."""
    return shard_key(OUTBOX, ticket_id)


@contextmanager
def one_nudge() -> Iterator[None]:
    """Tell a worker once, at the end, of everything that is written inside."""
    token = _held_back.set(True)
    try:
        yield
    finally:
        _held_back.reset(token)
        nudge()


def in_batch() -> bool:
    """Whether many changes are being written: what follows them does so once, for all."""
    return _held_back.get()


def nudge() -> None:
    """Tell a worker that something is in the outbox, unless one was told that has yet to begin.

    Never raises: the sweep finds it anyway.
    """
    if not _held_back.get():
        wake.send_once(ASKED, ASKED_FOR, "tickets.pass_on")


def is_asked() -> bool:
    """Whether somebody has nudged since `pass_on` last began."""
    return bool(marks.get(ASKED))


def oldest_at() -> datetime | None:
    """When the oldest event happened that some consumer has yet to take; None: none waits.

    Cost: one query a shard of the outbox, of one event.
    """
    return min((event.at for event in access.outbox(limit=1)), default=None)


def pass_on(*, limit: int = BATCH, each: Callable[[], object] = lambda: None) -> int:
    """Give the oldest `limit` events of each shard to every consumer; delete what all have taken.

    Calls `each` before each consumer's turn. Returns how many were taken. An event that a consumer
    fails on stays for the next time.
    """
    marks.delete(ASKED)  # first: what is written from here on may not be among what is read
    events = list(access.outbox(limit=limit))
    steps = (events[start : start + STEP] for start in range(0, len(events), STEP))
    return sum(_settle(step, each) for step in steps)


def _settle(events: Sequence[OutboxEvent], each: Callable[[], object]) -> int:
    left: set[str] = set()
    for consumer in _consumers():
        each()
        left |= _give(consumer, events)
    taken = [event for event in events if event.event_id not in left]
    access.forget_events(taken)
    # One task takes what many requests have written: the line names them all.
    log.info(
        "events_taken",
        count=len(taken),
        left=len(left),
        ticket_ids=sorted({event.ticket_id for event in events}),
        request_ids=sorted({event.request_id for event in events if event.request_id}),
    )
    return len(taken)


def _give(consumer: Consumer, events: Sequence[OutboxEvent]) -> set[str]:
    """Give events to a consumer; return the ids of those that it could not take.

    One that cannot be taken holds up no other: after a failure each is given by itself.
    """
    try:
        consumer(events)
    except Exception as error:
        if len(events) > 1:
            return set().union(*(_give(consumer, [event]) for event in events))
        event = events[0]
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


@cache
def _consumers() -> tuple[Consumer, ...]:
    return tuple(import_string(path) for path in settings.OUTBOX_CONSUMERS)
