"""A limit for a whole conversation over a connection.

The timeout of a socket begins again with every byte, so a server that sends one byte a second would
never time out.
"""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class TimeLimit:
    """Closes the connection when the time is over, whatever it waits for then."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._timer: threading.Timer | None = None
        self._line: socket.socket | None = None
        self.over = False

    def watch(self, line: socket.socket) -> None:
        """Begin to watch a connection. Does nothing if one is watched already."""
        if self._line is not None:
            return
        # A socket of its own to the same line: TLS takes the first one's away while it greets.
        self._line = socket.fromfd(line.fileno(), line.family, line.type)
        self._timer = threading.Timer(max(0, self._until - time.monotonic()), self._hang_up)
        self._timer.daemon = True
        self._timer.start()

    def end(self) -> None:
        if self._timer is not None and self._line is not None:
            self._timer.cancel()
            self._timer.join()  # the descriptor may belong to another connection by then
            self._line.close()

    def _hang_up(self) -> None:
        self.over = True
        with suppress(OSError):  # the other side was quicker
            if self._line is not None:
                self._line.shutdown(socket.SHUT_RDWR)


@contextmanager
def time_limit(seconds: float) -> Iterator[TimeLimit]:
    """Limit a conversation to so many seconds, from now on."""
    limit = TimeLimit(seconds)
    try:
        yield limit
    finally:
        limit.end()
