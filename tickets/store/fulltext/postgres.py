"""Full text in PostgreSQL: arrays of lexemes under a GIN index.

Words are folded and split before, so PostgreSQL's own parser, which reads URLs and numbers in
another way than SQLite, is not used.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from tickets.models.search import Entry
from tickets.store.fulltext.document import Document, Field

LOOKED_AT = 500
"""Rows of a list whose texts are looked at first."""
_BITMAPS_ONLY = {
    **dict.fromkeys(
        (
            *("enable_seqscan", "enable_indexscan", "enable_indexonlyscan"),
            *("enable_hashjoin", "enable_mergejoin"),
        ),
        "off",
    ),
    "max_parallel_workers_per_gather": "0",
    # Enough for a bitmap of a million tickets, row by row; beyond that whole pages are read.
    "work_mem": "'16MB'",
}


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


def first(
    found: QuerySet[Entry, tuple[int, int]], words: Sequence[str], field: Field, *, limit: int
) -> list[tuple[int, int]]:
    """Look at the first rows; if too few of them match, find all that match by the GIN index.

    PostgreSQL would choose by how many rows it expects: as if words knew nothing of each other, and
    a guess for the beginning of a word. Where it is wrong it reads the whole table. So the choice
    is made here, by what is there. Cost: two statements of LOOKED_AT index entries at most; for
    rare words another, of the rows that match.
    """
    asked = " & ".join(f"'{word}':*" for word in words)
    condition, parameters = {
        Field.STRONG: ("strong @@ %s::tsquery", [asked]),
        Field.ANYWHERE: ("anywhere @@ %s::tsquery", [asked]),
        # Of the same row: a query of its own for those to leave out is, beyond work_mem, asked
        # again for every row.
        Field.NOT_ONLY_STRONG: (
            "anywhere @@ %s::tsquery AND NOT strong @@ %s::tsquery",
            [asked, asked],
        ),
    }[field]
    matching = f"SELECT number FROM tickets_text WHERE {condition}"  # noqa: S608 (see above)
    if limit <= LOOKED_AT:
        beginning = list(found[:LOOKED_AT])
        numbers = [number for _value, number in beginning]
        with connection.cursor() as cursor:
            cursor.execute(f"{matching} AND number = ANY(%s)", [*parameters, numbers])
            matched = {number for (number,) in cursor.fetchall()}
        rows = [row for row in beginning if row[1] in matched][:limit]
        if len(rows) == limit or len(beginning) < LOOKED_AT:
            return rows
    with _by_bitmaps():
        return list(found.filter(number__in=RawSQL(matching, parameters))[:limit])  # noqa: S611


@contextmanager
def _by_bitmaps() -> Iterator[None]:
    """Leave PostgreSQL no plan but to find rows by bitmaps of indexes."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET LOCAL {name} = {of}" for name, of in _BITMAPS_ONLY.items()))
        yield
        # Up to here, even if somebody's transaction goes on.
        cursor.execute("; ".join(f"SET LOCAL {name} TO DEFAULT" for name in _BITMAPS_ONLY))


def originals(numbers: Sequence[int]) -> dict[int, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, original FROM tickets_text WHERE number = ANY(%s)", [list(numbers)]
        )
        return dict(cursor.fetchall())
