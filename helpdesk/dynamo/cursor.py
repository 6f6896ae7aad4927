"""Opaque, signed places in a list.

A cursor names the last row that was shown and the query that showed it. It is signed, so that
nobody can point it into rows that their query would not give, and bound to its query, so that a
cursor of one list cannot silently misplace another.
"""

from typing import Any

from django.core import signing

_SALT = "helpdesk.dynamo.cursor"


class InvalidCursor(Exception):
    """The cursor was changed, or belongs to another query."""


def encode(*, query: Any, place: str) -> str:
    """A cursor for `place` in the list that `query` (anything JSON) describes."""
    return signing.dumps([query, place], salt=_SALT, compress=True)


def decode(cursor: str, *, query: Any) -> str:
    """The place that `cursor` names in `query`'s list. Raises InvalidCursor."""
    try:
        made_for, place = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidCursor("The page address is invalid. Start from the first page.") from error
    if made_for != query:
        raise InvalidCursor("The page address belongs to another list. Start from the first page.")
    return str(place)
