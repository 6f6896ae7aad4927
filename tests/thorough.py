"""make thorough [ARGS="KILLS RACE_ROUNDS"]: the long forms of tests, all or those named.

Each is a test of the suite that does more when a variable says so; what it has looked at it tells
by the fixture `looked_at`, and a form that tells nothing has failed. A variable that is set in the
environment is taken as it is. Writes docs/thorough.md, where forms that were not run keep the line
of their last run.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "thorough.md"


@dataclass(frozen=True)
class Form:
    """Tests that do more when `variable` is set; "" where only its caller knows a value."""

    variable: str
    value: str
    about: str
    tests: tuple[str, ...]


FORMS = (
    Form(
        *("RACE_ROUNDS", "300", "Threads that change a ticket and sweep it at once"),
        ("tests/services/test_races.py",),
    ),
    Form(
        *("CLOCK_TIMELINES", "200000", "The clock against a reference that counts minutes"),
        ("tests/domain/test_clock_against_reference.py",),
    ),
    Form(
        *("CHAOS_TICKETS", "2000", "Milestones, two beats, workers that die"),
        ("tests/chaos/test_escalation.py",),
    ),
    Form(
        *("KILLS", "50", "A desk in use whose parts are killed"),
        ("tests/chaos/test_everything_dies.py",),
    ),
    Form(
        *("MAIL_KILLS", "50", "Mail in and out while the parts and both mail servers are killed"),
        ("tests/chaos/test_mail_dies.py",),
    ),
    Form(
        *("ROLLING", "bcb00ae", "An upgrade from that commit while the desk is in use"),
        ("tests/chaos/test_rolling_upgrade.py",),
    ),
    Form(
        *("HISTORY_FILE", "", "A real desk's history: clock and figures"),
        (
            "tests/services/test_ticket_import_of_many.py",
            "tests/services/test_reports_recounted.py",
        ),
    ),
    Form(
        *("TYPING_RUNS", "30", "A note typed while a colleague changes everything"),
        ("tests/browser/test_typing.py",),
    ),
    Form(
        *("DOVECOT", "200", "Mail fetched from Dovecot, which is killed meanwhile"),
        ("tests/email/imap/test_dovecot.py",),
    ),
    Form(
        *("MAIL_DEATHS", "1", "Mail taken and fetched by processes killed at each step"),
        ("tests/email/test_recorded_once.py", "tests/email/imap/test_fetching.py"),
    ),
    Form(
        *("MAIL_OUTAGE", "10", "A running desk whose mail server is away for so many minutes"),
        ("tests/chaos/test_mail_server_away.py",),
    ),
    Form(
        *("FOCUS_PLACES", "1000", "Each place of a page keeps the focus when the page follows"),
        ("tests/browser/test_focus.py",),
    ),
    Form(
        *("AXE_LOOKS", "2", "Axe on every page, light on a desk and dark on a phone"),
        ("tests/browser/test_pages.py",),
    ),
    Form(
        *("PARTITION_TICKETS", "100000000", "Where the writes of so many tickets go, by shards"),
        ("tests/services/test_partitions.py",),
    ),
    Form(
        *("SCHEMATHESIS_SECONDS", "240", "Made-up requests of the API"),
        ("tests/api/test_running.py",),
    ),
    Form(
        *("WALK_TICKETS", "10000", "Cursors walked to the end while tickets change"),
        ("tests/api/test_walk.py",),
    ),
    Form(
        *("CHANGELIST_TICKETS", "100000", "The admin's lists of tickets, page by page"),
        ("tests/admin/test_changelist_cost.py",),
    ),
    Form(
        *("ERASURE_KILLS", "60", "An erasure that is killed before any of its writes"),
        ("tests/security/test_erasure.py",),
    ),
    Form(
        *("IMAGE_CHECK", "1", "The Dockerfile carried out without Docker, and its health check"),
        ("tests/engines/test_image.py",),
    ),
    Form(
        *("BACKUP_WRITES", "3000", "A desk in use that is backed up and restored elsewhere"),
        ("tests/backup/test_under_load.py",),
    ),
    Form(
        *("MERGES_UNDONE", "200", "Stories of a ticket and its twin: one is merged, and is not"),
        ("tests/services/test_links_and_merges.py",),
    ),
    Form(
        *("REASSIGNED", "500", "Many tickets reassigned at once"),
        ("tests/admin/test_bulk_actions.py",),
    ),
    Form(
        *("BULK_CLOSED", "3000", "All tickets of a list closed by one change, in a browser"),
        ("tests/browser/test_lists.py",),
    ),
    Form(
        *("REPORT_CHANGES", "3000", "Reports on a running desk with 50 creations a second"),
        ("tests/chaos/test_reports_follow.py",),
    ),
    Form(
        *("BUSY_DAYS", "100,10000,100000", "What a change costs the figures, by facts of the day"),
        ("tests/services/test_rollup_cost.py",),
    ),
    Form(
        *("FIGURE_HISTORIES", "20", "Every figure of random histories against a plain count"),
        ("tests/services/test_figures_recounted.py",),
    ),
    Form(
        *("POSTGRES", "all", "All that uses the database, on PostgreSQL"),
        ("tests/test_on_postgres.py",),
    ),
    Form(
        *("MAIL_CORPUS", "", "Real mail of odd programs"),
        ("tests/mail/reading/test_corpus.py", "tests/email/test_odd_mail.py"),
    ),
)

REAL = {"HISTORY_FILE": "a real file", "MAIL_CORPUS": "a folder of real mail"}
"""Forms that need something that is not here: what."""


def main(asked: list[str]) -> int:
    unknown = set(asked) - {form.variable for form in FORMS}
    if unknown:
        known = " ".join(form.variable for form in FORMS)
        print(f"There is no {', '.join(sorted(unknown))}. Known: {known}", file=sys.stderr)
        return 2
    lines = earlier()
    failed = []
    for form in FORMS:
        if asked and form.variable not in asked:
            continue
        value = os.environ.get(form.variable, form.value)
        if not value:
            print(f"{form.variable}: NOT RUN; set it to {REAL[form.variable]}", flush=True)
            failed.append(form.variable)
            continue
        passed, line = run(form, value)
        print(line, flush=True)
        lines[form.variable] = line
        PAGE.write_text(page(lines), encoding="utf-8")
        if not passed:
            failed.append(form.variable)
    return 1 if failed else 0


def run(form: Form, value: str) -> tuple[bool, str]:
    """Run a form; return whether it passed, and its line of the page."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "junit.xml"
        done = subprocess.run(
            [
                *(
                    sys.executable,
                    "-m",
                    "pytest",
                    "-n",
                    "0",
                    "-q",
                    "--timeout=7200",
                    "-o",
                    "junit_family=xunit1",
                ),
                *("--junitxml", str(report), *form.tests),
            ],
            cwd=ROOT,
            env={**os.environ, form.variable: value, "REQUIRE_BROWSER": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        told = looked_at(report)
    passed = done.returncode == 0 and bool(told)
    if not passed:
        print(done.stdout[-6_000:])
    name = f"{int(value):,}" if value.isdigit() else REAL.get(form.variable, value)
    cells = [
        form.variable,
        form.about,
        name,
        "; ".join(told) or "nothing",
        tests(done.stdout),
        f"{(time.monotonic() - began) / 60:.1f} min",
        f"{datetime.now(UTC):%Y-%m-%d} at {commit()}",
        "passed" if passed else "**failed**",
    ]
    return passed, "| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |"


def looked_at(report: Path) -> list[str]:
    """What the tests told; equal lines once, with how often."""
    if not report.exists():
        return []
    told: dict[str, int] = {}
    for one in ElementTree.parse(report).iter("property"):  # noqa: S314 (pytest wrote it just now)
        if one.get("name") == "looked_at":
            told[str(one.get("value"))] = told.get(str(one.get("value")), 0) + 1
    return [line if times == 1 else f"{times} times {line}" for line, times in told.items()]


def tests(output: str) -> str:
    """What pytest said at its end, such as "17 passed"."""
    found = re.findall(r"\d+ (?:passed|failed|skipped|errors?)", output.rpartition("\n\n")[2])
    return ", ".join(found or re.findall(r"\d+ (?:passed|failed|skipped|errors?)", output)[-4:])


def commit() -> str:
    words = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def earlier() -> dict[str, str]:
    """The lines of the last runs, by variable."""
    if not PAGE.exists():
        return {}
    found = (re.match(r"\| ([A-Z_]+) \|", line) for line in PAGE.read_text().splitlines())
    return {one[1]: one.string for one in found if one}


def page(lines: dict[str, str]) -> str:
    known = [lines[form.variable] for form in FORMS if form.variable in lines]
    never = [form.variable for form in FORMS if form.variable not in lines]
    return "\n".join(
        [
            "# The long forms of tests",
            "",
            "The suite runs each of these in a short form. `make thorough` runs the long ones and",
            "writes this page; a line stays until its form is run again.",
            "",
            "| Variable | About | Value | What it looked at | Tests | Took | When | Result |",
            "|---|---|---|---|---|---|---|---|",
            *known,
            *(["", f"Never run: {', '.join(never)}."] if never else []),
            "",
        ]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
