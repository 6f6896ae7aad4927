"""The words of the ticket schema."""

from enum import StrEnum


class Status(StrEnum):
    OPEN = "Open"
    IN_PROGRESS = "In Progress"
    RESOLVED = "Resolved"
    CLOSED = "Closed"

    @property
    def active(self) -> bool:
        """Somebody still has to do something about the ticket."""
        return self in (Status.OPEN, Status.IN_PROGRESS)


class Priority(StrEnum):
    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"
    CRITICAL = "Critical"

    @property
    def rank(self) -> int:
        """0 for the least urgent, 3 for the most; StrEnum itself sorts by spelling."""
        return _RANK[self]


_RANK = {priority: rank for rank, priority in enumerate(Priority)}


class Category(StrEnum):
    GENERAL = "General"
    PAYMENT = "Payment"
    SHIPPING = "Shipping"
    CUSTOMS = "Customs"
    TECHNICAL = "Technical"
    BILLING = "Billing"


class CommunicationType(StrEnum):
    INTERNAL_NOTE = "Internal Note"
    CUSTOMER_RESPONSE = "Customer Response"
    SYSTEM_UPDATE = "System Update"


class Channel(StrEnum):
    """How a ticket or message reached the desk."""

    EMAIL = "email"
    WEB = "web"
    API = "api"


class LogEvent(StrEnum):
    """What a System Update tells of."""

    CREATED = "created"
    CHANGED = "changed"
    ESCALATED = "escalated"
    NOT_REASSIGNED = "not-reassigned"
    ERASED = "erased"
    ARCHIVED = "archived"
    RESTORED = "restored"
    DELIVERY_REPORT = "delivery-report"


ERASED = "[erased]"
"""Stands where words were that named a person who had a right to be forgotten."""


class Delivery(StrEnum):
    """How the mail with an answer to the customer stands."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"  # the worker died while it was sending


class Direction(StrEnum):
    """Which way a Customer Response went: outbound is staff to customer."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
