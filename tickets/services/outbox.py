"""Pass on what happened.

Events are written with the change they tell of. A worker is told at once; if the broker is away,
or the worker dies, a sweep finds what was left. So every event is passed on at least once, and each
consumer must make a repeat harmless.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

import structlog
from celery import current_app
from django.conf import settings
from django.utils.module_loading import import_string
from kombu.exceptions import OperationalError

from helpdesk.dynamo.shards import shard_key
from tickets.store import access
from tickets.store.log import OUTBOX, OutboxEvent

log = structlog.get_logger(__name__)

BATCH = 100

Consumer = Callable[[OutboxEvent], object]

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


def nudge() -> None:
    """Tell a worker that something is in the outbox. Never raises: the sweep finds it anyway."""
    if _held_back.get():
        return
    try:
        current_app.send_task("tickets.pass_on")
    except (OperationalError, OSError) as error:
        log.warning("broker_away", reason=str(error))


def pass_on(*, limit: int = BATCH) -> int:
    """Give the oldest `limit` events to every consumer, and delete those that all have taken.

    Returns how many were taken. An event that a consumer fails on stays for the next time.
    """
    taken = 0
    for event in access.outbox(limit=limit):
        with structlog.contextvars.bound_contextvars(
            ticket_id=event.ticket_id, request_id=event.request_id, event_id=event.event_id
        ):
            try:
                for consumer in _consumers():
                    consumer(event)
            except Exception:
                log.exception("event_not_taken", kind=event.kind)
                continue
            event.delete()
            log.info("event_taken", kind=event.kind)
            taken += 1
    return taken


@cache
def _consumers() -> tuple[Consumer, ...]:
    return tuple(import_string(path) for path in settings.OUTBOX_CONSUMERS)
