"""Opaque, signed positions in a list.

A cursor names the last row that was shown and the query that showed it. It is signed, so that
nobody can point it at rows that the query would not return. It is bound to its query, since in
another list the position would mean something else.
"""

from typing import Any

from django.core import signing

_SALT = "helpdesk.dynamo.cursor"


class InvalidCursor(Exception):
    """The cursor was changed, or belongs to another query."""


def encode(*, query: Any, place: str) -> str:
    """Return a cursor for `place` in the list that `query` (any JSON value) describes."""
    return signing.dumps([query, place], salt=_SALT, compress=True)


def decode(cursor: str, *, query: Any) -> str:
    """Return the position that `cursor` names in the list of `query`. Raises InvalidCursor."""
    try:
        made_for, place = signing.loads(cursor, salt=_SALT)
    except (signing.BadSignature, ValueError) as error:
        raise InvalidCursor("The page address is invalid. Start from the first page.") from error
    if made_for != query:
        raise InvalidCursor("The page address belongs to another list. Start from the first page.")
    return str(place)
