"""What figures are called, and what they mean, where people read them."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: Mapping[str, Promise] = {
    "created": _("Created"),
    "resolved": _("Resolved"),
    "rate": _("Resolution rate"),
    "closed": _("Closed"),
    "reopened": _("Reopened"),
    "reopen-rate": _("Reopen rate"),
    "escalated": _("Escalated"),
    "backlog": _("Backlog"),
    "responses": _("First replies"),
    "late-responses": _("First replies that missed the target"),
    "response-attainment": _("First reply, on time"),
    "response-average": _("First reply, average"),
    "response-median": _("First reply, median"),
    "response-p90": _("First reply, 90th percentile"),
    "next-responses": _("Next replies"),
    "late-next-responses": _("Next replies that missed the target"),
    "next-response-attainment": _("Next reply, on time"),
    "next-response-average": _("Next reply, average"),
    "next-response-median": _("Next reply, median"),
    "next-response-p90": _("Next reply, 90th percentile"),
    "resolutions": _("Resolutions"),
    "late-resolutions": _("Resolutions that missed the target"),
    "resolution-attainment": _("Resolution, on time"),
    "resolution-average": _("Resolution, average"),
    "resolution-median": _("Resolution, median"),
    "resolution-p90": _("Resolution, 90th percentile"),
    "assignments": _("First assignments"),
    "assignment-average": _("Time to assignment, average"),
    "assignment-median": _("Time to assignment, median"),
    "assignment-p90": _("Time to assignment, 90th percentile"),
    "replies": _("Replies"),
    "returned": _("Replies that came back"),
    "replies-to-resolution": _("Replies to resolution, average"),
    "one-touch": _("Resolved with one reply"),
    "one-touch-rate": _("Resolved with one reply, share"),
    "first-contact": _("Resolved on first contact"),
    "first-contact-rate": _("Resolved on first contact, share"),
    "waiting-share": _("Share of time waiting for the customer"),
    "time-with-us": _("Time with us, average"),
    "time-waiting": _("Time waiting for the customer, average"),
    "time-open": _("Time open, average"),
    "time-in-progress": _("Time in progress, average"),
    "time-done": _("Time resolved before a reopening, average"),
}
"""The labels of `reporting.domain.named_figures.FIGURES`, and of drill-downs."""
