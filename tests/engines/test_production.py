"""Each process of production, as docs/deploy.md starts it: its log lines, its metrics."""

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from helpdesk.engines import ports
from tests.chaos.desk import ROOT
from tests.security.test_deploy import PRODUCTION, manage

ENOUGH = 40.0
"""Seconds within which a process says something, on a crowded machine."""
CELERY = (sys.executable, "-m", "celery", "--quiet", "-A", "helpdesk")
PARTS = {
    "worker": (*CELERY, "worker", "--queues", "sla,celery", "--concurrency", "1"),
    "jobs": (*CELERY, "worker", "--queues", "mail,webhooks,jobs", "--pool", "threads"),
    "beat": (*CELERY, "beat", "--scheduler", "celery.beat:Scheduler", "--pidfile", ""),
    "mailroom": (sys.executable, "manage.py", "mailroom"),
}


class Production:
    def __init__(self, data):
        self.data = data
        self.env = {
            **PRODUCTION,
            "DATA_DIR": str(data),
            "DATABASE_URL": f"sqlite:///{data}/desk.sqlite3",
            "REDIS_URL": "redis://127.0.0.1:1/0",  # nothing answers: there is something to log
            "DYNAMODB_ENDPOINT_URL": "http://127.0.0.1:1",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "METRICS_TOKEN": "scraper",
            "BEHIND_PROXY": "1",
            "TRUSTED_PROXIES": "127.0.0.1",
        }

    def start(self, *command, **env):
        self.out, self.err = (self.data / "out").open("wb"), (self.data / "err").open("wb")
        return subprocess.Popen(
            command, cwd=ROOT, env={**self.env, **env}, stdout=self.out, stderr=self.err
        )

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(ENOUGH)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    @property
    def lines(self):
        """What was logged; fails at the first line that is no JSON, and at any on stderr."""
        assert (self.data / "err").read_text() == ""
        return [json.loads(line) for line in (self.data / "out").read_text().splitlines()]


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    made = Production(tmp_path_factory.mktemp("production"))
    for command in (("migrate", "-v0"), ("collectstatic", "--no-input", "-v0")):
        done = manage(*command, **made.env)
        assert done.returncode == 0, done.stderr
    # Nothing answers there: the mailroom, too, has something to log.
    dead = "name='support', address='support@desk.example', imap_host='127.0.0.1', imap_port=1"
    made_box = f"from tickets.models import Mailbox; Mailbox.objects.create({dead}, imap_user='a')"
    done = manage("shell", "--no-imports", "-c", made_box, **made.env)
    assert done.returncode == 0, done.stderr
    return made


def ask(port, path, **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    try:
        with urllib.request.build_opener(Unredirected).open(request, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Unredirected(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


@pytest.mark.parametrize("part", PARTS)
def test_what_a_process_says_is_json_on_standard_output(production, part):
    process = production.start(*PARTS[part], LOG_LEVEL="INFO")
    try:
        ports.wait_until(
            lambda: (production.data / "out").stat().st_size > 0,
            alive=lambda: process.poll() is None,
            seconds=ENOUGH,
        )
    finally:
        production.stop(process)

    assert production.lines
    assert all({"event", "level", "logger"} <= line.keys() for line in production.lines)


@pytest.fixture
def web(production):
    """The port of gunicorn with two processes."""
    port = ports.free_port()
    process = production.start(
        sys.executable, "-m", "gunicorn", BIND=f"127.0.0.1:{port}", WEB_WORKERS="2"
    )
    try:
        ports.wait_until(
            lambda: ports.accepts(ports.Address("127.0.0.1", port)),
            alive=lambda: process.poll() is None,
            seconds=ENOUGH,
        )
        yield port
    finally:
        production.stop(process)


def test_gunicorns_lines_are_json_with_the_address_that_locks_count(production, web):
    """The client's, whatever it wrote in front of what the proxy added."""
    status, _ = ask(
        web,
        "/accounts/login/",
        **{
            "Host": "desk.example",
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "198.51.100.1, 203.0.113.9",
        },
    )
    assert status == 200
    ask(web, "/accounts/login/", **{"Host": "desk.example", "X-Forwarded-Proto": "https"})
    lines = production.lines
    assert any(line["event"].startswith("Listening at") for line in lines)
    finished = [line for line in lines if line["event"] == "request_finished"]
    assert [line["ip"] for line in finished] == ["203.0.113.9", "127.0.0.1"]
    warned = [line for line in lines if line["event"] == "x_forwarded_for"]
    assert [line["header"] for line in warned] == ["missing"], "once, of the second request"


def test_metrics_are_those_of_all_processes_on_loopback_and_for_the_token_alone(production, web):
    for _ in range(20):
        ask(web, "/accounts/login/", **{"Host": "desk.example", "X-Forwarded-Proto": "https"})
    assert ask(web, "/metrics")[0] == 404
    assert ask(web, "/metrics", Authorization="Bearer wrong")[0] == 404
    for _ in range(4):
        status, text = ask(web, "/metrics", Authorization="Bearer scraper")
        assert status == 200
        [counted] = [
            line
            for line in text.splitlines()
            if line.startswith("helpdesk_request_seconds_count") and 'page="login"' in line
        ]
        assert float(counted.split()[-1]) == 20
    files = list((production.data / "metrics").glob("*.db"))
    assert files
    for file in files:
        assert file.stat().st_blocks * 512 >= file.stat().st_size, "it may end in a SIGBUS"
    assert production.lines


FULL = (
    "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))\n"
    "from django.test import Client\n"
    "client = Client(headers={'host': 'desk.example'})\n"
    "for _ in range(3): print(client.get('/accounts/login/', secure=True).status_code)\n"
    "print(client.get('/metrics', headers={'authorization': 'Bearer scraper'}).status_code)\n"
)


def test_without_space_or_folder_for_metrics_pages_are_served(production, tmp_path, subtests):
    (tmp_path / "file").touch()
    for why, folder in {"no space": tmp_path / "new", "no folder": tmp_path / "file" / "x"}.items():
        with subtests.test(why):
            env = {**production.env, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
            done = manage("shell", "-v0", "-c", FULL, **env)
            assert done.stdout.split() == ["200"] * 4, done.stderr[-2000:]
            assert done.stderr.count("metrics_not_counted") == 1
            assert not list(tmp_path.glob("new/*.db")), "half a file was left"


MANY = (
    "from helpdesk import metric_files, metrics\n"
    "for number in range(2 * metric_files.MOST_SERIES):\n"
    "    metrics._count(f'admin:{number:060}', 'DELETE', 500, seconds=1.0)\n"
)


def test_however_much_is_counted_the_file_does_not_grow(production, tmp_path):
    from helpdesk.metric_files import KINDS, SIZE

    env = {**production.env, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    done = manage("shell", "-v0", "-c", MANY, **env)
    assert done.returncode == 0, done.stderr
    files = list(tmp_path.glob("*.db"))
    assert [file.stat().st_size for file in files] == [SIZE] * len(KINDS)
    assert any(b'"other"' in file.read_bytes() for file in files)
