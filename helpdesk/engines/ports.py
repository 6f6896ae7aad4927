"""Addresses on loopback, and whether a server answers there."""

import secrets
import socket
import time
from collections.abc import Callable
from typing import NamedTuple

WEB_HOST = "127.0.0.1"
"""Where people's browsers find the desk. The engines are elsewhere: see `hidden_address`."""


class NotAnswering(Exception):
    """Nothing answered in time, or the process that should have has ended."""


class Address(NamedTuple):
    """A host and a port on loopback."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def hidden_address() -> Address:
    """Return a free address, with a host drawn from all of 127.0.0.0/8.

    The embedded DynamoDB answers anybody, including web pages. A page in the developer's browser
    would have to try 16 million hosts times 28,000 ports. Where only 127.0.0.1 is loopback (macOS)
    that is the host.
    """
    number = secrets.randbelow(2**24 - 3) + 2  # neither the network, nor .1, nor broadcast
    drawn = f"127.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    try:
        return Address(drawn, _free_port(drawn))
    except OSError:
        return Address(WEB_HOST, _free_port(WEB_HOST))


def free_port() -> int:
    """Return a free port of WEB_HOST."""
    return _free_port(WEB_HOST)


def is_free(port: int) -> bool:
    """Return whether a server could listen on the port of WEB_HOST."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((WEB_HOST, port))
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


def accepts(address: Address) -> bool:
    """Return whether a server accepts connections there. Waits one second at most."""
    try:
        with socket.create_connection(address, timeout=1):
            return True
    except OSError:
        return False


def _free_port(host: str) -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])
