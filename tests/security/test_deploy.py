"""With production settings nothing is left to warn of, and what must be set stops the start."""

import os
import secrets
import subprocess
import sys

import pytest

from tests.chaos.desk import ROOT

PRODUCTION = {
    "PATH": os.environ["PATH"],
    "DEBUG": "0",
    "SECRET_KEY": secrets.token_urlsafe(60),
    "ALLOWED_HOSTS": "desk.example",
    "DATABASE_URL": "sqlite://:memory:",
}


def manage(*command, **env):
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT,
        env={name: value for name, value in {**PRODUCTION, **env}.items() if value is not None},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_deployment_checks_are_clean(tmp_path):
    done = manage("check", "--deploy", "--fail-level", "WARNING", DATA_DIR=str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize("missing", [None, ""])
def test_a_missing_secret_stops_the_start_with_a_clear_message(tmp_path, missing):
    done = manage("check", SECRET_KEY=missing, DATA_DIR=str(tmp_path))

    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr
