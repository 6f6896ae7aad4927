"""The Celery app of workers that die, now and then, at the points where dying would hurt.

`kill -9` before a transaction and after it, before and after a notification is stored, or mailed.
"""

import os
import random
import signal
from functools import wraps
from itertools import count
from pathlib import Path

from helpdesk.celery import app
from helpdesk.dynamo.transaction import Transaction

SHARE = float(os.environ["DIE_SHARE"])
CERTAIN = 40
"""At its so manieth dangerous point a process dies if none has yet: a short run has few."""

_passed = count(1)


def maybe_die() -> None:
    if random.random() < SHARE or (next(_passed) == CERTAIN and _is_first()):
        os.kill(os.getpid(), signal.SIGKILL)


def _is_first() -> bool:
    try:
        (Path(os.environ["DATA_DIR"]) / "one-has-died").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def around(function):
    @wraps(function)
    def dangerous(*args, **kwargs):
        maybe_die()
        answer = function(*args, **kwargs)
        maybe_die()
        return answer

    return dangerous


Transaction.__exit__ = around(Transaction.__exit__)


@app.on_after_finalize.connect
def also_notifications(**_: object) -> None:
    from helpdesk.mail import delivery
    from tickets.services.delivery import notifications

    notifications._store = around(notifications._store)
    delivery._send = around(delivery._send)
