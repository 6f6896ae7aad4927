"""A desk in use is backed up and restored elsewhere: what was confirmed before is there."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from io import StringIO
from itertools import islice
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from helpdesk.engines import dynamo, ports, processes

ROOT = Path(__file__).parents[2]
WRITES = int(os.environ.get("BACKUP_WRITES", "45"))
MORE = 30
"""Writes after the backup: several tickets."""
SKIPPED = 1_000


@contextmanager
def engine(folder):
    """The embedded DynamoDB on the data of a folder; yields its address."""
    address = ports.hidden_address()
    running = dynamo.start(address, file=folder / "dynamodb.sqlite3")
    try:
        dynamo.wait_until_ready(running, address)
        yield dynamo.url(address)
    finally:
        processes.stop([running], patience=5)


def started(*words, folder, dynamodb="http://127.0.0.1:1"):
    return subprocess.Popen(
        [sys.executable, *words],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            "DATA_DIR": str(folder),
            "SECRET_KEY": "only for tests " * 5,
            "DEBUG": "1",
            "LOG_LEVEL": "CRITICAL",
            "HELPDESK_LOG_STREAM": "stderr",
            "DYNAMODB_ENDPOINT_URL": dynamodb,
            "REDIS_URL": "redis://127.0.0.1:1/0",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def restored(tmp_path_factory, data_in):
    """What was confirmed before the backup, while it was made, and what the restored desk has."""
    top = tmp_path_factory.mktemp("backup")
    first, second, kept = top / "first", top / "second", top / "kept"
    first.mkdir()
    with engine(first) as url:
        writer = started("tests/backup/desk.py", "write", "100000", folder=first, dynamodb=url)
        lines = map(json.loads, writer.stdout)
        before = list(islice(lines, WRITES))
        with data_in(first):
            call_command("backup", str(kept), stdout=StringIO())
        later = list(islice(lines, MORE))  # it has not stopped
        writer.stdin.close()  # that is the sign to stop
        later += lines
        assert writer.wait() == 0, writer.stderr.read()
    with data_in(second):
        call_command("restore", str(kept), stdout=StringIO())
    with engine(second) as url:
        check = started("tests/backup/desk.py", "check", folder=second, dynamodb=url)
        out, errors = check.communicate("")
    assert check.returncode == 0, errors
    found = json.loads(out.splitlines()[-1])
    return {
        "top": top,
        "kept": kept,
        "second": second,
        "before": before,
        "later": later,
        "found": found,
    }


def test_nothing_confirmed_before_the_backup_is_lost(restored, looked_at):
    found, tickets = restored["found"], restored["found"]["tickets"]
    for one in restored["before"]:
        if "team" in one:
            assert one["team"] in found["teams"]
            continue
        assert tickets[one["ticket"]]["version"] >= one["version"]
        if "file" in one:
            assert tickets[one["ticket"]]["files"][one["file"]] == one["text"]
    assert len(restored["later"]) >= MORE
    looked_at(
        f"{len(restored['before'])} writes before and {len(restored['later'])} later: "
        f"{len(tickets)} tickets restored, {len(found['broken'])} drifts"
    )


def test_the_restored_desk_adds_up(restored):
    found = restored["found"]
    assert found["broken"] == [], found["printed"]
    files = [text for ticket in found["tickets"].values() for text in ticket["files"].values()]
    assert len(files) == len(set(files)) > 0


def test_no_number_is_given_again(restored):
    written = [*restored["before"], *restored["later"]]
    given = {int(one["ticket"]) for one in written if "ticket" in one}
    there = {int(number) for number in restored["found"]["tickets"]}
    assert there <= given
    assert given - there, "the desk went on after the backup"
    assert restored["found"]["next"] > max(there) + SKIPPED


def test_the_audit_record_has_what_the_database_has(restored):
    """The database was backed up after DynamoDB: it may know of more, which is recorded again."""
    found = restored["found"]
    assert sorted(found["recorded"]) == sorted(found["teams"])
    assert found["teams"]


def test_a_backup_is_private_and_replaces_nothing(restored, data_in):
    kept, second = restored["kept"], restored["second"]
    assert kept.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept.rglob("*") if path.is_file())
    with data_in(second), pytest.raises(CommandError, match="is there already"):
        call_command("restore", str(kept))
