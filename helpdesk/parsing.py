"""What URLs and forms have, as text."""

MOST_DIGITS = 18
"""More do not fit into a column of SQL."""


def whole_number(text: str | None) -> int | None:
    """Return the whole number that `text` writes in ASCII digits; None for anything else, and for
    one that is too long for any store."""
    if not text or not (text.isascii() and text.isdecimal()) or len(text) > MOST_DIGITS:
        return None
    return int(text)


class BadValue(Exception):
    """What was written is no value of what was asked for; the text says to a person what would
    be."""
