"""The Celery app of workers that die, now and then, at the points where dying would hurt.

`kill -9` before a transaction, after it, before a notice is given, after it, before and after a mail.
"""

import os
import random
import signal
from functools import wraps

from helpdesk.celery import app  # noqa: F401 (what `celery -A tests.chaos.faulty` looks for)
from helpdesk.dynamo.transaction import Transaction

SHARE = float(os.environ["DIE_SHARE"])


def maybe_die() -> None:
    if random.random() < SHARE:
        os.kill(os.getpid(), signal.SIGKILL)


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
def also_notices(**_: object) -> None:
    from tickets.services import notices

    notices._give = around(notices._give)
    notices._mail = around(notices._mail)
