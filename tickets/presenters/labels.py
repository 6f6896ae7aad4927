"""Labels of the schema's words, in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.errors import StaleVersion, worded
from tickets.domain.errors import HighestLevelReached, MergedAway
from tickets.models import labels
from tickets.services.lists.find import Queue

LABELS = {
    **labels.LABELS,
    # Segments and events of a clock
    "worked": gettext_lazy("Running"),
    "off hours": gettext_lazy("Outside business hours"),
    "stopped": gettext_lazy("Paused"),
    "created": gettext_lazy("Created"),
    "responded": gettext_lazy("Reply sent"),
    "priority": gettext_lazy("Priority changed"),
    "customer_replied": gettext_lazy("Customer replied"),
    "resumed": gettext_lazy("Resumed"),
    "resolved": gettext_lazy("Resolved"),
    "closed": gettext_lazy("Closed"),
    "reopened": gettext_lazy("Reopened"),
    "started": gettext_lazy("Progress started"),
    "requeued": gettext_lazy("Set to Open"),
    "policy": gettext_lazy("SLA policy changed"),
    "merged": gettext_lazy("Merged"),
    "nobody": gettext_lazy("Unassigned"),
    "auto": gettext_lazy("Auto-assign"),
    "yes": gettext_lazy("Yes"),
    "no": gettext_lazy("No"),
}

FIELDS = {
    "participants": gettext_lazy("Participants"),
    "status": gettext_lazy("Status"),
    "waiting": gettext_lazy("Waiting for customer"),
    "priority": gettext_lazy("Priority"),
    "category": gettext_lazy("Category"),
    "assignedTo": gettext_lazy("Assigned to"),
    "subject": gettext_lazy("Subject"),
    "description": gettext_lazy("Description"),
    "customerId": gettext_lazy("Customer"),
    "vehicleId": gettext_lazy("Vehicle"),
    "tags": gettext_lazy("Tags"),
    "continuedBy": gettext_lazy("Continued in ticket"),
    "mergedInto": gettext_lazy("Merged into ticket"),
    "duplicates": gettext_lazy("Duplicates"),
    "related": gettext_lazy("Linked tickets"),
    "teamId": gettext_lazy("Team"),
    "escalationLevel": gettext_lazy("Escalation level"),
}

QUEUES = {
    Queue.MINE: gettext_lazy("My work"),
    Queue.UNASSIGNED: gettext_lazy("Unassigned"),
    Queue.TEAMS: gettext_lazy("My teams"),
    Queue.NEEDS_REPLY: gettext_lazy("Needs reply"),
    Queue.ACTIVE: gettext_lazy("All active"),
    Queue.OVERDUE: gettext_lazy("Overdue"),
    Queue.AT_RISK: gettext_lazy("At risk"),
    Queue.WAITING: gettext_lazy("Waiting"),
    Queue.SNOOZED: gettext_lazy("Snoozed"),
    Queue.FOLLOWED: gettext_lazy("Followed"),
    Queue.RESOLVED: gettext_lazy("Resolved"),
    Queue.CLOSED: gettext_lazy("Closed"),
    Queue.ALL: gettext_lazy("All tickets"),
}

BULKS = {
    "assign": gettext_lazy("Assign to %(value)s"),
    "hand-over": gettext_lazy("Hand over to %(value)s"),
    "priority": gettext_lazy("Change priority to %(value)s"),
    "status": gettext_lazy("Change status to %(value)s"),
    "tag": gettext_lazy("Add tags: %(value)s"),
    "escalate": gettext_lazy("Escalate: %(value)s"),
}

EMAIL_KINDS = {
    "reply": gettext_lazy("Reply"),
    "acknowledgement": gettext_lazy("Acknowledgement"),
    "escalations": gettext_lazy("Escalation notification"),
    "notice": gettext_lazy("Escalation notification"),  # as earlier releases queued it
    "weekly": gettext_lazy("Weekly report"),
    "scheduled": gettext_lazy("Scheduled report"),
    "password": gettext_lazy("Password reset"),
}

NOTIFICATIONS = {
    "assigned": gettext_lazy("%(name)s assigned you"),
    "mentioned": gettext_lazy("%(name)s mentioned you"),
    "replied": gettext_lazy("Customer replied"),
    "answered": gettext_lazy("A third party replied"),
    "bounced": gettext_lazy("Your reply was not delivered"),
    "colleague-replied": gettext_lazy("%(name)s replied to the customer"),
    "noted": gettext_lazy("%(name)s added a note"),
    "status": gettext_lazy("%(name)s changed the status"),
    "woken": gettext_lazy("Snoozed no more"),
    "reminder": gettext_lazy("You wanted to be reminded"),
}

IN_BROWSERS = {
    "assigned": gettext_lazy("Assigned to you"),
    "mentioned": gettext_lazy("You were mentioned"),
    "replied": gettext_lazy("Customer replied"),
    "answered": gettext_lazy("A third party replied"),
    "bounced": gettext_lazy("Your reply was not delivered"),
    "colleague-replied": gettext_lazy("A colleague replied to the customer"),
    "noted": gettext_lazy("New internal note"),
    "status": gettext_lazy("Status changed"),
    "woken": gettext_lazy("Snoozed no more"),
    "reminder": gettext_lazy("You wanted to be reminded"),
    "escalated": gettext_lazy("Escalated"),
}
"""Kinds of notifications, without a name."""

MUTABLE = {
    "replied": gettext_lazy("Customers’ replies"),
    "answered": gettext_lazy("Replies of third parties"),
    "mentioned": gettext_lazy("Mentions"),
    "assigned": gettext_lazy("Assignments to you"),
    "colleague-replied": gettext_lazy("Colleagues’ replies on tickets you follow"),
    "noted": gettext_lazy("Notes on tickets you follow"),
    "status": gettext_lazy("Status of tickets you follow"),
    "escalated": gettext_lazy("Escalations, by email too"),
}
"""What can be muted, for the page of notifications."""

RULES = labels.RULES

LOG_EVENTS = {
    "created": gettext_lazy("Ticket created"),
    "not-reassigned": gettext_lazy("Not reassigned: the rule’s assignee is not available"),
    "erased": gettext_lazy("Customer’s personal data erased"),
    "originals-erased": gettext_lazy("Originals of emails removed: erasure"),
    "redacted": gettext_lazy("Card numbers removed"),
    "archived": gettext_lazy("Ticket archived"),
    "restored": gettext_lazy("Ticket restored from the archive"),
    "delivery-report": gettext_lazy("Delivery report"),
    "closing-undone": gettext_lazy("Closing undone"),
}
"""The text of a System Update beside its changes, by LogEvent."""


def label(word: str) -> str:
    """Return a word of the schema in the reader's language; people's words stay as they are."""
    return str(LABELS.get(word, word))


def explained(error: Exception) -> str:
    """Return a refusal, and what would be right, in the reader's language."""
    if isinstance(error, StaleVersion):
        return _("This ticket was updated while you were editing. Nothing was saved.")
    if isinstance(error, MergedAway):
        return _("This ticket was merged into ticket %(id)s. Unmerge it to make changes.") % {
            "id": error.into
        }
    if isinstance(error, HighestLevelReached):
        return _("The ticket is already at the highest escalation level.")
    return worded(error)
