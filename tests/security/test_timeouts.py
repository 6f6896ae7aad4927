"""Nothing that the desk asks outside may keep it waiting for ever."""

import ast
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.conf import settings as desk_settings
from django.core.mail import EmailMessage, get_connection

from helpdesk import safe_http
from helpdesk.celery import app
from helpdesk.dynamo.table import client
from helpdesk.mail import queue, smtp
from helpdesk.safe_http import Unreachable, post

ROOT = Path(desk_settings.BASE_DIR)
APPS = ("helpdesk", "tickets", "customers", "reporting")
GENEROUS = 30
"""Seconds. Longer than any one request may wait, and less than botocore waits by itself."""

OPENERS = {
    "from_url", "Redis", "StrictRedis", "ConnectionPool", "urlopen", "create_connection",
    "create_client", "Session", "SMTP", "SMTP_SSL", "HTTPConnection", "HTTPSConnection",
    "HTTPConnectionPool", "HTTPSConnectionPool", "PoolManager", "connect_ex", "request",
    "_Pool", "_TlsPool", "resource", "MailBox", "MailBoxUnencrypted", "MailBoxStartTls", "IMAP4",
    "IMAP4_SSL", "getaddrinfo", "gethostbyname",
}  # fmt: skip
"""What opens a line to something outside, as a call's last name."""

BOUNDS = {"timeout", "socket_timeout", "socket_connect_timeout", "config"}
KNOWN = {
    ("helpdesk/dynamo/table.py", "Session"),  # opens nothing itself; its create_client has a config
    ("helpdesk/safe_http.py", "urlopen"),  # on a pool that has a timeout
    ("helpdesk/safe_http.py", "getaddrinfo"),  # in a thread that is waited for so long
}


def _bounds(given):
    endless = isinstance(given.value, ast.Constant) and given.value.value is None
    return given.arg in BOUNDS and not endless


def unbounded(source):
    """Calls that open a line and say nothing of how long they wait: [(name, line)]."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in OPENERS and not any(map(_bounds, node.keywords)):
                found.append((name, node.lineno))
    return found


def test_every_line_that_is_opened_says_how_long_it_waits():
    opened, loose = 0, []
    for app_name in APPS:
        for path in (ROOT / app_name).rglob("*.py"):
            if "node_modules" in path.parts:
                continue
            source, place = path.read_text(), path.relative_to(ROOT).as_posix()
            opened += sum(source.count(f"{name}(") for name in OPENERS)
            loose += [
                f"{place}:{line} {name}"
                for name, line in unbounded(source)
                if (place, name) not in KNOWN
            ]
    assert opened > 5, "nothing was looked at"
    assert loose == []


@pytest.mark.parametrize(
    "line",
    [
        "redis.Redis.from_url(url)",
        "urllib.request.urlopen(a)",
        "session.create_client('s3')",
        "smtplib.SMTP(host)",
        "urllib3.PoolManager()",
        "socket.create_connection(a)",
        "socket.create_connection(a, timeout=None)",
        "imaplib.IMAP4(host)",
        "imaplib.IMAP4_SSL(host, timeout=None)",
        "MailBox(host, port)",
        "imap_tools.MailBoxUnencrypted(host, timeout=None)",
        "socket.getaddrinfo(host, 443)",
    ],
)
def test_the_look_for_lines_finds_them(line):
    assert [number for _name, number in unbounded(f"x = 1\n{line}\n")] == [2]


@pytest.mark.parametrize("line", ["MailBox(host, timeout=30)", "urlopen(a, timeout=left)"])
def test_the_look_for_lines_passes_what_has_a_bound(line):
    assert unbounded(line) == []


def test_a_resolver_that_says_nothing_is_left(monkeypatch):
    asked, over = threading.Event(), threading.Event()

    def silent(*_asked, **_more):
        asked.set()
        over.wait(60)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    begun = time.monotonic()
    try:
        with pytest.raises(Unreachable, match="took too long"):
            post("https://example.com/hook", "{}", {}, private=False, whole=0.3)
        assert asked.is_set()
        assert time.monotonic() - begun < 10
    finally:
        over.set()


def test_a_resolver_is_waited_for_less_than_a_request():
    assert 0 < safe_http.RESOLVE < safe_http.WHOLE


def test_dynamodb_is_not_waited_for():
    config = client().meta.config
    assert 0 < config.connect_timeout <= 5
    assert 0 < config.read_timeout <= GENEROUS
    assert config.retries["total_max_attempts"] <= 5


def test_redis_is_not_waited_for_by_whoever_sends_a_task():
    with app.connection_for_write("redis://127.0.0.1:1/0") as connection:
        options = connection.transport_options
        assert 0 < options["socket_connect_timeout"] <= 5
        assert 0 < options["socket_timeout"] <= 15
    assert app.conf.task_publish_retry is False


def test_the_mail_server_is_not_waited_for():
    made = get_connection("django.core.mail.backends.smtp.EmailBackend")
    assert 0 < made.timeout <= GENEROUS


SAID = """
import json
import django
django.setup()
from django.core.cache import caches
from django.core.files.storage import storages
from django.db import connection
s3 = storages["attachments"].connection.meta.client.meta.config
redis = caches["default"]._cache.get_client().connection_pool.connection_kwargs
print(json.dumps({
    "database": connection.get_connection_params(),
    "s3": [s3.connect_timeout, s3.read_timeout, s3.retries["total_max_attempts"]],
    "redis": [redis["socket_connect_timeout"], redis["socket_timeout"]],
}, default=str))
"""
"""What those say that will open the lines, and not only what the settings say."""


@pytest.fixture(scope="module")
def in_production(tmp_path_factory):
    """What the production's own settings make of its engines, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", SAID],
        cwd=ROOT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            "DATABASE_URL": "postgres://me@localhost/desk",
            "ATTACHMENTS_BUCKET": "files",
            "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b",
            "DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "SECRET_KEY": "k3y-of-no-desk-" * 5,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_postgresql_is_not_waited_for(in_production):
    database = in_production["database"]
    assert 0 < database["connect_timeout"] <= 10, "seconds"
    assert 0 < database["tcp_user_timeout"] <= 60_000, "milliseconds"
    silent = database["keepalives_idle"]
    silent += database["keepalives_interval"] * database["keepalives_count"]
    assert 0 < silent <= GENEROUS, "a server that is gone while it works on an answer"


def test_s3_is_not_waited_for(in_production):
    connect, read, tries = in_production["s3"]
    assert 0 < connect <= 10
    assert 0 < read <= GENEROUS
    assert 0 < tries <= 5


def test_redis_is_not_waited_for_by_the_cache(in_production):
    connect, answer = in_production["redis"]
    assert 0 < connect <= 5
    assert 0 < answer <= 5


class Dripping:
    """Takes any request, and answers a byte at a time, until nobody listens or it is too late."""

    def __init__(self, before: bytes, drop: bytes) -> None:
        self.before, self.drop = before, drop
        self.stop = threading.Event()
        self.hung_up = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        line, _where = self.listener.accept()
        with line:
            try:
                line.sendall(self.before)
                for _ in range(1_000):
                    if self.stop.wait(0.02):
                        break
                    line.sendall(self.drop)
            except OSError:
                self.hung_up.set()

    def close(self) -> None:
        self.stop.set()
        self.thread.join(10)
        self.listener.close()


DRIPS = {
    "the first line": ("http", b"HTTP/1.1 2", b"0"),
    "headers": ("http", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x"),
    "the text": (
        "http",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"0",
    ),
    "the greeting of TLS": ("https", b"\x16\x03\x03\x40\x00", b"\x02"),
}


@pytest.mark.parametrize("part", DRIPS)
def test_a_target_that_drips_its_answer_is_left(part):
    scheme, before, drop = DRIPS[part]
    target = Dripping(before, drop)
    begun = time.monotonic()
    try:
        with pytest.raises(Unreachable, match="took too long"):
            post(f"{scheme}://127.0.0.1:{target.port}/", "{}", {}, private=True, whole=0.3)
        assert time.monotonic() - begun < 10
        assert target.hung_up.wait(10), "the line is still open"
    finally:
        target.close()


ENVELOPE = b"220 mail\r\n" + 3 * b"250 ok\r\n"  # greeting, EHLO, MAIL, RCPT
SMTP_DRIPS = {
    "the greeting": (b"", b"220-slow\r\n", smtp.ServerAway),
    "the greeting of TLS": (b"\x16\x03\x03\x40\x00", b"\x02", smtp.ServerAway),
    "what it can do": (b"220 mail\r\n", b"250-SIZE\r\n", smtp.ServerAway),
    "the answer to DATA": (ENVELOPE, b"354-go\r\n", smtp.ServerAway),
    "the answer to all of it": (ENVELOPE + b"354 go\r\n", b"250-taken\r\n", smtp.Unknown),
    "a code that is cut off": (ENVELOPE + b"354 go\r\n2", b" ", smtp.Unknown),
    "the leave-taking": (ENVELOPE + b"354 go\r\n250 taken\r\n", b"221-bye\r\n", None),
}
"""What the server has answered, what it goes on with, and what becomes of the message. Before all
of it was sent it is tried again; after that nobody knows."""


@pytest.mark.parametrize("part", SMTP_DRIPS)
def test_a_mail_server_that_drips_its_answer_is_left(part, settings, monkeypatch):
    before, drop, outcome = SMTP_DRIPS[part]
    monkeypatch.setattr(smtp, "WHOLE", 0.3)
    server = Dripping(before, drop)
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_SSL, settings.EMAIL_TIMEOUT = "TLS" in part, 1
    begun = time.monotonic()
    try:
        with smtp.mail_server() as there:
            message = EmailMessage("Hi", "Hello", "desk@x.example", ["a@x.example"])
            if outcome is None:
                there.give(message)
            else:
                with pytest.raises(outcome):
                    there.give(message)
        assert time.monotonic() - begun < 10
        assert server.hung_up.wait(10), "the line is still open"
    finally:
        server.close()


def test_a_mail_ends_long_before_another_worker_takes_it_for_lost():
    assert queue.LOST_AFTER.total_seconds() >= 2 * smtp.WHOLE


def test_what_is_given_a_webhook_at_most_fits_its_lease():
    from tickets.services.delivery import webhooks

    assert webhooks.LEASE.total_seconds() > webhooks.BUDGET + safe_http.WHOLE
