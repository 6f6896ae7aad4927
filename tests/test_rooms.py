"""Modules stay small, and the rooms of `tickets/services` few (issue: a newcomer finds them)."""

from pathlib import Path

import pytest
from django.conf import settings

LONGEST = 450
MOST_ENTRIES = 10
APPS = ("helpdesk", "customers", "tickets", "reporting", "theme")


def test_no_module_is_longer_than_450_lines():
    root = Path(settings.BASE_DIR)
    modules = [
        path
        for folder in (*APPS, "tests")
        for path in (root / folder).rglob("*.py")
        if not {"node_modules", "migrations"} & set(path.parts)
    ]
    scripts = list((root / "theme/assets/js").glob("*.js"))
    assert len(modules) > 400
    assert len(scripts) > 2

    long = [
        f"{path.relative_to(root)}: {lines} lines"
        for path in (*modules, *scripts)
        if (lines := len(path.read_text().splitlines())) > LONGEST
    ]
    assert not long, "\n".join(long)


@pytest.mark.parametrize("room", ["tickets/services", "tickets/services/email"])
def test_the_services_of_tickets_are_in_ten_rooms(room):
    entries = [
        path.name
        for path in (Path(settings.BASE_DIR) / room).iterdir()
        if not path.name.startswith("__")
    ]
    assert 5 < len(entries) <= MOST_ENTRIES, entries
