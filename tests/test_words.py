"""Phrases that gave way to the terms of `docs/glossary.md` do not come back."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).with_name("words.txt")
APPS = ("customers", "helpdesk", "reporting", "tickets", "theme")
KINDS = {"templates", "code", "docs", "tests"}
CASE = "case"
SEPARATOR = r"[\s_-]+"
"""What may stand between the words of a phrase: names of code, of files and of CSS join them."""


@dataclass(frozen=True)
class Banned:
    phrase: str
    where: frozenset[str]
    excepted: tuple[str, ...] = ()
    as_written: bool = False
    """Whether it is another phrase in lower case."""

    def pattern(self) -> re.Pattern[str]:
        text = SEPARATOR.join(re.escape(word) for word in self.phrase.split())
        start = r"(?<![^\W_])" if self.phrase[0].isalnum() else ""
        end = r"(?![^\W_])" if self.phrase[-1].isalnum() else ""
        return re.compile(start + text + end, 0 if self.as_written else re.IGNORECASE)


def banned(lines: list[str]) -> Iterator[Banned]:
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        phrase, where, excepted, *rest = [*(part.strip() for part in line.split("|")), "", ""]
        assert phrase, line
        kinds = frozenset(where.split()) - {CASE}
        assert kinds <= KINDS, line
        assert not any(rest), line
        yield Banned(phrase, kinds or frozenset(KINDS), tuple(excepted.split()), CASE in where)


def searched() -> dict[str, list[Path]]:
    """The files of each kind. The changelog and migrations tell of what was."""
    apps = [path for app in APPS for path in (ROOT / app).rglob("*") if path.is_file()]
    built = {"node_modules", "migrations", "__pycache__", "static"}
    ours = [path for path in apps if not built & set(path.relative_to(ROOT).parts)]
    pages = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "templates").rglob("*.txt")]
    return {
        "templates": [*pages, *(path for path in ours if path.suffix == ".html")],
        "code": [
            *(path for path in ours if path.suffix in (".py", ".js", ".css")),
            ROOT / "Makefile",
        ],
        "docs": [
            *(ROOT / "docs").rglob("*.md"),
            *(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"),
        ],
        "tests": [path for path in (ROOT / "tests").rglob("*.py") if path != Path(__file__)],
    }


def found(text: str, phrases: list[Banned]) -> Iterator[tuple[int, str]]:
    """Each place of a phrase, by line. A phrase may be broken over lines and string literals."""
    flat = re.sub(r'"\s*\n\s*f?"', lambda joint: " " * len(joint[0]), text)
    words = re.sub(SEPARATOR, " ", flat.lower())
    for one in phrases:
        plain = re.sub(SEPARATOR, " ", one.phrase.lower())
        if plain in words:  # far cheaper than a pattern for each
            for hit in one.pattern().finditer(flat):
                yield text.count("\n", 0, hit.start()) + 1, one.phrase


def test_words_that_gave_way_do_not_come_back() -> None:
    phrases = list(banned(LIST.read_text().splitlines()))
    files = searched()
    assert len(phrases) > 100
    assert all(len(files[kind]) > 8 for kind in KINDS)

    left = []
    for kind, paths in files.items():
        for path in paths:
            name = str(path.relative_to(ROOT))
            here = [
                one
                for one in phrases
                if kind in one.where and not any(fnmatch(name, glob) for glob in one.excepted)
            ]
            left += [f"{name}: “{phrase}” in the name" for _at, phrase in found(name, here)]
            left += [f"{name}:{at}: “{phrase}”" for at, phrase in found(path.read_text(), here)]
    assert not left, "\n".join(["See docs/glossary.md and tests/words.txt:", *left])


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("<b>Keep the note</b>", [1]),
        ('x = (\n    "Keep the "\n    "note"\n)', [2]),
        ("Keep\nthe note", [1]),
        ("Keep the notes", []),
        ("keep the note", [1]),
        ("def test_keep_the_note():", [1]),
        ("keep_the_note()", [1]),
        (".keep-the-note {}", [1]),
    ],
)
def test_a_phrase_is_found_however_it_is_broken(text: str, lines: list[int]) -> None:
    phrases = list(banned(["Keep the note"]))
    assert [at for at, _phrase in found(text, phrases)] == lines


@pytest.mark.parametrize(("text", "lines"), [("Back to my work", []), ("To my work", [1])])
def test_case_counts_where_a_line_says_so(text: str, lines: list[int]) -> None:
    phrases = list(banned(["To my work | case"]))
    assert [at for at, _phrase in found(text, phrases)] == lines
