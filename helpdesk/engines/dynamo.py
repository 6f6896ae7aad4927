"""The embedded DynamoDB engine: dynoxide, one static binary from npm."""

import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL, Popen

from helpdesk.engines import ports, processes

BINARY = Path(__file__).parent / "node_modules/@dynoxide/linux-x64/dynoxide"
_ATTEMPTS = 5
_PATIENCE = 10.0  # seconds until it answers; it takes some 10 ms


class EngineUnavailable(Exception):
    """The engine cannot be had here; the message says what to do instead."""


def start(port: int, *, file: Path | None = None, log: int = DEVNULL) -> "Popen[bytes]":
    """Start the engine on `port`, with its data in `file`, or in memory without one.

    Raises EngineUnavailable.
    """
    if not (sys.platform == "linux" and platform.machine() == "x86_64"):
        raise EngineUnavailable(
            "The embedded DynamoDB runs on 64-bit Linux (x86_64) only. "
            "Start a DynamoDB of your own and set DYNAMODB_ENDPOINT_URL."
        )
    if not BINARY.is_file():
        raise EngineUnavailable("The embedded DynamoDB is not installed. Run: make setup")
    command = [str(BINARY), "--host", ports.HOST, "--port", str(port)]
    if file:
        command += ["--db-path", str(file)]
    return processes.start(command, stdout=log, stderr=log)


def wait_until_ready(engine: "Popen[bytes]", port: int) -> None:
    """Raises ports.NotAnswering."""
    ports.wait_until(
        lambda: ports.accepts(port), alive=lambda: engine.poll() is None, seconds=_PATIENCE
    )


@contextmanager
def in_memory() -> Iterator[str]:
    """An engine with nothing in it, for as long as the block lasts; gives its URL."""
    for attempt in range(1, _ATTEMPTS + 1):
        port = ports.free_port()
        engine = start(port)
        try:
            wait_until_ready(engine, port)
            break
        except ports.NotAnswering:
            # Somebody took the port between the look and the start.
            processes.stop([engine], patience=1)
            if attempt == _ATTEMPTS:
                raise
    try:
        yield f"http://{ports.HOST}:{port}"
    finally:
        processes.stop([engine], patience=2)
