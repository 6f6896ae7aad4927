"""What figures are called, and how each is defined: the words of the interface."""

from django.utils.translation import gettext_lazy as _

DEFINITIONS = {
    "created": _("Tickets that were created in the range."),
    "resolved": _("How often a ticket became Resolved, or was Closed directly, in the range."),
    "closed": _("How often a ticket became Closed in the range."),
    "reopened": _("How often a resolved or closed ticket was taken up again in the range."),
    "escalated": _("Escalations fired, or made by hand, in the range."),
    "rate": _("Resolved / created in the range."),
    "backlog": _("Tickets that were neither resolved nor closed at the end of the day."),
    "response": _(
        "Tickets whose first response lies in the range. Working time from creation to the first "
        "answer that the customer was sent."
    ),
    "resolution": _(
        "Tickets whose last resolution lies in the range and which have not been reopened since. "
        "Working time from creation, waiting left out."
    ),
    "attainment": _("Met / count: the share of clocks that stopped at their deadline or before."),
    "median": _("Half of the tickets took no longer than this; within 1 %."),
    "p90": _("Nine of ten tickets took no longer than this; within 1 %."),
    "as_now": _("Tickets count with the priority, category, person and team that they have now."),
}

FIGURES = {
    "created": _("Created"),
    "resolved": _("Resolved"),
    "closed": _("Closed"),
    "reopened": _("Reopened"),
    "escalated": _("Escalated"),
    "responses": _("First responses"),
    "late-responses": _("Late first responses"),
    "resolutions": _("Resolutions"),
    "late-resolutions": _("Late resolutions"),
}
