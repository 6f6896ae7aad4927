"""Every document that code, tests and documents name is in the tree."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"\b[A-Z]{3,}\.md\b|\bdocs/[\w./-]+\.(?:md|json)\b")
PLACES = ("customers", "docs", "helpdesk", "reporting", "templates", "tests", "tickets")
KINDS = {".py", ".md", ".html", ".js", ".css"}


def test_every_document_that_is_named_is_there():
    known = {path.name for path in ROOT.glob("*.md")}
    known |= {path.name for path in (ROOT / "docs/contracts").glob("*.md")}
    files = (path for place in PLACES for path in (ROOT / place).rglob("*"))
    lost = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        if path.suffix in KINDS and "node_modules" not in path.parts
        for name in NAMED.findall(path.read_text())
        if name not in known and not (ROOT / name).exists()
    ]
    assert lost == []
