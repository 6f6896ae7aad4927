"""The API of a running desk: many programs at once, made-up requests, and the tour of the docs."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.chaos.desk import ROOT, RunningDesk

SECONDS = int(os.environ.get("SCHEMATHESIS_SECONDS", "0"))
BOUND = ("--max-time", str(SECONDS)) if SECONDS else ("--max-examples", "2")
"""The short form is as long on a slow machine as on a quick one: so many for each operation."""
RAW = "/api/mail/{mailbox}"
"""Takes raw messages, which the program cannot make up: tests/email/test_webhook.py."""

pytestmark = pytest.mark.timeout(120 + SECONDS)


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    desk = RunningDesk(tmp_path_factory.mktemp("desk"), API_REQUESTS_PER_MINUTE="0")
    desk.start()
    desk.token = desk.manage("create_api_token", "rep").splitlines()[-1]
    desk.base = f"http://127.0.0.1:{desk.port}"
    yield desk
    desk.kill()


def ask(desk, method, path, body=None, **headers):
    request = urllib.request.Request(
        f"{desk.base}/api{path}",
        json.dumps(body).encode() if body is not None else None,
        {
            "Authorization": f"Bearer {desk.token}",
            "Content-Type": "application/json",
            **headers,
        },
        method=method,
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture
def new_ticket(running):
    _status, found = ask(running, "GET", "/customers?limit=1")
    return {
        "customerId": found["items"][0]["customerId"],
        "subject": "At once",
        "description": "x",
        "category": "General",
        "priority": "Low",
    }


def test_two_hundred_at_once_with_the_same_key_open_one_ticket(running, new_ticket):
    def post(_number):
        return ask(running, "POST", "/tickets", new_ticket, **{"Idempotency-Key": "once"})

    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(post, range(200)))

    assert {status for status, _body in answers} == {201}
    assert len({json.dumps(body, sort_keys=True) for _status, body in answers}) == 1
    query = f"/tickets?customerId={new_ticket['customerId']}&limit=100&sort=-createdAt"
    _status, listed = ask(running, "GET", query)
    assert [one["subject"] for one in listed["items"]].count("At once") == 1


def test_of_two_changes_of_one_version_one_wins(running, new_ticket):
    for round_ in range(10):
        _status, made = ask(running, "POST", "/tickets", new_ticket)
        path = f"/tickets/{made['ticketId']}"

        def put(priority, path=path, version=made["version"]):
            return ask(running, "PUT", path, {"priority": priority, "version": version})

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(put, ["High", "Medium"]))

        assert sorted(status for status, _body in answers) == [200, 409], (round_, answers)
        _status, stored = ask(running, "GET", path)
        [won] = [body for status, body in answers if status == 200]
        assert stored["priority"] == won["priority"]


@pytest.mark.parametrize("path", ["/api/tickets", "/accounts/login/"])
@pytest.mark.parametrize(
    ("header", "status"),
    [("Content-Length: 1048577", 413), ("Transfer-Encoding: chunked", 411)],
)
def test_a_large_body_is_refused_before_it_is_sent(running, path, header, status):
    """The server answers while the sender still has all of the body."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{header}\r\n\r\n"
        line.sendall(head.encode())
        answer = line.recv(4_096).decode()

    assert answer.startswith(f"HTTP/1.1 {status} "), answer[:200]


@pytest.mark.skipif(
    not shutil.which("curl") and not os.environ.get("REQUIRE_BROWSER"),
    reason="the tour is for curl; CI installs it",
)
def test_the_tour_of_the_docs_works(running):
    tour = (ROOT / "docs" / "api.md").read_text()
    script = "\n".join(re.findall(r"^```bash\n(.*?)^```", tour, re.MULTILINE | re.DOTALL))
    env = {"PATH": os.environ["PATH"], "DESK": running.base, "TOKEN": running.token}

    done = subprocess.run(
        ["bash", "-o", "pipefail", "-e", "-c", _steps(script)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-2_000:] + done.stderr[-2_000:]
    assert "antwerp" in done.stdout


def _steps(script: str) -> str:
    """What the tour shows to fail has to fail: `… && exit 1` would end a strict shell."""
    return re.sub(r"^(.*) && exit 1$", r"if \1; then exit 1; fi", script, flags=re.MULTILINE)


def test_made_up_requests_get_answers_that_the_description_allows(running, tmp_path, looked_at):
    """SCHEMATHESIS_SECONDS=600 for a long run."""
    program = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [
            *(program, "--config-file", ROOT / "tests/api/schemathesis.toml"),
            *("run", f"{running.base}/api/openapi.json", "--checks", "all", "--no-color"),
            *("--header", f"Authorization: Bearer {running.token}"),
            *(*BOUND, "--continue-on-failure", "--seed", "7"),
            *("--phases", "examples,coverage,fuzzing,stateful"),
            *("--exclude-path", RAW),
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-8_000:] + done.stderr[-1_000:]
    _status, described = ask(running, "GET", "/openapi.json")
    operations = sum(len(methods) for methods in described["paths"].values())
    assert RAW in described["paths"]
    assert f"Tested: {operations - 1}" in done.stdout, "it left operations out"
    for phase in ("Examples", "Coverage", "Fuzzing", "Stateful"):
        assert re.search(rf"✅ {phase}", done.stdout), f"{phase} did not run to its end"
    cases, passed = re.search(r"(\d+) generated, (\d+) passed", done.stdout).groups()
    looked_at(f"{int(cases):,} requests, {int(passed):,} answered as described")
    assert cases == passed
    assert int(cases) >= 15 * operations, f"{cases} cases for {operations} operations are too few"
