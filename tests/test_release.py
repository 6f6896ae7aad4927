"""A release has one number, and the changelog says what is in it."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_changelog_begins_with_the_release_that_the_project_is():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings[0] == version
    numbers = [tuple(map(int, heading.split("."))) for heading in headings]
    assert numbers == sorted(numbers, reverse=True)
