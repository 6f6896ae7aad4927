"""Services, pages, admin, API, mail and security on PostgreSQL: `make test-postgres ARGS=all`.

CI runs there what has SQL as its subject; this is the rest, before a release.
"""

import os
import re
import subprocess
import sys

import pytest

from tests.chaos.desk import ROOT

WIDE = os.environ.get("POSTGRES", "")
"""What tests/postgres.py is asked for: "all", or files."""


@pytest.mark.skipif(not WIDE, reason="a long form: make thorough")
@pytest.mark.timeout(7_200)
def test_all_that_uses_the_database_passes_on_postgresql(looked_at):
    done = subprocess.run(
        [sys.executable, "-m", "tests.postgres", *WIDE.split()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-2_000:]
    told = re.findall(r"(\d+) (passed|skipped)", done.stdout.splitlines()[-1])
    assert "passed" in dict(map(reversed, told))
    looked_at("on PostgreSQL " + ", ".join(f"{int(count):,} {end}" for count, end in told))
