"""Two releases in folders of their own, and people and programs who use them meanwhile."""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEADERS = {"Host": "desk.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
"""As of a proxy with TLS on the same machine."""


class Release:
    """A folder with the code of a release, and its packages."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.folder = folder
        self.env = env

    def install(self, commit: str) -> None:
        """Take the code of a commit, its packages by their hashes, and our stylesheet with its
        pictures."""
        self.folder.mkdir()
        archive = subprocess.run(
            ["git", "archive", commit], cwd=ROOT, stdout=subprocess.PIPE, check=True
        )
        subprocess.run(["tar", "-x"], cwd=self.folder, input=archive.stdout, check=True)
        subprocess.run([sys.executable, "-m", "venv", self.folder / ".venv"], check=True)
        words = ["-m", "pip", "install", "--quiet", "--require-hashes", "-r", "requirements.txt"]
        subprocess.run([self.python, *words], cwd=self.folder, check=True)
        css = self.folder / "theme/static/css/desk.css"
        css.parent.mkdir(parents=True, exist_ok=True)
        css.write_bytes((ROOT / "theme/static/css/desk.css").read_bytes())
        pictures = "theme/assets/img"  # which the stylesheet names
        shutil.copytree(ROOT / pictures, self.folder / pictures, dirs_exist_ok=True)

    @property
    def python(self) -> str:
        return str(self.folder / ".venv/bin/python")

    def manage(self, *command: str, codes: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            [self.python, "manage.py", *command],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in codes, f"{command}: {done.stdout[-2_000:]}{done.stderr[-4_000:]}"
        return done.stdout


class Users:
    """Each in a thread of its own, who asks and writes until `stop`; counts what came back."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token, self.customer = port, token, ""
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self.written: list[str] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._use, args=(user,))
            for user in (self._program, self._program, self._person, self._person)
        ]

    def start(self) -> None:
        _kind, status, body = self.api("POST", "/api/customers", {"name": "Giulia Bianchi"})
        assert status < 400, body
        self.customer = json.loads(body)["customerId"]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int, patience: float = 300) -> None:
        """Wait until so many more answers have come."""
        aim, deadline = self.answers.total() + more, time.monotonic() + patience
        while self.answers.total() < aim:
            assert time.monotonic() < deadline, f"{self.answers} {self.failures[:5]}"
            time.sleep(0.1)

    def _use(self, user) -> None:
        for kind, status, body in user():
            self.answers[kind] += 1
            if status >= 400:
                at = f"{time.strftime('%H:%M:%S')}, after {self.answers.total():,} answers"
                said = " ".join(re.sub("<[^>]*>", " ", body).split())
                self.failures.append(f"{at}, {kind}: {status} {said[:200]}")
            if self._over.wait(0.02):
                return

    def _program(self) -> Iterator[tuple[str, int, str]]:
        """Creates tickets and writes to them, in the API."""
        while True:
            fields = {"customerId": self.customer, "subject": "Late", "description": "Where is it?"}
            ticket = {**fields, "category": "Shipping", "priority": "High"}
            kind, status, body = self.api("POST", "/api/tickets", ticket)
            yield kind, status, body
            if status >= 400:
                continue
            number = json.loads(body)["ticketId"]
            self.written.append(number)
            message = {"type": "Customer Response", "content": "It is on its way."}
            yield self.api("POST", f"/api/tickets/{number}/communicate", message)
            yield self.api("GET", f"/api/tickets/{number}")
            yield self.api("GET", "/api/tickets?status=Open&limit=5")

    def _person(self) -> Iterator[tuple[str, int, str]]:
        """Looks at pages, and signs in again when the session has ended."""
        cookies: dict[str, str] = {}
        while True:
            for page in ("/tickets/", "/tickets/?q=late", "/customers/"):
                status, body, where = self.page(page, cookies)
                yield "page", status, body
                if "/accounts/login/" in where:
                    _status, form, _where = self.page("/accounts/login/", cookies)
                    mark = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
                    # While both releases answer, neither knows the other's sessions: where the one
                    # has said to sign in, the other may say that nobody has to.
                    if not mark:
                        continue
                    fields = {"username": "rosa", "password": "demo"}
                    fields["csrfmiddlewaretoken"] = mark[1]
                    status, body, _where = self.page("/accounts/login/", cookies, fields)
                    yield "sign-in", status, body

    def api(self, method: str, path: str, body: object = None) -> tuple[str, int, str]:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        data = json.dumps(body) if body is not None else None
        status, text, _answer = self._send(method, path, data, headers)
        return f"{method} API", status, text

    def page(
        self, path: str, cookies: dict[str, str], form: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        """Return status, body and where the answer leads; a redirect is not followed."""
        headers = {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "Referer": f"https://desk.example{path}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        data = urllib.parse.urlencode(form) if form else None
        status, text, answer = self._send("POST" if form else "GET", path, data, headers)
        for line in answer.get_all("Set-Cookie") or () if answer else ():
            name, _, value = line.partition(";")[0].partition("=")
            cookies[name] = value
        return status, text, (answer.get("Location") or "") if answer else ""

    def _send(self, method, path, data, headers):
        """A connection each: a proxy opens them as it likes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, data, {**HEADERS, **headers})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(), answer.headers
        except (OSError, http.client.HTTPException) as error:
            return 599, repr(error), None
        finally:
            connection.close()


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    task = Path(f"/proc/{process}/task/{process}/children")
    return [int(child) for child in task.read_text().split()] if task.exists() else []


def masters(first: int) -> list[int]:
    """The children of gunicorn's first process that have workers of their own."""
    return [child for child in children(first) if children(child)]


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
