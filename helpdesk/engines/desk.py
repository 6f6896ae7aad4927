"""`make run`: start and supervise every part of the desk.

Engines first, then migrations, tables and demo data, then web, worker and beat; the URL is
printed when /readyz says so. Ctrl-C stops them in the opposite order. A part that ends is started
again, after a pause that grows while it keeps failing; the others go on serving. All are child
processes in this process's group, which the kernel kills with it, so that even `kill -9` leaves
nothing behind. Why not an existing manager: docs/decisions/0001.
"""

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from helpdesk.engines import dynamo, ports, processes, redis

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 6.0  # seconds for a part to end by itself
READY_WITHIN = 60.0  # seconds until /readyz answers
PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds before a part that died is started again, by how often it died lately."""
STEADY = 10.0  # seconds of running after which the next pause is a short one again
TOO_OFTEN = 5  # failures after which a line explains the growing pause
DEMO = "Demo accounts (password demo): rep, rep2, supervisor, admin"


class CannotRun(Exception):
    """The desk cannot run here. The message is one line that says what to do."""


@dataclass
class Part:
    """A program of the desk, restarted when it ends."""

    name: str
    start: Callable[[int], "subprocess.Popen[bytes]"]
    """Called with the file descriptor for its output."""
    process: "subprocess.Popen[bytes] | None" = None
    deaths: int = 0
    """How often it died without having run for STEADY seconds in between."""
    began_at: float = 0.0
    again_at: float | None = None
    """When it is to be started again, in seconds of time.monotonic; None while it runs."""

    def begin(self) -> "subprocess.Popen[bytes]":
        self.began_at, self.again_at = time.monotonic(), None
        read, write = os.pipe()
        try:
            self.process = self.start(write)
        finally:
            os.close(write)
        threading.Thread(
            target=_relay, args=(self.name, os.fdopen(read, "rb")), daemon=True
        ).start()
        return self.process

    @property
    def died(self) -> bool:
        """Whether the process has ended and its restart is not planned yet."""
        return (
            self.process is not None and self.again_at is None and self.process.poll() is not None
        )


def run() -> int:
    """Run the desk until Ctrl-C. Returns the exit status."""
    try:
        return Desk(
            data=Path(os.environ.get("DATA_DIR") or ROOT / ".data").resolve(),
            port=_port(os.environ.get("PORT") or "8000"),
        ).run()
    except (CannotRun, dynamo.EngineUnavailable, ports.NotAnswering) as error:
        print(f"helpdesk: {error}", file=sys.stderr)
        return 1


class Desk:
    """The parts of one desk, over the data in one folder."""

    def __init__(self, *, data: Path, port: int) -> None:
        self.data = data
        self.port = port
        self.metrics = data / "metrics"
        self.env = {
            **os.environ,
            "DATA_DIR": str(data),
            "HELPDESK_LAPTOP": "1",
            "PYTHONUNBUFFERED": "1",
            "DESK_URL": os.environ.get("DESK_URL") or f"http://{ports.WEB_HOST}:{port}",
        }
        self.wanted = data / "parts"
        """A part in `optional` runs while a file of its name is in here: helpdesk/parts.py."""
        self.engines: list[Part] = []
        self.programs: list[Part] = []
        self.optional: list[Part] = []
        self.stopping = threading.Event()

    def run(self) -> int:
        if not ports.is_free(self.port):
            raise CannotRun(
                f"port {self.port} is taken. Choose another one: PORT={self.port + 1} make run"
            )
        make_private(self.data)
        with (self.data / "desk.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise CannotRun(
                    f"another Helpdesk is running on the data in {self.data}. "
                    "Stop it, or choose other data: DATA_DIR=… make run"
                ) from None
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._asked_to_stop)
            try:
                self._start()
                self._watch()
            finally:
                self._stop()
        return 0

    def _start(self) -> None:
        for of_earlier_start in (self.metrics, self.wanted):
            shutil.rmtree(of_earlier_start, ignore_errors=True)
            of_earlier_start.mkdir()
        smtp = ports.Address(ports.WEB_HOST, ports.free_port())
        urls = {"PARTS_FOLDER": str(self.wanted), "DEVELOPMENT_SMTP_PORT": str(smtp.port)}
        if not os.environ.get("DYNAMODB_ENDPOINT_URL"):
            dynamo_address = ports.hidden_address()
            file = self.data / "dynamodb.sqlite3"
            part = Part("dynamodb", lambda log: dynamo.start(dynamo_address, file=file, log=log))
            self.engines.append(part)
            dynamo.wait_until_ready(part.begin(), dynamo_address)
            urls["DYNAMODB_ENDPOINT_URL"] = dynamo.url(dynamo_address)
        if not os.environ.get("REDIS_URL"):
            redis_address, password = ports.hidden_address(), redis.new_password()
            folder = self.data / "redis"
            part = Part(
                "redis",
                lambda log: redis.start(redis_address, folder=folder, password=password, log=log),
            )
            self.engines.append(part)
            redis.wait_until_ready(part.begin(), redis_address)
            urls["REDIS_URL"] = redis.url(redis_address, password)
        self._publish(urls)
        self._set_up()
        self.programs = self._always_there()
        self.optional = [
            self._program("smtp", sys.executable, "manage.py", "development_smtp"),
            self._program("mailroom", sys.executable, "manage.py", "mailroom"),
        ]
        self._look_for_optional()
        for program in self.programs:
            program.begin()
        web = self.programs[0].process
        assert web is not None  # noqa: S101 (it was started above)
        address = f"http://{ports.WEB_HOST}:{self.port}/"
        ports.wait_until(
            lambda: self.stopping.is_set() or _is_ready(address),
            alive=lambda: web.poll() is None,
            seconds=READY_WITHIN,
        )
        if not self.stopping.is_set():
            print(f"\nHelpdesk is ready: {address}\n{DEMO}", flush=True)
            if any(part.name == "smtp" for part in self.programs):
                print(f"Write to the desk by SMTP: {smtp}; its own mail: {address}mailbox/")
            print("Ctrl-C stops it.\n", flush=True)

    def _always_there(self) -> list[Part]:
        python = sys.executable
        return [
            self._program(
                "web",
                *(
                    python,
                    "-m",
                    "gunicorn",
                    "helpdesk.wsgi:application",
                    "--config",
                    str(ROOT / "gunicorn.conf.py"),
                ),
                *("--workers", "2", "--threads", "4", "--bind", f"{ports.WEB_HOST}:{self.port}"),
                *("--graceful-timeout", "3", "--log-level", "warning"),
            ),
            self._worker("worker", "sla,celery", "--concurrency", "2"),
            # What waits for others, and what takes long: in threads of one process.
            self._worker("jobs", "mail,webhooks,jobs", "--concurrency", "6", "--pool", "threads"),
            self._program(
                "beat",
                *(python, "-m", "celery", "-A", "helpdesk", "beat", "--loglevel", "WARNING"),
                # In memory: periods count from the start, and no file can be left half written.
                *("--scheduler", "celery.beat:Scheduler", "--pidfile", ""),
            ),
        ]

    def _program(self, name: str, *command: str) -> Part:
        return Part(
            name,
            lambda log: processes.start(
                command, env=self.env, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT
            ),
        )

    def _worker(self, name: str, queues: str, *options: str) -> Part:
        return self._program(
            name,
            *(sys.executable, "-m", "celery", "-A", "helpdesk", "worker", "--queues", queues),
            *("--hostname", f"{name}@%h", "--loglevel", "WARNING", *options),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        )

    def _publish(self, urls: dict[str, str]) -> None:
        """Write the file that tells manage.py where the engines are. It exists while they run."""
        self.env |= urls
        written = self.data / "engines.env.new"
        written.write_text("".join(f"{name}={value}\n" for name, value in urls.items()))
        written.replace(self.data / "engines.env")

    def _set_up(self) -> None:
        part = self._program("setup", sys.executable, "manage.py", "setup_desk")
        process = part.begin()
        while process.poll() is None and not self.stopping.is_set():
            time.sleep(0.02)
        if self.stopping.is_set():
            processes.stop([process], patience=PATIENCE)
        elif process.returncode:
            raise CannotRun("setup failed; see the messages above")

    def _watch(self) -> None:
        while not self.stopping.wait(0.25):
            self._look_for_optional()
            for part in (*self.engines, *self.programs):
                self._look_after(part, time.monotonic())

    def _look_for_optional(self) -> None:
        """Start the optional parts that are wanted, and stop those that no longer are."""
        for part in self.optional:
            wanted, there = (self.wanted / part.name).exists(), part in self.programs
            if wanted and not there:
                part.again_at = 0.0  # at once
                self.programs.append(part)
            elif there and not wanted:
                self.programs.remove(part)
                if part.process:
                    processes.stop([part.process], patience=PATIENCE)

    def _look_after(self, part: Part, now: float) -> None:
        """Restart a part that has ended, after its pause."""
        if part.died:
            part.deaths = 1 if now - part.began_at >= STEADY else part.deaths + 1
            pause = PAUSES[min(part.deaths, len(PAUSES)) - 1]
            part.again_at = now + pause
            print(_what_is_done(part, pause), flush=True)
        elif part.again_at is not None and part.again_at <= now:
            try:
                part.begin()
            except (OSError, dynamo.EngineUnavailable) as error:
                part.again_at = now + PAUSES[-1]
                print(f"{part.name} cannot be started: {error}", flush=True)

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping.set()

    def _stop(self) -> None:
        # A second Ctrl-C must not leave anything behind.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for parts in (self.programs, self.engines):
            processes.stop([part.process for part in parts if part.process], patience=PATIENCE)
        (self.data / "engines.env").unlink(missing_ok=True)


def make_private(folder: Path) -> None:
    """Create `folder` if it is missing, with access for its owner only. Raises CannotRun."""
    os.umask(0o077)  # of this process, and so of every part
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_mode & stat.S_ISVTX:
            raise CannotRun(f"{folder} is shared by all users. Choose a folder of its own")
        folder.chmod(0o700)
        for pattern in ("*.sqlite3*", "*.env", "desk.lock"):  # as an earlier release left them
            for file in folder.glob(pattern):
                file.chmod(0o600)
    except OSError as error:
        raise CannotRun(f"{error.filename}: {error.strerror}. Is the folder yours?") from error


def _what_is_done(part: Part, pause: float) -> str:
    if part.deaths < TOO_OFTEN:
        return f"{part.name} ended; starting it again in {pause:g} s"
    return (
        f"{part.name} ended {part.deaths} times in a row; the lines above say why. The other "
        f"processes keep running; starting {part.name} again in {pause:g} s"
    )


def _port(text: str) -> int:
    if not (text.isdecimal() and 0 < int(text) < 65_536):
        raise CannotRun(f"PORT={text} is not a port. Choose one from 1024 to 65535")
    return int(text)


def _is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}readyz", timeout=5) as answer:  # noqa: S310
            return int(answer.status) == 200
    except (urllib.error.URLError, OSError):
        return False


def _relay(name: str, output: IO[bytes]) -> None:
    """Print a part's lines, each with the part's name in front."""
    with output:
        for line in output:
            text = line.decode(errors="replace").rstrip()
            sys.stdout.write(f"{name:>8} | {text}\n")
            sys.stdout.flush()
