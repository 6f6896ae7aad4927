"""Ports on 127.0.0.1."""

import socket
import time
from collections.abc import Callable

HOST = "127.0.0.1"


class NotAnswering(Exception):
    """Nothing answered in time, or the process that should have is gone."""


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def wait_until(answers: Callable[[], bool], *, alive: Callable[[], bool], seconds: float) -> None:
    """Poll `answers` until it is true. Raises NotAnswering after `seconds`, or when not `alive`."""
    deadline = time.monotonic() + seconds
    while not answers():
        if not alive():
            raise NotAnswering("the process ended")
        if time.monotonic() > deadline:
            raise NotAnswering(f"no answer within {seconds:g} s")
        time.sleep(0.005)


def accepts(port: int) -> bool:
    """Whether somebody listens on the port."""
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
