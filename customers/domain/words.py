"""The words of customers and vehicles, and how their texts are brought into one form."""

import unicodedata
from enum import StrEnum


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
    plain = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(letter)
    )
    return " ".join(plain.split())
