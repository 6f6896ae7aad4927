"""The words of customers and vehicles, and how their texts are brought into one form."""

import re
import unicodedata
from enum import StrEnum

_ACCENTS = re.compile("[\u0300-\u036f]")


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


def folded(text: str) -> str:
    """`text` as searches compare it: no case, no accents, single spaces."""
    plain = text.casefold()
    if not plain.isascii():
        plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", plain))
    return " ".join(plain.split())
