"""make test-postgres: tests on a disposable PostgreSQL, run by an ordinary user.

Without ARGS those whose subject is SQL, which CI runs as well; "all" is services, pages, admin, API
and security, before a release; anything else goes to pytest.
"""

import os
import pwd
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

from helpdesk.engines import ports, processes

SUBJECTS = {
    # Search, lists and counts; configuration; jobs
    "services": (
        *("archive", "assignment", "commands", "filters", "find", "list_orders", "policies"),
        *("rules", "search", "search_plans", "search_rebuild", "segments", "throttling", "verify"),
        *("view_counts", "workspace"),
    ),
    # Changelists and forms
    "admin": (
        *("bulk_actions", "customers", "dashboard", "impact_preview", "inactive_users", "leavers"),
        *("mailboxes", "sla_configuration"),
    ),
    # Accounts, sessions, limits; a scan of every table
    "security": (
        *("confirm", "erasure", "guessing", "login", "passwords", "second_factor", "sessions"),
        *("short_texts", "sign_on", "sign_on_sessions", "tokens"),
    ),
    # The queue of the audit record; what a restore refuses
    "audit": ("chain", "what_is_recorded"),
    "backup": ("refusals",),
    # The index of custom values
    "custom_fields": ("customers", "everywhere"),
    "web": ("admin_and_roles", "bulk", "workspace"),
}
SQL = (
    "tests/release",  # migrations
    *(f"tests/{folder}/test_{one}.py" for folder, those in SUBJECTS.items() for one in those),
)
ALL = (
    *("tests/services", "tests/web", "tests/admin", "tests/api", "tests/security", "tests/audit"),
    *(
        "tests/email",
        "tests/dynamo",
        "tests/mail",
        "tests/release",
        "tests/backup/test_refusals.py",
    ),
    # They start a desk of their own, on SQLite.
    *("--ignore=tests/api/test_running.py", "--ignore=tests/security/test_timeouts.py"),
)
USER = "tests"
"""The database's superuser: tests create databases."""
# A crash may take everything: it is gone when the tests are over.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "listen_addresses=")


class PostgresMissing(Exception):
    """No PostgreSQL server is installed here."""


@contextmanager
def server() -> Iterator[str]:
    """Run an empty PostgreSQL for the length of the block; yields the URL of a database.

    It listens on a socket in a folder of its own and ends with this process. PostgreSQL refuses to
    be run by root: then it is the user "nobody". Cost: a second. Raises PostgresMissing.
    """
    programs = _programs()
    ordinary = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
    user = ordinary if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="postgres-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user:
            os.chown(folder, pwd.getpwnam("nobody").pw_uid, -1)
        log = folder / "log"
        with log.open("wb") as written:
            words = ["--pgdata", f"{folder}/data", "--username", USER, "--auth", "trust"]
            words += ["--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"]
            subprocess.run(
                [programs / "initdb", *words],
                **{"stdout": written, "stderr": written, "check": True, "cwd": "/", **user},
            )
            words = ["-D", f"{folder}/data", "-k", name]
            words += [word for one in QUICK for word in ("-c", one)]
            running = processes.start(
                [str(programs / "postgres"), *words],
                **{"stdout": written, "stderr": written, "cwd": "/", **user},
            )
        try:
            ports.wait_until(
                lambda: b"ready to accept connections" in log.read_bytes(),
                alive=lambda: running.poll() is None,
                seconds=30,
            )
            yield f"postgres://{USER}@/{folder}/postgres"
        finally:
            running.send_signal(signal.SIGINT)  # TERM would wait for connections to be closed
            running.wait(30)


def _programs() -> Path:
    """The folder of the newest server. Debian's has its programs in none of PATH."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda path: int(re.sub(r"\D.*", "", path.parts[4])), default=None)
    known = newest or which("initdb")
    if not known:
        raise PostgresMissing("Install it first: apt-get install postgresql")
    return Path(known).parent


def main(asked: list[str]) -> int:
    tests = {(): SQL, ("all",): ALL}.get(tuple(asked), asked)
    with server() as url:
        return subprocess.call(
            [sys.executable, "-m", "pytest", "-n", "3", *tests],
            env={**os.environ, "TEST_DATABASE_URL": url},
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
