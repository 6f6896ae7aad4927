"""A command where no engine runs says which and how to start it, and never asks AWS instead."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import get_commands

from helpdesk.engines import ports, required

ROOT = Path(__file__).parents[2]
OURS = ("helpdesk", "helpdesk.accounts", "customers", "tickets", "reporting")
NO_ENGINE = {"backup", "collectstatic", "infrastructure", "restore", "update_messages"}
DATA_COMMANDS = sorted(
    name for name, app in get_commands().items() if app in OURS and name not in NO_ENGINE
)


def run(*words, folder, **env):
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(folder),
            "AWS_ACCESS_KEY_ID": "somebody",
            "AWS_SECRET_ACCESS_KEY": "else",
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            **env,
        },
        input="{}",
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def laptop(tmp_path):
    """A DATA_DIR as `make run` leaves it when it has stopped."""
    (tmp_path / "desk.env").write_text(f"DEBUG=1\nSECRET_KEY={'only for tests ' * 5}\n")
    return tmp_path


@pytest.mark.parametrize("command", ["verify_tickets", "create_tables", "sla_sweep", "seed_demo"])
def test_a_command_on_a_laptop_says_which_engines_are_missing_and_how_to_start_them(
    laptop, command
):
    done = run("manage.py", command, folder=laptop)

    assert done.returncode == 1
    assert "DynamoDB and Redis are not running" in done.stderr
    assert "make run" in done.stderr
    assert done.stderr.count("\n") == 1, f"more than one line: {done.stderr}"


def test_what_a_kill_left_of_the_engines_addresses_is_no_engine(laptop):
    gone = ports.hidden_address()
    (laptop / "engines.env").write_text(
        f"DYNAMODB_ENDPOINT_URL=http://{gone}\nREDIS_URL=redis://:x@{gone}/0\n"
    )

    done = run("manage.py", "verify_tickets", folder=laptop)

    assert done.returncode == 1
    assert "DynamoDB and Redis are not running" in done.stderr


@pytest.mark.parametrize("command", [*DATA_COMMANDS, "migrate", "createsuperuser", "shell"])
def test_every_command_that_touches_data_refuses(settings, command):
    settings.ON_LAPTOP = True
    settings.DYNAMODB_ENDPOINT_URL = ""

    assert "DynamoDB" in (required.missing([command]) or ""), f"{command} would run"


def test_the_commands_of_the_contract_are_among_them():
    assert {"create_tables", "verify_tickets", "import_history", "rebuild_reports"} <= set(
        DATA_COMMANDS
    )


def test_one_engine_that_is_away_is_named_alone(settings):
    settings.ON_LAPTOP = True  # the DynamoDB of the tests runs, their Redis does not

    assert required.missing(["sla_sweep"]).startswith("Redis is not running")


@pytest.mark.parametrize(
    "words", [["help"], ["check"], ["seed_demo", "--help"], ["sla_explain", "--scenario", "-"], []]
)
def test_what_needs_no_data_needs_no_engine(settings, words):
    settings.ON_LAPTOP = True
    settings.DYNAMODB_ENDPOINT_URL = ""

    assert required.missing(words) is None


def test_a_scenario_is_answered_with_no_engine_running(laptop):
    scenario = {
        "calendar": "24x7",
        "events": [{"at": "2027-01-04T09:00:00Z", "type": "created", "priority": "High"}],
        "now": "2027-01-04T10:00:00Z",
    }
    file = laptop / "scenario.json"
    file.write_text(json.dumps(scenario))

    done = run("manage.py", "sla_explain", "--scenario", str(file), folder=laptop)

    assert json.loads(done.stdout)["responseDeadline"] == "2027-01-04T13:00:00Z", done.stderr


ENDPOINT = (
    "import django; django.setup(); "
    "from helpdesk.dynamo.table import client; print(client().meta.endpoint_url)"
)


def test_no_program_on_a_laptop_talks_to_aws_because_an_address_is_missing(laptop):
    done = run("-c", ENDPOINT, folder=laptop, DEBUG="1")

    assert done.returncode != 0
    assert "DynamoDB is not running" in done.stderr
    assert "amazonaws" not in done.stdout


def test_in_production_an_empty_address_means_aws(tmp_path):
    done = run(
        *("-c", ENDPOINT),
        folder=tmp_path,
        DEBUG="0",
        SECRET_KEY="only for tests " * 5,
        ALLOWED_HOSTS="desk.example",
    )

    assert done.stdout.strip() == "https://dynamodb.eu-west-1.amazonaws.com", done.stderr
