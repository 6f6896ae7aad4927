"""Child processes that end with their parent, even if it is killed."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

_PR_SET_PDEATHSIG = 1


def start(
    command: Sequence[str], *, env: Mapping[str, str] | None = None, **more: Any
) -> "subprocess.Popen[bytes]":
    """Start `command` in this process's group; the kernel kills it when this process ends.

    Only Linux does; elsewhere a killed parent leaves its children behind.
    """
    return subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, preexec_fn=_die_with(os.getpid()), **more
    )


def stop(processes: Sequence["subprocess.Popen[bytes]"], *, patience: float) -> None:
    """Terminate all of them, and kill those that are still running after `patience` seconds."""
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _die_with(parent: int) -> Any:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return prepare
