"""Every test that can do more when a variable says so is among those that `make thorough` runs."""

import re
from pathlib import Path

from tests.thorough import FORMS, PAGE

TESTS = Path(__file__).parent
READ = re.compile(r"""environ(?:\.get\(|\[)["']([A-Z_]+)["']""")
# What says where something is, or how, and not how much of it.
NO_LENGTH = {
    "BIND",
    "CLOCK_SEED",  # to look at one failure again
    "DATABASE_URL",
    "DATA_DIR",
    "DESK_ADDRESS",
    "DIE_SHARE",
    "DYNAMODB_ENDPOINT_URL",
    "IMAP_PORT",
    "MAIL_FOLDER",
    "MAIL_IN",
    "MAIL_PORT",
    "MAIL_SEED",
    "MILESTONES_AHEAD",
    "PATH",
    "PATIENCE",  # of a process that a test starts
    "PYTEST_XDIST_WORKER",
    "REQUIRE_BROWSER",
    "RIGHTS_FOLDER",
    "SCREENSHOTS",
    "TEST_DATABASE_URL",
    "TICKETS",  # of a process that a test starts
}


def test_every_variable_that_lengthens_a_test_has_its_long_form():
    found = {name for path in TESTS.rglob("*.py") for name in READ.findall(path.read_text())}

    assert found - NO_LENGTH == {form.variable for form in FORMS}


def test_every_long_form_goes_by_its_variable_and_tells_what_it_has_looked_at():
    for form in FORMS:
        for path in form.tests:
            text = (TESTS.parent / path).read_text()
            # Read there, or in a module that several tests share (tests/death.py).
            assert form.variable in text, f"{path} does not go by {form.variable}"
            assert re.search(r"^ +looked_at\(", text, re.MULTILINE), f"{path} tells nothing"


def test_the_page_of_long_forms_names_each_run_or_never_run():
    page = PAGE.read_text()
    rows = re.findall(r"^\| ([A-Z_]+) \|", page, re.MULTILINE)
    [never] = re.findall(r"^Never run: (.*)\.$", page, re.MULTILINE) or [""]

    assert sorted([*rows, *filter(None, never.split(", "))]) == sorted(
        form.variable for form in FORMS
    )
