"""A new filter is a field and a row of the table: pages, search box, API and admin follow."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings

MODULE = "tests/services/one_filter_more.py"


def test_a_new_row_of_the_table_is_in_pages_search_box_api_and_admin():
    given = {name: value for name, value in os.environ.items() if "PYTEST" not in name}
    plugin = MODULE.removesuffix(".py").replace("/", ".")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", plugin, MODULE],
        cwd=Path(settings.BASE_DIR),
        env=given,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert "4 passed" in run.stdout, run.stdout
