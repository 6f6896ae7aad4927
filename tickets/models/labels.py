"""Labels of the ticket schema's words, which are stored in English and shown in the reader's
language.

All other labels of pages are in tickets/presenters/labels.py.
"""

from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import labels as of_customers
from customers.models.labels import Labels
from tickets.domain.sla.milestones import Trigger
from tickets.domain.sla.sla_status import SlaStatus
from tickets.domain.ticket import (
    Category,
    Channel,
    CommunicationType,
    Direction,
    Priority,
    Status,
)

LABELS: Labels = {
    **of_customers.LABELS,
    Status.OPEN: _("Open"),
    Status.IN_PROGRESS: _("In Progress"),
    Status.RESOLVED: _("Resolved"),
    Status.CLOSED: _("Closed"),
    Priority.LOW: _("Low"),
    Priority.MEDIUM: _("Medium"),
    Priority.HIGH: _("High"),
    Priority.CRITICAL: _("Critical"),
    Category.GENERAL: _("General"),
    Category.PAYMENT: _("Payment"),
    Category.SHIPPING: _("Shipping"),
    Category.CUSTOMS: _("Customs"),
    Category.TECHNICAL: _("Technical"),
    Category.BILLING: _("Billing"),
    SlaStatus.ON_TRACK: _("On track"),
    SlaStatus.AT_RISK: _("At risk"),
    SlaStatus.OVERDUE: _("Overdue"),
    SlaStatus.WAITING: _("Waiting"),
    SlaStatus.MET: _("Within SLA"),
    SlaStatus.BREACHED: _("Breached"),
    CommunicationType.INTERNAL_NOTE: _("Internal Note"),
    CommunicationType.CUSTOMER_RESPONSE: _("Customer Response"),
    CommunicationType.SYSTEM_UPDATE: _("System Update"),
    Channel.PHONE: _("Phone"),
    Channel.EMAIL: _("Email"),
    Channel.WALK_IN: _("Walk-in"),
    Channel.WEB: _("Web"),
    Channel.API: _("API"),
    Direction.INBOUND: _("inbound"),
    Direction.OUTBOUND: _("outbound"),
}

RULES: Labels = {
    "critical-created": _("Critical ticket"),
    "response-at-risk": _("Response at risk"),
    "response-breached": _("Response deadline passed"),
    "next-response-at-risk": _("Next reply at risk"),
    "next-response-breached": _("Next reply deadline passed"),
    "resolution-at-risk": _("Resolution at risk"),
    "resolution-breached": _("Resolution deadline passed"),
    "resolution-overdue": _("Resolution far overdue"),
    "manual": _("Manual escalation"),
}
"""By the key of a rule that Helpdesk comes with. Each other is called by its key."""

TRIGGERS: Labels = {
    Trigger.CRITICAL: RULES["critical-created"],
    **{trigger: RULES[trigger] for trigger in Trigger if trigger in RULES},
}


def choices(words: Iterable[str], labels: Labels = LABELS) -> list[tuple[str, str | Promise]]:
    """Return words with their labels, as fields of forms and models take them."""
    return of_customers.choices(words, labels)
