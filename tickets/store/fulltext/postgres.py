"""Full text in PostgreSQL: arrays of lexemes under a GIN index.

Words are folded and split before, so PostgreSQL's own parser, which reads URLs and numbers in
another way than SQLite, is not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from tickets.store.fulltext import Document


def create() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE IF NOT EXISTS tickets_text ("
            "number bigint PRIMARY KEY, strong tsvector, anywhere tsvector, original text)"
        )
        for field in ("strong", "anywhere"):
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS tickets_text_{field} "
                f"ON tickets_text USING gin ({field})"
            )


def drop() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS tickets_text")


def put(documents: Iterable[Document]) -> None:
    with connection.cursor() as cursor:
        for found in documents:
            strong = sorted(set(found.strong))
            cursor.execute(
                "INSERT INTO tickets_text (number, strong, anywhere, original) "
                "VALUES (%s, array_to_tsvector(%s::text[]), array_to_tsvector(%s::text[]), %s) "
                "ON CONFLICT (number) DO UPDATE SET strong = excluded.strong, "
                "anywhere = excluded.anywhere, original = excluded.original",
                [found.number, strong, sorted({*strong, *found.weak}), found.original],
            )


def forget(numbers: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("DELETE FROM tickets_text WHERE number = %s", [number])


def forget_remains() -> None:
    """Do nothing: autovacuum does it."""


def matching(words: Sequence[str], *, strong: bool) -> tuple[str, list[str]]:
    asked = " & ".join(f"'{word}':*" for word in words)
    field = "strong" if strong else "anywhere"
    return f"SELECT number FROM tickets_text WHERE {field} @@ %s::tsquery", [asked]  # noqa: S608


def originals(numbers: Sequence[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, original FROM tickets_text WHERE number = ANY(%s)", [list(numbers)]
        )
        return dict(cursor.fetchall())
