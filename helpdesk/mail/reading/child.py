"""The process that reads mail for `safely.py`: messages on its input, results on its output.

Started as `python -m helpdesk.mail.reading.child`. Each message and each result follows its length
in eight bytes. It ends when its input does, so it never outlives its parent.
"""

import pickle
import resource
import signal
import sys
from contextlib import suppress
from typing import BinaryIO

from helpdesk.mail.reading.message import Unreadable
from helpdesk.mail.reading.reader import read
from helpdesk.mail.reading.safely import LENGTH

PROCESSOR_SECONDS = 5
WALL_SECONDS = 60
MEMORY = 512 * 2**20


def main() -> None:
    """Read messages and write results until the input ends. Timers of the system end slow ones."""
    with suppress(ValueError):  # macOS has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal; the parent decides
    source, answers = sys.stdin.buffer, sys.stdout.buffer
    while header := source.read(LENGTH.size):
        raw = _whole(source, LENGTH.unpack(header)[0])
        signal.setitimer(signal.ITIMER_PROF, PROCESSOR_SECONDS)
        signal.setitimer(signal.ITIMER_REAL, WALL_SECONDS)
        answer = _answer(raw)
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        answers.write(LENGTH.pack(len(answer)))
        answers.write(answer)
        answers.flush()


def _whole(source: BinaryIO, length: int) -> bytes:
    raw = source.read(length)
    if len(raw) < length:
        sys.exit(0)  # the parent ended while it wrote
    return raw


def _answer(raw: bytes) -> bytes:
    try:
        return pickle.dumps(read(raw), protocol=5)
    except Unreadable as unreadable:
        return pickle.dumps((unreadable.reason, unreadable.where))
    except MemoryError:
        return pickle.dumps((Unreadable.TOO_LARGE, ""))


if __name__ == "__main__":
    main()
