"""Tables of earlier releases, which the release before this one still reads while it serves."""

from django.db import connection

TABLES = (
    "axes_accessattemptexpiration",
    "axes_accessattempt",
    "axes_accesslog",
    "axes_accessfailurelog",
)
"""django-axes counted failed sign-ins there: names as they were typed, passwords among them."""


def drop_old_tables() -> int:
    """Drop those that are there, and return how many. A repeat does no harm."""
    with connection.cursor() as cursor:
        found = set(TABLES) & set(connection.introspection.table_names(cursor))
        for table in TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table)}")
    return len(found)
