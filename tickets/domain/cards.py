"""Numbers of payment cards in a text, by their form and their check digit (Luhn)."""

import re

_DIGITS = re.compile(r"(?<![\w+])\d(?:[ -]?\d){12,18}(?!\w)", re.ASCII)
"""13 to 19 digits, alone or in groups; a plus sign before them makes it a phone number."""
_FIRST = frozenset("23456")
"""First digits of the card schemes' numbers."""


def has_card_number(text: str) -> bool:
    """Return whether a text has a card number."""
    return any(_is_card(found[0]) for found in _DIGITS.finditer(text))


def without_card_numbers(text: str) -> str:
    """Return a text with the last four digits in place of each card number."""
    return _DIGITS.sub(
        lambda found: f"•••• {_bare(found[0])[-4:]}" if _is_card(found[0]) else found[0], text
    )


def _bare(digits: str) -> str:
    return digits.replace(" ", "").replace("-", "")


def _is_card(written: str) -> bool:
    digits = [int(digit) for digit in reversed(_bare(written))]
    if written[0] not in _FIRST:
        return False
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
