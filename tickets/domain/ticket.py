"""The words of the ticket schema."""

from enum import StrEnum


class Status(StrEnum):
    OPEN = "Open"
    IN_PROGRESS = "In Progress"
    RESOLVED = "Resolved"
    CLOSED = "Closed"

    @property
    def active(self) -> bool:
        """Whether the ticket still needs work."""
        return self in (Status.OPEN, Status.IN_PROGRESS)


class Priority(StrEnum):
    LOW = "Low"
    MEDIUM = "Medium"
    HIGH = "High"
    CRITICAL = "Critical"

    @property
    def rank(self) -> int:
        """The order of urgency, from 0 to 3; StrEnum itself would sort by spelling."""
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

    PHONE = "phone"
    EMAIL = "email"
    WALK_IN = "walk-in"
    WEB = "web"
    API = "api"


class LogEvent(StrEnum):
    """The kind of a System Update."""

    CREATED = "created"
    CHANGED = "changed"
    ESCALATED = "escalated"
    NOT_REASSIGNED = "not-reassigned"
    ERASED = "erased"
    ORIGINALS_ERASED = "originals-erased"
    REDACTED = "redacted"
    ARCHIVED = "archived"
    RESTORED = "restored"
    DELIVERY_REPORT = "delivery-report"
    CLOSING_UNDONE = "closing-undone"


ERASED = "[erased]"
"""Replaces personal data that was erased."""


BY_CUSTOMER = "customer"
"""The author of a ticket's last message, if it came from the customer's side."""


def no_customer_of(ticket_id: str) -> str:
    """Return what a deleted ticket has in place of its customer: a value of its own, so that such
    tickets share no partition."""
    return f"deleted-{ticket_id}"


class Delivery(StrEnum):
    """The delivery of a reply's email to the customer."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"  # the worker died while it was sending


class Direction(StrEnum):
    """The direction of a Customer Response: outbound is from staff to the customer."""

    OUTBOUND = "outbound"
    INBOUND = "inbound"
