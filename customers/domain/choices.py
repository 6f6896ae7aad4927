"""The words of customers and vehicles, and what their texts may hold."""

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
    """Whether every store takes `text`: no NUL, and no half of a surrogate pair, which JSON can
    write and UTF-8 cannot.
    """
    return "\0" not in text and not _HALF_PAIRS.search(text)
