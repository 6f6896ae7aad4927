"""Escalation under kill -9, doubled tasks and doubled beats: each milestone once, none missing."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from helpdesk.engines import dynamo, ports, processes, redis

ROOT = Path(__file__).parents[2]
TICKETS = int(os.environ.get("CHAOS_TICKETS", "60"))
AHEAD = 8  # seconds until the last ticket's milestone
PATIENCE = 60 + TICKETS / 2  # seconds until all is done

pytestmark = pytest.mark.timeout(60 + 2 * PATIENCE)


class Fleet:
    """Engines, workers that die by themselves, and two beats over one folder."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = folder
        self.log = stack.enter_context((folder / "fleet.log").open("ab"))
        (folder / "mails").mkdir()
        at_dynamo, at_redis = ports.hidden_address(), ports.hidden_address()
        password = redis.new_password()
        engines = [
            dynamo.start(at_dynamo, file=folder / "dynamodb.sqlite3"),
            redis.start(at_redis, folder=folder / "redis", password=password),
        ]
        stack.callback(processes.stop, engines, patience=2)
        dynamo.wait_until_ready(engines[0], at_dynamo)
        redis.wait_until_ready(engines[1], at_redis)
        self.env = {
            **{
                name: value
                for name, value in os.environ.items()
                if name in ("PATH", "HOME", "LANG")
            },
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "DATA_DIR": str(folder),
            "MAIL_FOLDER": str(folder / "mails"),
            "DEBUG": "1",
            "LOG_LEVEL": "WARNING",
            "SECRET_KEY": "only for tests",
            "DYNAMODB_ENDPOINT_URL": dynamo.url(at_dynamo),
            "REDIS_URL": redis.url(at_redis, password),
            "SLA_SWEEP_SECONDS": "1",
            "TICKETS": str(TICKETS),
            "MILESTONES_AHEAD": str(AHEAD),
            "DIE_SHARE": "0.004",
        }
        self.processes: list[subprocess.Popen[bytes]] = []
        stack.callback(self.kill_all)

    def python(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env={**self.env, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2_000:]
        return done.stdout

    def celery(self, *words: str) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "tests.chaos.faulty", *words],
            cwd=ROOT,
            env=self.env,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def worker(self) -> "subprocess.Popen[bytes]":
        return self.celery(
            *("worker", "--concurrency", "2", "--without-gossip", "--without-mingle"),
            *("--without-heartbeat", "--loglevel", "ERROR", "-n", f"w{random.random()}@here"),
        )

    def beat(self) -> "subprocess.Popen[bytes]":
        return self.celery("beat", "--scheduler", "celery.beat:Scheduler", "--pidfile", "")

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """kill -9 of a worker with its children."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def end_of_log(self) -> str:
        return (self.folder / "fleet.log").read_text()[-2_000:]

    def kill_all(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)


def test_each_milestone_fires_once_whatever_dies(tmp_path, looked_at):
    chance = random.Random(11)
    with ExitStack() as stack:
        fleet = Fleet(tmp_path, stack)
        fleet.python("manage.py", "migrate", "--verbosity", "0")
        fleet.python("manage.py", "create_tables")
        fleet.python("tests/chaos/population.py", "populate")
        fleet.beat()
        fleet.beat()
        workers = [fleet.worker(), fleet.worker()]
        kills = 0
        calm_since = time.monotonic() + AHEAD + 8  # AHEAD after its ticket at the latest
        while time.monotonic() < calm_since:
            time.sleep(chance.uniform(0.5, 2.5))  # the moment of the next kill, not a wait
            place = chance.randrange(len(workers))
            fleet.kill(workers[place])
            workers[place] = fleet.worker()
            kills += 1
        until = time.time() + PATIENCE
        left = json.loads(
            fleet.python("tests/chaos/population.py", "settle", str(until)).splitlines()[-1]
        )
        assert not any(left.values()), f"not done: {left}; {fleet.end_of_log()}"
        fleet.kill_all()

        found = json.loads(fleet.python("tests/chaos/population.py", "inspect").splitlines()[-1])

        assert found["wrong"] == []
        assert found["fired"] >= TICKETS, "hardly a milestone passed: the test shows nothing"
        assert kills >= 2
        mailed: dict[tuple[str, str], int] = {}
        for path in (tmp_path / "mails").iterdir():
            for mail in path.read_text().split("-" * 79):
                to = re.search(r"^To: (.+)$", mail, re.MULTILINE)
                for line in re.findall(r"^#\d+ · .*$", mail, re.MULTILINE):
                    if to:
                        mailed[to[1], line] = mailed.get((to[1], line), 0) + 1
        assert mailed, "no mail went out"
        assert [once for once, times in mailed.items() if times > 1] == []
        deaths = (tmp_path / "fleet.log").read_text().count("signal 9")
        assert deaths, "no worker died by itself at the dangerous points"
        looked_at(
            f"{TICKETS:,} tickets, {found['fired']:,} milestones, each once; {kills} workers "
            f"killed, {deaths} deaths at dangerous points; {len(mailed):,} lines mailed, none twice"
        )
