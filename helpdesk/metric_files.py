"""The files in which web processes share their counts: PROMETHEUS_MULTIPROC_DIR.

prometheus_client maps a file of each process into memory and makes it larger without asking for
the space. On a full disk the next count is then a SIGBUS, which ends the process. So the file is
made here first, with all of its space; where that fails, the process serves without counting.
"""

import os
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import structlog

from helpdesk.log_redaction import kind_of

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

log = structlog.get_logger(__name__)

SIZE = 4 * 1024 * 1024
"""Bytes of each of a process's files, which never grow."""
KINDS = ("histogram", "counter")
"""Kinds of counts that are shared; each has a file."""
MOST_SERIES = 800
"""Different pages, methods and statuses that a process counts: with their buckets up to 5 kB."""

_ready_in = 0
"""The process that has its file; a forked one needs its own."""
_failed_in = 0
_lock = Lock()


def choose(data: Path) -> None:
    """Let web processes share their counts. Call it before prometheus_client is imported."""
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(data / "metrics"))


def folder() -> Path | None:
    """Return where the files are; None in a process that counts for itself."""
    text = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    return Path(text) if text else None


def are_ready() -> bool:
    """Return whether this process can count. Makes the folder and its file if they are missing."""
    place, pid = folder(), os.getpid()
    if place is None or _ready_in == pid:
        return True
    with _lock:  # a second thread must not replace the file of the first
        return _ready_in == pid or _make_ready(place, pid)


def of_all_processes() -> "CollectorRegistry | None":
    """Return what all processes have counted; None if this one counts for itself."""
    place = folder()
    if place is None:
        return None
    from prometheus_client import CollectorRegistry
    from prometheus_client.multiprocess import MultiProcessCollector

    registry = CollectorRegistry()
    if place.is_dir():
        MultiProcessCollector(registry, path=str(place))
    return registry


def forget_earlier() -> None:
    """Remove the files of an earlier start. To be called when the first process starts."""
    place = folder()
    if place is not None:
        for file in place.glob("*.db"):
            file.unlink(missing_ok=True)


def _make_ready(place: Path, pid: int) -> bool:
    global _ready_in, _failed_in
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        for kind in KINDS:
            _allocate(place / f"{kind}_{pid}.db")
    except OSError as error:
        if _failed_in != pid:
            log.error("metrics_not_counted", folder=str(place), reason=kind_of(error))
        _failed_in = pid
        return False
    _ready_in = pid
    return True


def _allocate(file: Path) -> None:
    """Make a file of zeros whose every byte has its place on the disk. Raises OSError."""
    unfinished = file.with_suffix(".new")
    try:
        with unfinished.open("wb") as opened:
            os.posix_fallocate(opened.fileno(), 0, SIZE)
        unfinished.replace(file)  # also of an earlier process with the same number
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
