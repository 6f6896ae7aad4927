"""Full text of tickets, in whatever the database at hand is good at.

A document has two fields: `strong` (number, subject, people, vehicle) and `weak` (description and
conversation), both as plain words that are folded already; and `original`, for snippets.
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
    """What a database has to be able to do. Each is a module beside this one."""

    def create(self) -> None:
        """Make the table, if it is not there."""

    def drop(self) -> None: ...

    def put(self, documents: Iterable[Document]) -> None:
        """Write documents, each instead of the one with its number."""

    def forget(self, numbers: Sequence[int]) -> None:
        """Take the documents of these numbers out."""

    def forget_remains(self) -> None:
        """Let nothing be left of documents that were taken out or written anew."""

    def matching(self, words: Sequence[str], *, strong: bool) -> tuple[str, list[str]]:
        """SQL, and its parameters, that selects the numbers of the documents that have every word
        as the beginning of one of theirs; with `strong` in that field alone."""

    def originals(self, numbers: Sequence[int]) -> dict[int, str]: ...


def engine() -> Engine:
    return postgres if connection.vendor == "postgresql" else sqlite
