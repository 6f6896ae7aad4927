"""An upgrade from the release before, as docs/deploy.md says it, while the desk is in use.

A long form alone: ROLLING is the commit of the release before. It takes that one's packages from
the registry.
"""

import os
import secrets
import signal
import subprocess
import time

import pytest

from helpdesk.engines import dynamo, ports, redis
from tests.chaos.rolling import ROOT, Release, Users, children, is_running, masters
from tests.postgres import server

COMMIT = os.environ.get("ROLLING", "")
EACH_PHASE = 200
"""Requests before the upgrade, between its steps, and after it."""

pytestmark = [
    pytest.mark.skipif(not COMMIT, reason="long: set ROLLING to the commit of the release before"),
    pytest.mark.timeout(3_600),
]

PEOPLE = """
from django.contrib.auth.models import Group
from helpdesk.accounts.models import User
rosa = User.objects.create_user("rosa", "rosa@desk.example", "demo")
rosa.groups.add(Group.objects.get(name="Representatives"))
"""


@pytest.fixture
def environment(tmp_path):
    """PostgreSQL, DynamoDB and Redis, and the settings of a desk on them behind a proxy."""
    (tmp_path / "data").mkdir()
    (tmp_path / "redis").mkdir()
    password = secrets.token_urlsafe(20)
    address = ports.hidden_address()
    with server() as database, dynamo.in_memory() as tables:
        queue = redis.start(address, folder=tmp_path / "redis", password=password)
        try:
            yield {
                "PATH": os.environ["PATH"],
                "DEBUG": "0",
                "SECRET_KEY": secrets.token_urlsafe(60),
                "ALLOWED_HOSTS": "desk.example",
                "CSRF_TRUSTED_ORIGINS": "https://desk.example",
                "DATABASE_URL": database,
                "DYNAMODB_ENDPOINT_URL": tables,
                "AWS_ACCESS_KEY_ID": "none",
                "AWS_SECRET_ACCESS_KEY": "none",
                "REDIS_URL": redis.url(address, password),
                "DATA_DIR": str(tmp_path / "data"),
                "BEHIND_PROXY": "1",
                "TRUSTED_PROXIES": "127.0.0.1",
                "API_REQUESTS_PER_MINUTE": "0",
                "LOG_LEVEL": "WARNING",
            }
        finally:
            queue.kill()
            queue.wait()


def test_no_request_fails_while_the_release_changes(environment, tmp_path, looked_at):
    port = ports.free_port()
    old, new = Release(tmp_path / "old", environment), Release(ROOT, environment)
    old.install(COMMIT)
    for command in ("migrate", "create_tables", "collectstatic --no-input"):
        old.manage(*command.split())
    old.manage("shell", "-c", PEOPLE)
    token = old.manage("create_api_token", "rosa").split()[-1]

    current = tmp_path / "current"
    current.symlink_to(old.folder)
    log = (tmp_path / "log").open("ab")

    def start(*words):
        return subprocess.Popen(
            [str(current / ".venv/bin/python"), *words],
            cwd=current,
            env={**environment, "PWD": str(current), "BIND": f"127.0.0.1:{port}"},
            stdout=log,
            stderr=log,
        )

    def start_worker():
        return start("-m", "celery", "-A", "helpdesk", "worker", "--pool", "threads", "-c", "2")

    web = start(
        *(str(current / ".venv/bin/gunicorn"), "helpdesk.wsgi:application", "--preload"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "4"),
        *("--bind", f"127.0.0.1:{port}"),
    )
    worker = start_worker()
    users = Users(port, token)
    processes = [web.pid]
    try:
        until(lambda: len(children(web.pid)) == 2 and users.api("GET", "/api/tickets")[1] == 200)
        users.start()
        users.wait_for(EACH_PHASE)

        said = new.manage("check_release", codes=(1,))
        assert "-> python manage.py migrate" in said
        for command in ("migrate", "create_tables", "collectstatic --no-input"):
            new.manage(*command.split())
        users.wait_for(EACH_PHASE)
        by_old = len(users.written)

        current.unlink()
        current.symlink_to(ROOT)
        web.send_signal(signal.SIGUSR2)
        [second] = until(lambda: masters(web.pid))
        processes.append(second)
        users.wait_for(EACH_PHASE)
        web.send_signal(signal.SIGWINCH)
        users.wait_for(EACH_PHASE)
        web.send_signal(signal.SIGQUIT)
        web.wait(60)
        worker.terminate()
        worker.wait(60)
        worker = start_worker()
        new.manage("upgrade_data")
        users.wait_for(EACH_PHASE)
    finally:
        users.stop()
        for process in processes:
            if is_running(process):
                os.kill(process, signal.SIGTERM)
        worker.terminate()
        worker.wait(60)
        log.close()

    assert not users.failures, "\n".join(users.failures[:40])
    new.manage(
        "shell", "-c", "from tickets.services.delivery import outbox\nwhile outbox.dispatch(): pass"
    )
    assert "drifts=0" in new.manage("verify_tickets")
    assert "nothing" in new.manage("check_release")
    counted = ", ".join(f"{many:,} {kind}" for kind, many in sorted(users.answers.items()))
    looked_at(
        f"{users.answers.total():,} requests, none failed ({counted}); {by_old:,} tickets before "
        f"the new release answered and {len(users.written) - by_old:,} from then on, verified"
    )


def until(holds, seconds=120):
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)
    return found
