"""Extracts messages from the source, and compares each language's catalogue with them.

A catalogue is `locale/<language>/LC_MESSAGES/django.po`. Babel reads and compiles it, so that
nobody needs gettext. `make messages` updates the catalogues; setting the desk up compiles them.
"""

import ast
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

PROJECT = Path(__file__).resolve().parent.parent
LOCALES = PROJECT / "locale"
SOURCES = ("customers", "helpdesk", "reporting", "templates", "theme", "tickets")
NOT_SHOWN = {"migrations", "static", "static_src", "node_modules"}
"""Folders without texts for users."""

KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
HEADER = "# `make messages` adds what is new and takes out what is gone."

_CALL = re.compile(r"\b(n?gettext|_)\(\s*")
_OF_THE_DAY = tuple(
    f'"{name}'
    for name in (
        *("POT-Creation-Date", "PO-Revision-Date", "Project-Id-Version", "Report-Msgid-Bugs-To"),
        *("Last-Translator", "Language-Team", "Generated-By"),
    )
)
"""Headers of a catalogue that say when and by whom: the history of the file knows."""
_TEXT = re.compile(r"""u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\s*,?\s*""")

MessageId = str | tuple[str, ...]
"""A message, or its singular and plural."""


def messages() -> Catalog:
    """Return every message of the source, with the files that contain it."""
    found = Catalog(charset="utf-8")
    for path in sorted(_files()):
        name = path.relative_to(PROJECT).as_posix()
        for message in messages_of(path):
            found.add(message, locations=[(name, 0)])
    return found


def catalogue(language: str) -> Catalog:
    """Return a language's catalogue as it is in its file."""
    with po_file(language).open("rb") as opened:
        return read_po(opened, locale=language)


def languages() -> list[str]:
    """Return the languages that have a catalogue: all but the source's own."""
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def po_file(language: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / "django.po"


def update(language: str) -> tuple[int, int]:
    """Update a language's catalogue: add new messages untranslated, remove those that are gone.

    Returns how many messages it has, and how many lack a translation.
    """
    updated = Catalog(
        locale=language, project="Helpdesk", header_comment=HEADER, charset="utf-8", fuzzy=False
    )
    known = catalogue(language) if po_file(language).exists() else Catalog(locale=language)
    for message in messages():
        if not message.id:
            continue
        old = known.get(message.id[0] if isinstance(message.id, tuple) else message.id)
        same = old is not None and old.id == message.id
        updated.add(message.id, old.string if old and same else None, locations=message.locations)
    written = BytesIO()
    write_po(written, updated, width=100, omit_header=False, include_lineno=False)
    po_file(language).parent.mkdir(parents=True, exist_ok=True)
    po_file(language).write_bytes(_without_dates(written.getvalue()))
    return len(updated), sum(
        1 for message in updated if message.id and not complete(message.string)
    )


def compiled(language: str) -> bytes:
    """Return a language's catalogue as gettext reads it."""
    written = BytesIO()
    write_mo(written, catalogue(language))
    return written.getvalue()


def complete(string: object) -> bool:
    """Return whether a translation has all of its plural forms."""
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _files() -> Iterator[Path]:
    for top in SOURCES:
        for path in (PROJECT / top).rglob("*"):
            shown = NOT_SHOWN.isdisjoint(path.relative_to(PROJECT).parts)
            if shown and path.suffix in {".py", ".html", ".txt"}:
                yield path


def messages_of(path: Path) -> Iterator[MessageId]:
    if path.suffix == ".py":
        with path.open("rb") as opened:
            for _line, message, _comments, _context in extract("python", opened, KEYWORDS):
                yield message
    else:
        yield from _of_template(path.read_text("utf-8"))


def _of_template(source: str) -> Iterator[MessageId]:
    """Return a template as calls of gettext, which is how Django extracts its messages."""
    calls = templatize(source)
    for call in _CALL.finditer(calls):
        texts, end = [], call.end()
        while text := _TEXT.match(calls, end):
            texts.append(str(ast.literal_eval(text[1])))
            end = text.end()
        yield tuple(texts[:2]) if call[1] == "ngettext" else texts[0]


def _without_dates(written: bytes) -> bytes:
    """Return a catalogue without dates, so that writing it without a change leaves the file as it
    is."""
    kept = [line for line in written.decode().split("\n") if not line.startswith(_OF_THE_DAY)]
    return "\n".join(kept).encode()
