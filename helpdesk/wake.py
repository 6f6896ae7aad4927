"""Tell workers that there is something to do. Nothing else sends a task.

What a task will read may be written in a SQL transaction that is still open: a worker is quicker
than its commit, and finds nothing, or what was there before. So a task goes out when the
transaction has been committed, and never if it is rolled back.
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
    """Send a task by its name after the commit; at once where no SQL transaction is open.

    `options` are those of Celery's `apply_async`, such as `countdown` and `expires` in seconds.
    Never raises for a broker that is away: for everything that is sent a sweep of beat finds what
    was left.
    """
    transaction.on_commit(partial(_send, task, args, options))


def send_once(mark: str, seconds: int, task: str, **options: Any) -> None:
    """As `send`, unless somebody has in the last `seconds` under the same `mark` of the cache.

    Whoever begins the task may delete the mark before, so that it is sent anew.
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
