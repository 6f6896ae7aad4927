"""Full text of tickets, in the way of the database in use.

A document has two fields: `strong` (number, subject, people, vehicle) and `weak` (description and
conversation), both as plain, folded words; and `original`, for snippets.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from django.db import connection

from tickets.store.fulltext import postgres, sqlite


@dataclass(frozen=True)
class Document:
    number: int
    strong: list[str]
    weak: list[str]
    original: str


class Engine(Protocol):
    """The interface of a database's full text. Each is a module beside this one."""

    def create(self) -> None:
        """Create the table, unless it exists."""

    def drop(self) -> None:
        """Drop the table, if it exists."""

    def put(self, documents: Iterable[Document]) -> None:
        """Write documents; each replaces the one with its number."""

    def forget(self, numbers: Sequence[int]) -> None:
        """Delete the documents with these numbers."""

    def forget_remains(self) -> None:
        """Remove deleted and replaced documents from the database's files."""

    def matching(self, words: Sequence[str], *, strong: bool) -> tuple[str, list[str]]:
        """Return SQL, and its parameters, for the numbers of matching documents.

        Every word has to begin a word of the document; with `strong`, in that field alone.
        """

    def originals(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the texts as they were written, by number; snippets are cut out of them."""


def engine() -> Engine:
    """Return the full-text index of Django's database: PostgreSQL's or SQLite's."""
    return postgres if connection.vendor == "postgresql" else sqlite
