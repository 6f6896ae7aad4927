"""What `check_release` says of a desk, and what its exit code is."""

import re
import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from helpdesk import static_files
from helpdesk.dynamo.table import client, create_missing_tables
from helpdesk.release import report as reporting
from helpdesk.release.settings import GONE, NEW
from helpdesk.static_storage import HashedModules
from tickets.models import DataVersion
from tickets.services.maintenance.data_version import is_upgraded
from tickets.store.ticket import Ticket

ROOT = Path(__file__).parents[2]
BEFORE = {
    *("ALLOWED_HOSTS", "API_REQUESTS_PER_MINUTE", "ATTACHMENTS_BUCKET", "AWS_REGION"),
    *("BEHIND_PROXY", "CLOSE_AFTER_SILENCE_HOURS", "CROWDED_QUEUE", "CSRF_TRUSTED_ORIGINS"),
    *("DATABASE_URL", "DATA_DIR", "DEBUG", "DEFAULT_FROM_EMAIL", "DYNAMODB_ENDPOINT_URL"),
    *("DYNAMODB_SHARDS", "DYNAMODB_TABLE_PREFIX", "EMAIL_URL", "LOG_LEVEL", "METRICS_TOKEN"),
    *("REDIS_URL", "REOPEN_WITHIN_DAYS", "REPORT_TIME_ZONES", "SECRET_KEY"),
    *("SLA_SWEEP_SECONDS", "TIME_ZONE", "WEBHOOKS_TO_PRIVATE_ADDRESSES"),
}
"""What the settings of bcb00ae read."""


def checked():
    """What the command prints, and its exit code."""
    out = StringIO()
    try:
        call_command("check_release", stdout=out)
    except SystemExit as ended:
        return out.getvalue(), ended.code
    return out.getvalue(), 0


@pytest.fixture
def upgraded(desk):
    """A desk with which nothing is to be done."""
    is_upgraded()
    said, code = checked()
    assert code == 0, said
    assert "Migrations: nothing\nDynamoDB: nothing\nStatic files: nothing\nData: nothing" in said
    return desk


def unapply(last):
    """As if no migration of tickets since `last` had run."""
    applied = MigrationRecorder(connection).migration_qs.filter(app="tickets")
    applied.filter(name__gte=last).delete()


def test_it_names_migrations_with_what_they_do(upgraded):
    unapply("0022_channel_indexes")
    said, code = checked()
    assert "entry_channel on entry (takes time, while others go on)" in said
    assert "Raw Python operation (reviewed: writes a row into a table that is new)" in said
    assert "-> python manage.py migrate" in said
    assert code == 1

    unapply("0002_default_promises")
    said, code = checked()
    assert "0002_default_promises: Raw Python operation (code of its own: read it)" in said
    assert code == 2


def test_it_names_indexes_and_data(upgraded):
    DataVersion.objects.all().delete()
    name = str(Ticket.Meta.table_name)
    change = {"Delete": {"IndexName": "by-team"}}
    client().update_table(TableName=name, GlobalSecondaryIndexUpdates=[change])
    try:
        said, code = checked()
        assert f"index by-team of {name} is to be made" in said
        assert "-> python manage.py create_tables" in said
        assert "-> python manage.py upgrade_data" in said
        assert code == 1
    finally:
        create_missing_tables()
    call_command("upgrade_data", stdout=StringIO())
    assert checked()[1] == 0


def test_it_names_settings_that_came_and_went(db, monkeypatch):
    said = reporting._settings(dict.fromkeys(NEW, ""))
    assert (said.lines, said.due) == ([], reporting.Due.NOTHING)
    assert len(reporting._settings({}).lines) == len(NEW)
    monkeypatch.setitem(GONE, "OLD_NAME", "Set NEW_NAME.")
    gone = reporting._settings({"OLD_NAME": "1"})
    assert gone.lines[0] == "OLD_NAME is set, and not read any more. Set NEW_NAME."
    assert gone.due is reporting.Due.THOUGHT


def test_no_setting_comes_or_goes_without_a_word():
    read = re.compile(r"""env(?:\.\w+)?\(\s*"([A-Z0-9_]+)\"""")
    files = ("helpdesk/settings.py", "helpdesk/sign_in_settings.py")
    now = {name for file in files for name in read.findall((ROOT / file).read_text())}
    documented = (ROOT / "docs/deploy.md").read_text()
    for name in NEW:
        assert f"`{name}`" in documented or name.startswith("OIDC_"), name
    of_operators = {name for name in now - BEFORE if f"`{name}`" in documented}
    assert of_operators <= NEW.keys()
    assert BEFORE - now == GONE.keys()


def test_static_files_that_changed_are_named(tmp_path, monkeypatch, settings):
    """A stylesheet that names a picture is not what it was when the picture is another."""
    code, collected = tmp_path / "code", tmp_path / "collected"
    (code / "css").mkdir(parents=True)
    for name in ("css/old.css", "css/same.css", "css/a.svg"):
        (code / name).write_text(name)
    (code / "css/desk.css").write_text("b { background: url(a.svg) }")
    shutil.copytree(code, collected)
    storage = HashedModules(location=collected, base_url="/static/")
    names = [path.relative_to(code).as_posix() for path in code.rglob("*.*")]
    list(storage.post_process({name: (storage, name) for name in names}))
    settings.STATICFILES_DIRS = []
    monkeypatch.setattr(static_files, "staticfiles_storage", storage)
    monkeypatch.setattr(static_files.finders, "find", lambda name: str(code / name))
    assert static_files.not_collected() == []

    (code / "css/old.css").write_text("another")
    (code / "css/new.css").write_text("new")
    assert static_files.not_collected() == ["css/new.css", "css/old.css"]
    (code / "css/a.svg").write_text("another")
    assert "css/desk.css" in static_files.not_collected()
