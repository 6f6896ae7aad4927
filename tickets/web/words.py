"""The schema's words in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.errors import Invalid
from tickets.domain.errors import HighestLevelReached, TransitionRefused
from tickets.services.read import Queue

LABELS = {
    "Open": gettext_lazy("Open"),
    "In Progress": gettext_lazy("In Progress"),
    "Resolved": gettext_lazy("Resolved"),
    "Closed": gettext_lazy("Closed"),
    "Low": gettext_lazy("Low"),
    "Medium": gettext_lazy("Medium"),
    "High": gettext_lazy("High"),
    "Critical": gettext_lazy("Critical"),
    "General": gettext_lazy("General"),
    "Payment": gettext_lazy("Payment"),
    "Shipping": gettext_lazy("Shipping"),
    "Customs": gettext_lazy("Customs"),
    "Technical": gettext_lazy("Technical"),
    "Billing": gettext_lazy("Billing"),
    # Standings
    "on track": gettext_lazy("on track"),
    "at risk": gettext_lazy("at risk"),
    "overdue": gettext_lazy("overdue"),
    "waiting": gettext_lazy("waiting"),
    "met": gettext_lazy("met"),
    "breached": gettext_lazy("breached"),
    # Segments of a clock, and what it heard
    "worked": gettext_lazy("counted"),
    "off hours": gettext_lazy("off hours"),
    "stopped": gettext_lazy("stopped"),
    "created": gettext_lazy("created"),
    "responded": gettext_lazy("answered"),
    "priority": gettext_lazy("priority"),
    "customer_replied": gettext_lazy("the customer wrote"),
    "resumed": gettext_lazy("waiting ended"),
    "resolved": gettext_lazy("resolved"),
    "closed": gettext_lazy("closed"),
    "reopened": gettext_lazy("reopened"),
    "started": gettext_lazy("work began"),
    "requeued": gettext_lazy("back to Open"),
    "policy": gettext_lazy("other policy"),
    "yes": gettext_lazy("yes"),
    "no": gettext_lazy("no"),
}

FIELDS = {
    "status": gettext_lazy("Status"),
    "waiting": gettext_lazy("Waiting for the customer"),
    "priority": gettext_lazy("Priority"),
    "category": gettext_lazy("Category"),
    "assignedTo": gettext_lazy("Assigned to"),
    "subject": gettext_lazy("Subject"),
    "description": gettext_lazy("Description"),
    "vehicleId": gettext_lazy("Vehicle"),
    "tags": gettext_lazy("Tags"),
    "continuedBy": gettext_lazy("Continued by ticket"),
    "escalationLevel": gettext_lazy("Escalation level"),
}

QUEUES = {
    Queue.MINE: gettext_lazy("My work"),
    Queue.UNASSIGNED: gettext_lazy("Unassigned"),
    Queue.ACTIVE: gettext_lazy("All active"),
    Queue.RESOLVED: gettext_lazy("Resolved"),
    Queue.CLOSED: gettext_lazy("Closed"),
}

RULES = {
    "critical-created": gettext_lazy("Critical ticket"),
    "response-at-risk": gettext_lazy("Response at risk"),
    "response-breached": gettext_lazy("Response deadline passed"),
    "resolution-at-risk": gettext_lazy("Resolution at risk"),
    "resolution-breached": gettext_lazy("Resolution deadline passed"),
    "resolution-overdue": gettext_lazy("Resolution far overdue"),
    "manual": gettext_lazy("Escalated by hand"),
}


def label(word: str) -> str:
    """A word of the schema in the reader's language; a word of people stays as it is."""
    return str(LABELS.get(word, word))


def explained(error: Exception) -> str:
    """What was refused and what would be right, in the reader's language."""
    if isinstance(error, TransitionRefused):
        return _(
            "A ticket that is %(current)s cannot become %(wanted)s. It can become: %(allowed)s."
        ) % {
            "current": label(error.current),
            "wanted": label(error.wanted),
            "allowed": ", ".join(label(status) for status in error.allowed),
        }
    if isinstance(error, HighestLevelReached):
        return _("The ticket is at the highest escalation level already.")
    if isinstance(error, Invalid):
        return " ".join(error.errors.values())
    return str(error)
