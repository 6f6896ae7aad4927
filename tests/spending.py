"""What a piece of code spends of DynamoDB, SQL, Redis and Celery: real engines, but no worker."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from celery import current_app
from django.core.cache import cache
from django.db import connection
from kombu import Connection
from redis.connection import Connection as RedisConnection

from helpdesk import wake
from helpdesk.dynamo import capacity
from helpdesk.engines import ports, processes, redis

ROLL_UP_ASKED = "reporting:asked"


class Spent(NamedTuple):
    """What an operation may spend, or has spent."""

    requests: float = 0
    units: float = 0
    statements: float = 0
    redis: float = 0
    """Round trips: commands that are sent together are one."""
    tasks: float = 0
    """Enqueued; each is some of the round trips, too."""

    def each(self, count: int) -> "Spent":
        """Return a share of what `count` operations have spent together."""
        return Spent(*(figure / count for figure in self))


@dataclass
class Till:
    """Counts what is spent in this process, and keeps the tasks that are enqueued meanwhile."""

    statements: int = 0
    trips: int = 0
    tasks: int = 0
    left: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    """Names and arguments of tasks that nobody has done yet."""

    def spent(self, on: Callable[[], object]) -> Spent:
        """Return what a call of `on` spends."""
        before = (self.statements, self.trips, self.tasks)
        with capacity.counting() as used, connection.execute_wrapper(self._statement):
            on()
        after = (self.statements, self.trips, self.tasks)
        others = (now - then for then, now in zip(before, after, strict=True))
        return Spent(used.requests, used.capacity, *others)

    def work(self) -> None:
        """Do all tasks that are enqueued, and those that follow, as a worker does.

        How it takes them from the queue is not in it. A task that waits a second for more of its
        kind has waited: the mark that it is enqueued is gone.
        """
        while self.left:
            name, args = self.left.pop(0)
            current_app.tasks[name](*args)
        cache.delete(ROLL_UP_ASKED)

    def _statement(self, execute: Callable[..., Any], *given: Any) -> Any:
        self.statements += 1
        return execute(*given)


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """Yield the address of a Redis of our own."""
    address, password = ports.hidden_address(), redis.new_password()
    engine = redis.start(address, folder=folder, password=password)
    try:
        redis.wait_until_ready(engine, address)
        yield redis.url(address, password)
    finally:
        processes.stop([engine], patience=5)


@contextmanager
def counted(url: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    """Yield a till of this process, whose cache and broker are the Redis at `url`."""
    till = Till()
    sent = RedisConnection.send_packed_command

    def send(self: RedisConnection, command: Any, check_health: bool = True) -> None:
        till.trips += 1
        sent(self, command, check_health)

    def enqueue(task: str, args: Any, options: dict[str, Any]) -> bool:
        till.tasks += 1
        till.left.append((task, tuple(args)))
        current_app.send_task(task, list(args), connection=broker, **options)
        return True

    monkeypatch.setattr(RedisConnection, "send_packed_command", send)
    monkeypatch.setattr(wake, "_send", enqueue)
    settings.CACHES = {
        "default": {
            "BACKEND": "helpdesk.cache.ForgetfulCache",
            "LOCATION": url,
            "OPTIONS": {"serializer": "helpdesk.cache.JsonSerializer"},
        }
    }
    current_app.loader.import_default_modules()
    with Connection(url) as broker:
        yield till
