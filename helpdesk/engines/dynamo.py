"""The embedded DynamoDB engine: dynoxide, one static binary from npm."""

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen

from helpdesk.engines import ports, processes
from helpdesk.engines.ports import Address

BINARY = Path(__file__).parent / "node_modules/@dynoxide/linux-x64/dynoxide"
_ATTEMPTS = 5
_PATIENCE = 10.0  # seconds until it answers; it takes some 10 ms


class EngineUnavailable(Exception):
    """The engine is not available here; the message says what to do instead."""


def start(address: Address, *, file: Path | None = None, log: int = DEVNULL) -> "Popen[bytes]":
    """Start the engine at `address`, with its data in `file`, or in memory without one.

    Raises EngineUnavailable.
    """
    if not (sys.platform == "linux" and platform.machine() == "x86_64"):
        raise EngineUnavailable(
            "The embedded DynamoDB runs on 64-bit Linux (x86_64) only. "
            "Run your own DynamoDB and set DYNAMODB_ENDPOINT_URL."
        )
    if not BINARY.is_file():
        raise EngineUnavailable("The embedded DynamoDB is not installed. Run: make setup")
    command = [str(BINARY), "--host", address.host, "--port", str(address.port)]
    if file:
        command += ["--db-path", str(file)]
    return processes.start(command, stdout=log, stderr=log)


def url(address: Address) -> str:
    """Return the DYNAMODB_ENDPOINT_URL of an engine at `address`."""
    return f"http://{address}"


def wait_until_ready(engine: "Popen[bytes]", address: Address) -> None:
    """Wait until the engine answers. Raises ports.NotAnswering."""
    ports.wait_until(
        lambda: ports.accepts(address), alive=lambda: engine.poll() is None, seconds=_PATIENCE
    )


@contextmanager
def in_memory() -> Iterator[str]:
    """Run an empty engine in memory for the length of the block; yields its URL."""
    for attempt in range(1, _ATTEMPTS + 1):
        address = ports.hidden_address()
        engine = start(address)
        try:
            wait_until_ready(engine, address)
            break
        except ports.NotAnswering:
            # Another process took the address between the check and the start.
            processes.stop([engine], patience=1)
            if attempt == _ATTEMPTS:
                raise
    try:
        yield url(address)
    finally:
        processes.stop([engine], patience=2)
