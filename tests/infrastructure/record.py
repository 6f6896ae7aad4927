"""make rights [ARGS="tests/web"]: record anew which test uses which right, in uses.json.

Runs the suite without browsers and running desks, an hour on two cores, or the tests of ARGS. A
test that still uses its right keeps it; for the others the fewest tests are named.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.aws_rights import SOMEBODY, USES, Call, Use, held

ROOT = Path(__file__).parents[2]
FOLDERS = (
    "admin",
    "api",
    "dynamo",
    "email",
    "infrastructure",
    "mail",
    "security",
    "services",
    "web",
)
BY_CHANCE = ("tests/services/test_races.py", "tests/api/test_running.py", "tests/api/test_walk.py")
"""What these call is not the same each time."""


def main(asked: list[str]) -> int:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-n", "2"),
                *(f"--ignore={path}" for path in BY_CHANCE),
                *(asked or [f"tests/{name}" for name in FOLDERS]),
            ],
            cwd=ROOT,
            env={**os.environ, "RIGHTS_FOLDER": folder},
            check=False,  # a test may fail for the right that it no longer uses
        )
        entered, called = recorded(Path(folder))
    before = held()
    if asked:  # what other tests hold stays
        for test, calls in before.items():
            if test not in called:
                called[test] = calls
    USES.write_text(as_text(chosen(entered, called, before)), encoding="utf-8")
    return 0


def recorded(folder: Path) -> tuple[dict[str, set[Call]], dict[str, set[Call]]]:
    """Return what each test has called in one of the roles: inside a request, a task or a command,
    and altogether."""
    entered: dict[str, set[Call]] = defaultdict(set)
    called: dict[str, set[Call]] = defaultdict(set)
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            one = json.loads(line)
            if one["role"] != SOMEBODY:
                call = (one["role"], Use(one["resource"], one["action"]))
                called[one["by"]].add(call)
                if one["entered"]:
                    entered[one["by"]].add(call)
    return dict(entered), dict(called)


def chosen(
    entered: dict[str, set[Call]], called: dict[str, set[Call]], before: dict[str, set[Call]]
) -> dict[Call, str]:
    """Return a test for each call: the one before, else as few as may be.

    A test in which a request, a task or a command makes the call goes before one that calls its
    service.
    """
    found = {
        call: test for test, calls in before.items() for call in calls & called.get(test, set())
    }
    for by_test in (entered, called):
        left = set().union(*by_test.values()) - set(found)
        while left:
            best = min(by_test, key=lambda test: (-len(by_test[test] & left), test))
            found |= dict.fromkeys(by_test[best] & left, best)
            left -= by_test[best]
    return found


def as_text(tests: dict[Call, str]) -> str:
    nested: dict[str, dict[str, dict[str, str]]] = {}
    for (role, use), test in sorted(tests.items()):
        nested.setdefault(str(role), {}).setdefault(use.resource, {})[use.action] = test
    return json.dumps(nested, indent=2) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
