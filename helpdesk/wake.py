"""Enqueue Celery tasks. No other code does.

A worker may be faster than the SQL transaction that writes what its task will read. So a task is
enqueued when the transaction has been committed, and never if it is rolled back.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def send(task: str, *args: Any, **options: Any) -> None:
    """Enqueue a task by its name after the commit, or at once outside a SQL transaction.

    `options` are those of Celery's `apply_async`, such as `countdown` and `expires` in seconds.
    Never raises if the broker is away: a periodic sweep finds what was left.
    """
    transaction.on_commit(partial(_send, task, args, options))


def send_once(mark: str, seconds: int, task: str, **options: Any) -> None:
    """As `send`, unless it was called with the same `mark` within the last `seconds`.

    The task may delete the mark when it begins, so that it can be enqueued again.
    """
    transaction.on_commit(lambda: _send_once(mark, seconds, lambda: _send(task, (), options)))


def _send_once(mark: str, seconds: int, sending: Callable[[], bool]) -> None:
    if cache.add(mark, True, seconds) and not sending():
        cache.delete(mark)


def _send(task: str, args: Sequence[Any], options: dict[str, Any]) -> bool:
    try:
        current_app.send_task(task, list(args), **options)
    except (OperationalError, OSError) as error:
        log.warning("broker_away", task=task, reason=type(error).__name__)
        return False
    return True
