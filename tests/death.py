"""Deaths as they happen: a process killed with -9, in which no `finally` runs, nothing is rolled
back and no lease is given up.

What it wrote stays: items, committed rows, files in folders. Its memory goes, and with it what
tests keep there: the cache, mail that was sent, files of a storage in memory. Tests that use this
need `@pytest.mark.django_db(transaction=True)`, since another process sees only what is committed.
"""

import gc
import os
import signal
import traceback
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

from django.db import connections

from helpdesk.dynamo.transaction import Transaction

MAIL_DEATHS = bool(os.environ.get("MAIL_DEATHS"))
MOST_DEATHS = 300
"""More, and what is tested does not come to an end."""


def die() -> NoReturn:
    """Kill this process, which is one that `dies_of_9` has made."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def dies_of_9(work: Callable[[], object]) -> bool:
    """Do `work` in a process of its own; return whether it was killed.

    `work` arms itself: it replaces what it likes by what calls `die`; the test's own process stays
    as it is. Raises AssertionError if it failed otherwise.
    """
    _close_databases()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:  # noqa: BLE001 (a child of the test that ends here)
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0, "the work failed"
    return os.WIFSIGNALED(status)


def _close_databases() -> None:
    """Close every connection of this process, those of threads that have ended included.

    A child that inherits an open one of SQLite believes that it holds that one's locks, and reads
    a file that its parent is writing ("file is not a database"). Raises AssertionError if a thread
    that still runs has one.
    """
    connections.close_all()
    if not _open_databases():
        return
    gc.collect()  # those of ended threads stand in cycles
    left = _open_databases()
    assert not left, f"a thread has {left} open: it must end before a child is forked"


def _open_databases() -> list[str]:
    """Return the files of SQLite that this process has open."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            path = str(descriptor.readlink())
        except FileNotFoundError:  # that of this listing itself
            continue
        if ".sqlite3" in path:
            found.append(path)
    return found


def at_call(owner: Any, name: str, place: int = 1, *, after: bool = False) -> None:
    """Let this process die at the call of that place, before it or after it."""
    real, places = getattr(owner, name), count(1)

    def dies(*given: Any, **more: Any) -> Any:
        here = next(places) == place
        if here and not after:
            die()
        answer = real(*given, **more)
        if here:
            die()
        return answer

    setattr(owner, name, dies)


def deaths_at(steps: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return each step with whether one dies after it: in turn before and after, or with
    MAIL_DEATHS both for each."""
    return [
        (*step, after)
        for place, step in enumerate(steps)
        for after in (False, True)
        if MAIL_DEATHS or after == bool(place % 2)
    ]


def die_until_done(
    work: Callable[[], object],
    *,
    then: Callable[[], object] = lambda: None,
    stride: int = 1,
) -> int:
    """Do `work` until it comes to its end, and return how often it died.

    It dies at its first transaction, the next time `stride` later, and so on: in turn after it is
    committed and before. `then` is called after each death.
    """
    for deaths in range(MOST_DEATHS):

        def armed(deaths: int = deaths) -> None:
            at_call(Transaction, "__exit__", 1 + stride * deaths, after=deaths % 2 == 0)
            work()

        if not dies_of_9(armed):
            return deaths
        then()
    raise AssertionError(f"not done after {MOST_DEATHS} deaths")
