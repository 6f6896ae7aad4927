"""The words of customers and vehicles, and how their texts are brought into one form."""

import re
import unicodedata
from enum import StrEnum

_ACCENTS = re.compile("[\u0300-\u036f]")
_HALF_PAIRS = re.compile("[\ud800-\udfff]")


class Segment(StrEnum):
    INDIVIDUAL = "Individual"
    DEALER = "Dealer"
    CORPORATE = "Corporate"
    VIP = "VIP"


class ShipmentStatus(StrEnum):
    BOOKED = "Booked"
    AT_ORIGIN_PORT = "At Origin Port"
    IN_TRANSIT = "In Transit"
    AT_CUSTOMS = "At Customs"
    DELIVERED = "Delivered"


def can_be_stored(text: str) -> bool:
    """Whether every store takes `text`: no NUL, and no half of a surrogate pair, which JSON can
    write and UTF-8 cannot.
    """
    return "\0" not in text and not _HALF_PAIRS.search(text)


def folded(text: str) -> str:
    """`text` as searches compare it: no case, no accents, single spaces."""
    plain = text.casefold()
    if not plain.isascii():
        plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))
    return " ".join(plain.split())
