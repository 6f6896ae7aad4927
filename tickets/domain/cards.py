"""Numbers of payment cards in a text, by their form and their check digit (Luhn)."""

import re
from collections.abc import Iterator, Sequence

_GROUP = re.compile(r"(?<![\w+])\d{1,19}(?!\w)", re.ASCII)
"""Digits by themselves; a plus sign before them makes them the beginning of a phone number."""
_BETWEEN = re.compile(r"[ .\-\u00a0]{1,2}")
"""What people write between the groups of a number."""
_LENGTHS = range(13, 20)
_FIRST = frozenset("23456")
"""First digits of the card schemes' numbers."""


def has_card_number(text: str) -> bool:
    """Return whether a text has a card number."""
    return any(_cards(text))


def without_card_numbers(text: str) -> str:
    """Return a text with the last four digits in place of each card number."""
    parts, place = [], 0
    for start, end, number in _cards(text):
        parts += [text[place:start], f"•••• {number[-4:]}"]
        place = end
    return "".join([*parts, text[place:]])


def _cards(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield where each card number begins and ends, and its digits.

    A number is some groups of digits in a row: before and after it may stand others, such as the
    card's check code or date. Of several that begin at one place the shortest counts.
    """
    groups = list(_GROUP.finditer(text))
    first = 0
    while first < len(groups):
        if found := _card(text, groups, first):
            last, number = found
            yield groups[first].start(), groups[last].end(), number
            first = last
        first += 1


def _card(text: str, groups: Sequence[re.Match[str]], first: int) -> tuple[int, str] | None:
    """Return the last group of the card number that begins with a group, and its digits."""
    number = ""
    for at in range(first, len(groups)):
        before = text[groups[at - 1].end() : groups[at].start()] if at > first else " "
        number += groups[at][0]
        if len(number) >= _LENGTHS.stop or not _BETWEEN.fullmatch(before):
            return None
        if len(number) in _LENGTHS and _is_card(number):
            return at, number
    return None


def _is_card(number: str) -> bool:
    if number[0] not in _FIRST:
        return False
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
