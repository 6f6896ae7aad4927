"""A desk that is installed without its static files says so, where an operator looks."""

import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from helpdesk import static_files
from tests.security.test_deploy import manage

ASK = (
    "import json\n"
    "from django.test import Client\n"
    "client = Client(raise_request_exception=False, headers={'host': 'desk.example'})\n"
    "ready = client.get('/readyz').json()\n"
    "page = client.get('/accounts/login/', secure=True)\n"
    "print(json.dumps([ready['static_files'], page.status_code, page.content.decode()]))"
)


def test_before_they_are_collected_readyz_and_the_check_say_it_and_no_page_is_a_500(tmp_path):
    env = {"DATA_DIR": str(tmp_path), "LOG_LEVEL": "CRITICAL"}
    checked = manage("check", "--deploy", **env)
    assert checked.returncode != 0
    assert "helpdesk.E002" in checked.stderr
    assert "collectstatic" in checked.stderr
    state, status, page = json.loads(manage("shell", "-v0", "-c", ASK, **env).stdout)
    assert (state, status) == ("missing", 503)
    assert "check --deploy" in page

    collected = manage("collectstatic", "--no-input", **env)
    assert collected.returncode == 0, collected.stderr
    assert (tmp_path / "static" / "staticfiles.json").is_file(), "not under DATA_DIR"
    collected = json.loads((tmp_path / "static" / "staticfiles.json").read_text())["paths"]
    entry = (tmp_path / "static" / collected["js/desk.js"]).read_text()
    assert f'import "./{Path(collected["js/live.js"]).name}";' in entry, (
        "a module by its plain name"
    )
    state, status, page = json.loads(manage("shell", "-v0", "-c", ASK, **env).stdout)
    assert (state, status) == ("ok", 200)
    assert "/static/css/desk." in page
    assert manage("check", "--deploy", "--fail-level", "WARNING", **env).returncode == 0
    ask = "from helpdesk.static_files import not_collected; print(not_collected())"
    assert manage("shell", "-v0", "-c", ask, **env).stdout.split() == ["[]"]


def test_static_files_are_collected_where_the_setting_says(tmp_path):
    place = tmp_path / "elsewhere"
    done = manage(
        "collectstatic", "--no-input", DATA_DIR=str(tmp_path / "data"), STATIC_ROOT=str(place)
    )
    assert done.returncode == 0, done.stderr
    assert (place / "staticfiles.json").is_file()


def test_nothing_is_collected_without_the_stylesheet(monkeypatch):
    monkeypatch.setattr(static_files.finders, "find", lambda name: None)
    with pytest.raises(CommandError, match="stylesheet is not built"):
        call_command("collectstatic", "--no-input", "--dry-run")
