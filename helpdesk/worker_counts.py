"""What workers ask of DynamoDB, for /metrics: they tell Redis, since Prometheus asks web processes.

Each process adds what it has counted since it last did, after a task and every five minutes at
most. If Redis is emptied the counts begin again; a process that is killed takes the last five
minutes along.
"""

import time
from collections.abc import Iterator
from threading import Lock

import redis
import structlog
from django.conf import settings
from prometheus_client.core import CounterMetricFamily

from helpdesk.dynamo import observed
from helpdesk.log_redaction import kind_of

log = structlog.get_logger(__name__)

EVERY = 300
"""Seconds between two times that a process tells what it has counted."""
PATIENCE = 2
"""Seconds for Redis to answer."""
_KEY = "counts:dynamodb"
_OURS = {
    "helpdesk_dynamodb_requests_total": "helpdesk_worker_dynamodb_requests",
    "helpdesk_dynamodb_capacity_units_total": "helpdesk_worker_dynamodb_capacity_units",
}
"""What is counted in this process, and what it is called of all workers."""

_lock = Lock()
_told: dict[str, float] = {}
_told_at = 0.0


def tell(*, at: float | None = None) -> None:
    """Add to Redis what was counted since the last time, unless that was a moment ago.

    `at` is in seconds of time.monotonic. Cost: one request in EVERY seconds. Never raises.
    """
    global _told, _told_at
    now = time.monotonic() if at is None else at
    with _lock:
        if _told_at and now - _told_at < EVERY:
            return
        _told_at = now
        counted = dict(_counted())
        try:
            with _redis() as server, server.pipeline(transaction=True) as request:
                for field, value in counted.items():
                    if more := value - _told.get(field, 0.0):
                        request.hincrbyfloat(_KEY, field, more)
                request.execute()
        except redis.RedisError as error:
            log.warning("counts_not_told", reason=kind_of(error))
        else:
            _told = counted


def families() -> Iterator[CounterMetricFamily]:
    """Yield what all workers have counted. Raises RedisError. Cost: a command to Redis."""
    with _redis() as server:
        found = {name.decode(): float(value) for name, value in server.hgetall(_KEY).items()}
    for name in _OURS.values():
        family = CounterMetricFamily(
            name, "Of workers, by access path and operation.", labels=["path", "operation"]
        )
        for field, value in sorted(found.items()):
            metric, path, operation = field.split("|")
            if metric == name:
                family.add_metric([path, operation], value)
        yield family


def _counted() -> Iterator[tuple[str, float]]:
    for family in observed.registry.collect():
        for sample in family.samples:
            if name := _OURS.get(sample.name):
                labels = sample.labels
                yield f"{name}|{labels['path']}|{labels['operation']}", sample.value


def _redis() -> "redis.Redis":
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=PATIENCE, socket_timeout=PATIENCE
    )
