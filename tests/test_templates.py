"""Templates read like pages: one element a line where it is long, no line over 160 characters."""

from pathlib import Path

from django.conf import settings
from django.template.utils import get_app_template_dirs

LONGEST = 160


def test_no_line_of_a_template_is_longer_than_160_characters():
    root = Path(settings.BASE_DIR)
    folders = {*settings.TEMPLATES[0]["DIRS"], *get_app_template_dirs("templates")}
    ours = [it for it in folders if it.is_relative_to(root) and "site-packages" not in it.parts]
    files = [it for folder in ours for it in folder.rglob("*") if it.suffix in {".html", ".txt"}]
    assert {root / "templates", root / "helpdesk/dynamo_admin/templates"} <= set(ours)

    long = [
        f"{name}:{number} has {len(line)} characters"
        for name, path in sorted((str(it.relative_to(root)), it) for it in files)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST
    ]
    assert not long, "\n".join(long)
