"""Full text in SQLite: FTS5."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from tickets.models.search import Entry
from tickets.store.fulltext.document import Document, Field

MERGED_PAGES = 500
"""Pages that one statement merges: some milliseconds."""


def create() -> None:
    """Create the table.

    Words are folded and split before: SQLite splits at spaces only, so that it breaks no word of a
    script that it does not know well.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE VIRTUAL TABLE IF NOT EXISTS tickets_text USING fts5("
            "strong, weak, original UNINDEXED, tokenize='ascii', prefix='2 3 4', detail=column)"
        )


def drop() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS tickets_text")


def put(documents: Iterable[Document]) -> None:
    with connection.cursor() as cursor:
        for found in documents:
            cursor.execute(
                "INSERT OR REPLACE INTO tickets_text (rowid, strong, weak, original) "
                "VALUES (%s, %s, %s, %s)",
                [found.number, " ".join(found.strong), " ".join(found.weak), found.original],
            )


def forget(numbers: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        for number in numbers:
            cursor.execute("DELETE FROM tickets_text WHERE rowid = %s", [number])


def forget_remains() -> None:
    """Merge all segments of FTS5, some pages at a time, then rewrite the file and empty the WAL.

    Deleted documents stay in FTS5's segments until those are merged, and pages keep what was in
    them (the pragma secure_delete overwrites most of it, not all). Merging in pieces lets other
    writers in between. Cost: grows with the database, and other writers wait; SQLite serves
    laptops.
    """
    with connection.cursor() as cursor:
        pages = -MERGED_PAGES  # negative: begin with all segments
        while _written_by(cursor, pages) > 1:
            pages = MERGED_PAGES
        if not connection.in_atomic_block:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _written_by(cursor: Any, pages: int) -> int:
    before = connection.connection.total_changes
    cursor.execute("INSERT INTO tickets_text (tickets_text, rank) VALUES ('merge', %s)", [pages])
    return int(connection.connection.total_changes - before)


def first(
    found: QuerySet[Entry, tuple[int, int]], words: Sequence[str], field: Field, *, limit: int
) -> list[tuple[int, int]]:
    """One statement: rows are read in their order until there are enough."""
    asked = " AND ".join(f'"{word}"*' for word in words)
    query = {
        Field.STRONG: f"strong : ({asked})",
        Field.ANYWHERE: asked,
        Field.NOT_ONLY_STRONG: f"({asked}) NOT (strong : ({asked}))",
    }[field]
    matching = RawSQL("SELECT rowid FROM tickets_text WHERE tickets_text MATCH %s", [query])
    return list(found.filter(number__in=matching)[:limit])


def originals(numbers: Sequence[int]) -> dict[int, str]:
    marks = ", ".join(["%s"] * len(numbers))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT rowid, original FROM tickets_text WHERE rowid IN ({marks})",  # noqa: S608
            list(numbers),
        )
        return dict(cursor.fetchall())
