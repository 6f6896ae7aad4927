"""A whole desk in a process group of its own, to be killed."""

import http.cookiejar
import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from helpdesk.engines import ports

PARTS = {
    "dynamodb": ("dynoxide", "--port"),
    "redis": ("valkey-server",),
    "web": ("gunicorn", "helpdesk.wsgi"),
    "worker": ("celery", " worker ", "worker@"),
    "jobs": ("celery", " worker ", "jobs@"),
    "beat": ("celery", " beat "),
    "smtp": ("manage.py", "development_smtp"),
}
ROOT = Path(__file__).parents[2]
STARTS_WITHIN = 150  # seconds, with demo data and on a machine that others use


class RunningDesk:
    """`make run` without make, over the data in `data`, in development."""

    def __init__(self, data: Path, **env: str) -> None:
        self.data = data
        self.port = ports.free_port()
        self.env = {
            **{
                name: value
                for name, value in os.environ.items()
                if name in ("PATH", "HOME", "LANG")
            },
            "DATA_DIR": str(data),
            "PORT": str(self.port),
            "DEBUG": "1",
            "SECRET_KEY": "only for tests",
            **env,
        }

    def start(self) -> None:
        self.log = (self.data / "desk.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "helpdesk.engines"],
            cwd=ROOT,
            env=self.env,
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
        )
        try:
            ports.wait_until(
                self._ready, alive=lambda: self.process.poll() is None, seconds=STARTS_WITHIN
            )
        except ports.NotAnswering:
            self.kill()  # nobody else would
            raise

    def refused(self) -> str:
        """Start a desk that cannot run; return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", "helpdesk.engines"],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 1, done.stdout
        return done.stderr

    def kill(self) -> None:
        """kill -9 of the whole group, engines included."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.close()

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.killpg(self.process.pid, signal.SIGINT)
        self.process.wait(timeout=30)
        self.log.close()

    def left_behind(self) -> list[int]:
        """Processes that still belong to this desk, once the kernel has had a moment."""
        deadline = time.monotonic() + 5
        while (found := self.processes()) and time.monotonic() < deadline:
            time.sleep(0.02)
        return found

    def manage(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def python(self, *words: str) -> str:
        """Run a program of the tests inside this desk's environment, engines included."""
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env={
                "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
                **self.env,
                "LOG_LEVEL": "ERROR",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
        return done.stdout

    def parts(self, known: Mapping[str, tuple[str, ...]] = PARTS) -> dict[str, list[int]]:
        """The processes of each part that the desk consists of, parents before children."""
        found: dict[str, list[int]] = {name: [] for name in known}
        for pid in sorted(self.processes()):
            with suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
                for name, words in known.items():
                    if all(word in command for word in words):
                        found[name].append(pid)
        return found

    def is_ready(self) -> bool:
        return self._ready()

    def processes(self) -> list[int]:
        # By session: it stays what it was when the desk itself is dead, and no program can hide
        # from it (Redis overwrites its environment with its title).
        found = []
        for entry in Path("/proc").glob("[0-9]*"):
            with suppress(ProcessLookupError):
                if os.getsid(int(entry.name)) == self.process.pid:
                    found.append(int(entry.name))
        return found

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/readyz", timeout=3
            ) as answer:
                return answer.status == 200
        except OSError:
            return False


class Browser:
    """Somebody who is signed in, without a screen."""

    def __init__(self, desk: RunningDesk, username: str = "rep") -> None:
        self.base = f"http://127.0.0.1:{desk.port}"
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.signed = ""
        self.post("/accounts/login/", username=username, password="demo")

    def get(self, path: str) -> str:
        with self.opener.open(f"{self.base}{path}", timeout=30) as answer:
            return answer.read().decode()

    def post(self, path: str, **fields: str) -> str:
        """Send a form as its page would; the address that the answer leads to."""
        if path == "/accounts/login/":  # after it, tokens are others
            return self.send(path, {"csrfmiddlewaretoken": self.token(path), **fields})
        self.signed = self.signed or self.token("/tickets/new/")
        return self.send(path, {"csrfmiddlewaretoken": self.signed, **fields})

    def token(self, page: str) -> str:
        """The CSRF token of a page's form."""
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', self.get(page))
        assert found is not None
        return found[1]

    def send(self, path: str, fields: dict[str, str]) -> str:
        data = urllib.parse.urlencode(fields).encode()
        with self.opener.open(f"{self.base}{path}", data, timeout=30) as answer:
            return urllib.parse.urlsplit(answer.url).path


def customer_and_vehicle(browser: Browser) -> tuple[str, str]:
    """Ids for the form of a new ticket."""
    found = browser.get("/tickets/new/customers/?customer_search=giulia")
    customer = re.search(r'name="customer"\s+value="(\w+)"', found)
    assert customer is not None
    owned = browser.get(f"/tickets/new/vehicles/?customer={customer[1]}")
    vehicle = re.search(r'name="vehicle"\s+value="(\w+)"', owned)
    assert vehicle is not None
    return customer[1], vehicle[1]
