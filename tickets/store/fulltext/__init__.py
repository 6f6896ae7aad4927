"""Full text of tickets, in the way of the database in use."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from django.db import connection
from django.db.models import QuerySet

from tickets.models.search import Entry
from tickets.store.fulltext import postgres, sqlite
from tickets.store.fulltext.document import Document, Field

__all__ = ["Document", "Engine", "Field", "engine"]


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

    def first(
        self,
        found: QuerySet[Entry, tuple[int, int]],
        words: Sequence[str],
        field: Field,
        *,
        limit: int,
    ) -> list[tuple[int, int]]:
        """Return the first rows of `found` whose documents match.

        `found` has an order, and rows that end with the ticket's number. Every word has to begin a
        word of the document.
        """

    def originals(self, numbers: Sequence[int]) -> dict[int, str]:
        """Return the texts as they were written, by number; snippets are cut out of them."""


def engine() -> Engine:
    """Return the full-text index of Django's database: PostgreSQL's or SQLite's."""
    return postgres if connection.vendor == "postgresql" else sqlite
