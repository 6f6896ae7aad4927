"""A desk with the settings of production, and the processor time that each of its processes takes."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.chaos.desk import ROOT, RunningDesk

HOST = "desk.example"
BEHIND_A_PROXY = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
"""Headers as of a proxy with TLS on the same machine."""

PROCESSES = {
    "web": ("web",),
    "worker": ("worker", "jobs"),
    "beat": ("beat",),
    "engine": ("dynamodb",),
    "redis": ("redis",),
}
"""The parts of a desk, by the name under which their processor time is counted."""

Milliseconds = dict[str, float]
"""Of processor time, for each of PROCESSES."""

TICK = 1_000 / os.sysconf("SC_CLK_TCK")
SETTLES = 10
"""Seconds after the start until what it left to do is done."""
NOTICED = 20
"""Milliseconds more than idle in a second, from which on a worker is at work."""


class ProductionDesk(RunningDesk):
    """The processes of docs/deploy.md with DEBUG off, as a proxy on the same machine meets them.

    Two gunicorn workers of four threads, two worker processes, one for mail and jobs, beat, the
    embedded engine on a file, Redis, and SQLite, or the database that `database` names.
    """

    def __init__(self, data: Path, *, database: str = "", **env: str) -> None:
        super().__init__(
            data,
            **{
                "DJANGO_SETTINGS_MODULE": "tests.bench.settings",
                "DEBUG": "0",
                "SECRET_KEY": secrets.token_urlsafe(60),
                "ALLOWED_HOSTS": HOST,
                "CSRF_TRUSTED_ORIGINS": f"https://{HOST}",
                "BEHIND_PROXY": "1",
                "TRUSTED_PROXIES": "127.0.0.1",
                "AWS_ACCESS_KEY_ID": "none",
                "AWS_SECRET_ACCESS_KEY": "none",
                "API_REQUESTS_PER_MINUTE": "0",
                "LOG_LEVEL": "WARNING",
                **({"DATABASE_URL": database} if database else {}),
                **env,
            },
        )

    def start(self) -> None:
        self.manage("collectstatic", "--no-input", "-v0")
        super().start()
        written = (self.data / "engines.env").read_text().splitlines()
        self.env |= dict(line.split("=", 1) for line in written)
        time.sleep(SETTLES)
        self.idle = self._used_a_second(15)

    def inside(self, what: str, *words: object) -> Any:
        """Run a part of measure.py in a process of its own; return what it prints."""
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.measure", what, *map(str, words)],
            cwd=ROOT,
            env=self.env,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(done.stdout.splitlines()[-1])

    def used(self) -> Milliseconds:
        """Return what each part has used since it began."""
        parts = self.parts()
        return {
            name: sum(_of_process(pid) for part in names for pid in parts[part])
            for name, names in PROCESSES.items()
        }

    def spent(self, on: Callable[[], object]) -> Milliseconds:
        """Return what the desk uses for a call of `on` and for what it leaves to do, beyond what it
        uses in that time anyway."""
        before, began = self.used(), time.monotonic()
        on()
        self.rest()
        after, took = self.used(), time.monotonic() - began
        return {
            name: max(after[name] - before[name] - took * self.idle[name], 0) for name in before
        }

    def rest(self, patience: float = 600) -> float:
        """Wait until the workers are idle for three seconds; return for how long they were not.

        Asks the desk nothing, since that would be work, too.
        """
        began, quiet = time.monotonic(), 0
        while quiet < 3:
            assert time.monotonic() - began < patience, "the desk does not come to rest"
            now = self._used_a_second(1)
            busy = now["worker"] > self.idle["worker"] + NOTICED
            quiet = 0 if busy else quiet + 1
        return time.monotonic() - began - 3

    def _used_a_second(self, seconds: float) -> Milliseconds:
        before, began = self.used(), time.monotonic()
        time.sleep(seconds)
        after, took = self.used(), time.monotonic() - began
        return {name: (after[name] - before[name]) / took for name in before}


def _of_process(pid: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK
    return 0
