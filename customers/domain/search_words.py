"""The words by which customers are found, and the beginnings of words in a search.

A number that people search by its end is stored backwards, so that the end is a beginning.
"""

import re
from collections.abc import Iterator
from enum import StrEnum

from customers.domain import contact
from customers.domain.folding import folded, words_to_find

MOST_WORDS = 20
MOST_TAILS = 8
LONGEST_WORD = 60
SHORTEST_VIN_END = 6
SHORTEST_ADDRESS = 2

_PART = re.compile(r"[^\W_]+")


class WordKind(StrEnum):
    """Kinds of words by which a customer is found; they are the stored names of their
    partitions."""

    NAME = "WORDS"
    ADDRESS = "ADDRESSES"
    PHONE = "PHONES"
    VIN = "VINS"
    BOOKING = "BOOKINGS"


Words = frozenset[tuple[WordKind, str]]


def words_of_customer(
    *, name: str, company: str | None, addresses: list[str], phone: str | None
) -> Words:
    """Return a customer's words: of name and company, parts of addresses, the end of a phone
    number."""
    names = words_to_find(f"{name} {company or ''}")[:MOST_WORDS]
    tails = [tail for address in addresses for tail in _tails(address)][:MOST_TAILS]
    number = re.sub(r"\D", "", (phone or "").partition(contact.EXTENSION)[0])
    return _kept(
        *((WordKind.NAME, word) for word in names),
        *((WordKind.ADDRESS, tail) for tail in tails),
        (WordKind.PHONE, number[::-1]),
    )


def words_of_vehicle(*, vin: str | None, booking: str | None) -> Words:
    """Return a vehicle's words, by which its owner is found: the VIN's end; the booking from each
    part."""
    parts = _PART.findall(folded(booking or ""))[:MOST_TAILS]
    return _kept(
        (WordKind.VIN, folded(vin or "")[::-1]),
        *((WordKind.BOOKING, "".join(parts[first:])) for first in range(len(parts))),
    )


def beginnings(text: str) -> Words:
    """Return which words `text` may be the beginning of, except names: each is one query."""
    code = "".join(_PART.findall(folded(text)))
    has_digit = any(sign.isdigit() for sign in code)
    address = folded(text).strip("@")
    found: list[tuple[WordKind, str]] = [(WordKind.PHONE, contact.phone_digits(text)[::-1])]
    if " " not in address and len(address) >= SHORTEST_ADDRESS:
        found.append((WordKind.ADDRESS, address))
    if has_digit and len(code) > 1:
        found.append((WordKind.BOOKING, code))
    if has_digit and len(code) >= SHORTEST_VIN_END:
        found.append((WordKind.VIN, code[::-1]))
    return _kept(*found)


def _tails(address: str) -> Iterator[str]:
    """Return the address from each word of its local part, and its domain from each label but the
    last."""
    plain = folded(address)
    local, _at, domain = plain.rpartition("@")
    yield from (plain[part.start() :] for part in _PART.finditer(local))
    labels = domain.split(".")
    yield from (".".join(labels[first:]) for first in range(len(labels) - 1))


def _kept(*words: tuple[WordKind, str]) -> Words:
    return frozenset((kind, word[:LONGEST_WORD]) for kind, word in words if word)
