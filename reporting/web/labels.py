"""The labels and definitions of figures."""

from django.utils.translation import gettext_lazy as _

from reporting.services.figure_labels import LABELS

DEFINITIONS = {
    "created": _("Tickets created in the range."),
    "resolved": _("Times a ticket was resolved, or closed without being resolved, in the range."),
    "closed": _("Times a ticket was closed in the range."),
    "reopened": _("Times a resolved or closed ticket was reopened in the range."),
    "escalated": _("Escalations in the range, automatic and manual."),
    "rate": _("Resolved divided by created in the range."),
    "backlog": _("Tickets that were neither resolved nor closed at the end of the day."),
    "response": _(
        "Tickets with their first reply in the range. Business time from creation to the "
        "first reply to the customer."
    ),
    "resolution": _(
        "Tickets with their last resolution in the range, not reopened since. Business "
        "time from creation, without time spent waiting for the customer."
    ),
    "next-response": _(
        "Replies in the range to what the customer wrote after the first one, where the SLA policy "
        "has a target for them. Business time that the customer waited."
    ),
    "attainment": _("Share of tickets that met the target."),
    "median": _("Half of the tickets took no longer than this. Accurate to 1 %."),
    "p90": _("Nine in ten tickets took no longer than this. Accurate to 1 %."),
    "as_now": _(
        "Tickets are grouped by their current priority, category, channel, assignee and team."
    ),
}

FIGURES = LABELS
