"""The words of the customer schema, and which texts can be stored."""

import re
from enum import StrEnum

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
    """Return whether every store accepts `text`: no NUL, and no half of a surrogate pair.

    JSON can write such a half, UTF-8 cannot.
    """
    return "\0" not in text and not _HALF_PAIRS.search(text)
