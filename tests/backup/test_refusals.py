"""A backup or restore that cannot be whole says why, and leaves everything as it was."""

import fcntl
import json
import os
import sqlite3

import pytest
from django.db import connection

from helpdesk import backup as module
from helpdesk.accounts.models import Team
from helpdesk.backup import MANIFEST, Refused, backup, restore


def database(path, *rows):
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA journal_mode=WAL")
        made.execute("CREATE TABLE kept (text TEXT)")
        made.executemany("INSERT INTO kept VALUES (?)", [(row,) for row in rows])
    return made


def rows(path):
    return [text for (text,) in sqlite3.connect(path).execute("SELECT text FROM kept")]


@pytest.fixture
def desk_of_files(tmp_path, data_in):
    """A desk's data, with both databases open and everything still in their write-ahead logs."""
    data = tmp_path / "data"
    (data / "attachments/mail").mkdir(parents=True)
    (data / "attachments/mail/a.gz").write_text("mail")
    (data / "attachments/b.part").write_text("half")
    held = [
        database(data / "dynamodb.sqlite3", "a ticket", "a log entry"),
        database(data / "django.sqlite3", "a user"),
    ]
    with data_in(data):
        yield data
    for one in held:
        one.close()


def test_a_copy_of_the_file_alone_would_be_empty_and_the_backup_is_not(
    desk_of_files, tmp_path, data_in
):
    file = desk_of_files / "dynamodb.sqlite3"
    (tmp_path / "copied").write_bytes(file.read_bytes())
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        rows(tmp_path / "copied")

    made = backup(tmp_path / "kept", dynamodb=file)

    assert made.files == 1, "half a file is none"
    other = tmp_path / "other"
    with data_in(other):
        assert restore(tmp_path / "kept", dynamodb=other / "dynamodb.sqlite3") == made
    assert rows(other / "dynamodb.sqlite3") == ["a ticket", "a log entry"]
    assert rows(other / "django.sqlite3") == ["a user"]
    assert (other / "attachments/mail/a.gz").read_text() == "mail"


def test_a_backup_that_fails_leaves_nothing_of_its_name(desk_of_files, tmp_path, monkeypatch):
    def fails(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "_copy_files", fails)
    with pytest.raises(OSError, match="No space"):
        backup(tmp_path / "kept", dynamodb=desk_of_files / "dynamodb.sqlite3")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]


def test_what_is_there_is_never_replaced_and_what_is_missing_is_named(desk_of_files, tmp_path):
    file = desk_of_files / "dynamodb.sqlite3"
    (tmp_path / "kept").mkdir()
    with pytest.raises(Refused, match="is there already"):
        backup(tmp_path / "kept", dynamodb=file)
    with pytest.raises(Refused, match=r"Name the file .* docs/backup\.md"):
        backup(tmp_path / "new", dynamodb=desk_of_files / "gone.sqlite3")


def test_half_a_backup_a_changed_one_and_a_running_desk_are_refused(
    desk_of_files, tmp_path, data_in, monkeypatch
):
    kept, other = tmp_path / "kept", tmp_path / "other"
    goal = other / "dynamodb.sqlite3"
    other.mkdir()
    backup(kept, dynamodb=desk_of_files / "dynamodb.sqlite3")

    def refused(match):
        with pytest.raises(Refused, match=match):
            restore(kept, dynamodb=goal)
        assert not goal.exists()

    refused(r"django\.sqlite3 is there already")
    with data_in(other):
        with (other / "desk.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            refused("is running")
        with monkeypatch.context() as here:
            here.setattr(module, "_is_sqlite", lambda: False)
            refused("other kind of database")
        manifest = json.loads((kept / MANIFEST).read_text())
        manifest["databases"]["dynamodb.sqlite3"] = "0"
        (kept / MANIFEST).write_text(json.dumps(manifest))
        refused("is not as it was written")
        (kept / MANIFEST).unlink()
        refused("is no whole backup")


def test_without_sql_the_rest_is_backed_up_and_restored(desk_of_files, tmp_path, data_in):
    made = backup(tmp_path / "kept", dynamodb=desk_of_files / "dynamodb.sqlite3", sql=False)
    assert list(made.databases) == ["dynamodb.sqlite3"]
    other = tmp_path / "other"
    with data_in(other):
        restore(tmp_path / "kept", dynamodb=other / "dynamodb.sqlite3")
    assert sorted(path.name for path in other.iterdir()) == ["attachments", "dynamodb.sqlite3"]


@pytest.mark.skipif(
    "postgres" not in os.environ.get("TEST_DATABASE_URL", ""), reason="on PostgreSQL alone"
)
@pytest.mark.django_db(transaction=True)
def test_postgresql_is_dumped_and_restored(tmp_path, settings, monkeypatch):
    Team.objects.create(name="Kept")
    data, kept, goal = tmp_path / "data", tmp_path / "kept", tmp_path / "other/dynamodb.sqlite3"
    data.mkdir()
    database(data / "dynamodb.sqlite3", "a ticket").close()
    settings.DATA_DIR = data
    settings.STORAGES = {"attachments": {"OPTIONS": {"location": data / "attachments"}}}
    ours = dict(connection.settings_dict)
    monkeypatch.setattr(module, "_database", lambda: ours)
    backup(kept, dynamodb=data / "dynamodb.sqlite3")
    with pytest.raises(Refused, match="has tables"):
        restore(kept, dynamodb=goal)
    name = f"{ours['NAME']}_restored"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
    try:
        monkeypatch.setattr(module, "_database", lambda: {**ours, "NAME": name})
        restore(kept, dynamodb=goal)
        assert module._postgres("psql", "-Atc", "SELECT name FROM accounts_team") == "Kept"
        assert rows(goal) == ["a ticket"]
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}"')
