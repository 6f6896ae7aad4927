"""Read messages in a child process that may crash: `read_safely`.

A process has one child, which is kept for the next message. The system ends it after five seconds
of processor time (not of waiting, so that a busy machine parks no message); it has 512 MB of
memory, and ends with its parent, because its input does. A forked process starts its own.
"""

import atexit
import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from enum import Enum, EnumMeta
from pathlib import Path
from typing import IO, Any

from helpdesk.mail.reading import message
from helpdesk.mail.reading.message import ReadMessage, Unreadable

LENGTH = struct.Struct(">Q")
"""The length before each message and each result."""

_ROOT = Path(__file__).parents[3]
_KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "LANG", "LC_ALL", "TZ")
_TIMES = {("datetime", name) for name in ("datetime", "timedelta", "timezone")}
_MOST_READ = 1_000
"""Mails after which a child is replaced, so that its memory stays small."""


def read_safely(raw: bytes) -> ReadMessage:
    """Return the message that `raw` is, read by a child process. Waits while another thread reads.

    Raises Unreadable, in words for a person, if it takes more than five seconds of processor time
    or 512 MB, or if reading has a fault.
    """
    return _reader.read(raw)


class _Reader:
    """The child of this process; started for the first message."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._read = 0

    def read(self, raw: bytes) -> ReadMessage:
        with self._lock:
            answer = self._answer(raw)
            self._read += 1
            if self._read >= _MOST_READ:
                self._end()
        if isinstance(answer, ReadMessage):
            return answer
        raise Unreadable(*answer)

    def _answer(self, raw: bytes) -> ReadMessage | tuple[str, str]:
        """Return the child's result; one that has died since the last message is replaced once."""
        for warm in (self._child is not None, False):
            try:
                answer: ReadMessage | tuple[str, str] = _Values(io.BytesIO(self._ask(raw))).load()
                return answer
            except (EOFError, BrokenPipeError, ConnectionError, pickle.UnpicklingError):
                died_of = self._end()
                if died_of in (signal.SIGPROF, signal.SIGALRM):
                    return Unreadable.TOO_SLOW, ""
                if not warm:
                    return Unreadable.CRASHED, ""
            except BaseException:  # an interrupted talk cannot go on
                self._end()
                raise
        return Unreadable.CRASHED, ""

    def _ask(self, raw: bytes) -> bytes:
        if self._child is None:
            self._child = _start()
            self._read = 0
        source, answers = self._child.stdin, self._child.stdout
        if not (source and answers):
            raise EOFError
        _write(source, LENGTH.pack(len(raw)))
        _write(source, raw)
        return _whole(answers, LENGTH.unpack(_whole(answers, LENGTH.size))[0])

    def _end(self) -> int:
        """End the child; return the signal that had killed it already, or 0."""
        child, self._child = self._child, None
        if child is None:
            return 0
        _close(child)
        try:
            code = child.wait(timeout=2)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
            code = 0
        return -code if code < 0 else 0

    def close(self) -> None:
        with self._lock:
            self._end()

    def forget(self) -> None:
        """After a fork: leave the child to the parent, and close its pipes here.

        Otherwise it would not end when the parent does.
        """
        child, self._child = self._child, None
        self._lock = threading.Lock()
        if child:
            child.returncode = 0  # not ours to wait for
            _close(child)


def _member(kind: Any, name: str) -> Enum:
    """Return a member of an enumeration, and nothing else of anything else."""
    member: Enum | None = kind.__members__.get(name) if isinstance(kind, EnumMeta) else None
    if member is None:
        raise pickle.UnpicklingError(f"{name} is no member of an enumeration")
    return member


class _Values(pickle.Unpickler):
    """Loads what a child says: the values of a message, and nothing that runs, since the mail that
    it reads may have taken it over. Raises UnpicklingError.
    """

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("builtins", "getattr"):  # how Python before 3.11.4 names a member
            return _member
        found = getattr(message, name, None) if module == message.__name__ else None
        is_value = isinstance(found, type) and found.__module__ == module
        if is_value or (module, name) in _TIMES:
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a message")


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "helpdesk.mail.reading.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,  # a forked process must not write what is left in a buffer
        cwd=_ROOT,
        # What reads strangers' mail knows none of our secrets.
        env={name: os.environ[name] for name in _KEPT if name in os.environ},
    )


def _write(source: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[source.write(view) :]


def _whole(answers: IO[bytes], length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        piece = answers.read(min(length - len(data), 2**20))
        if not piece:
            raise EOFError
        data += piece
    return bytes(data)


def _close(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe:
            pipe.close()


_reader = _Reader()
os.register_at_fork(after_in_child=_reader.forget)
atexit.register(_reader.close)
