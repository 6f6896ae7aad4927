"""The definitions of figures, and the names of ranges and of parts of a report."""

from django.utils.translation import gettext_lazy as _

from reporting.domain.presets import Preset

PRESETS = {
    Preset.TODAY: _("Today"),
    Preset.YESTERDAY: _("Yesterday"),
    Preset.THIS_WEEK: _("This week"),
    Preset.LAST_WEEK: _("Last week"),
    Preset.THIS_MONTH: _("This month"),
    Preset.LAST_MONTH: _("Last month"),
    Preset.THIS_QUARTER: _("This quarter"),
    Preset.LAST_QUARTER: _("Last quarter"),
    Preset.LAST_7_DAYS: _("7 days"),
    Preset.LAST_30_DAYS: _("30 days"),
    Preset.LAST_90_DAYS: _("90 days"),
    Preset.THIS_YEAR: _("This year"),
    Preset.LAST_12_MONTHS: _("12 months"),
}

DEFINITIONS = {
    "created": _("Tickets created in the range."),
    "resolved": _("Times a ticket was resolved, or closed without being resolved, in the range."),
    "closed": _("Times a ticket was closed in the range."),
    "reopened": _("Times a resolved or closed ticket was reopened in the range."),
    "escalated": _("Escalations in the range, automatic and manual."),
    "rate": _("Resolved divided by created in the range."),
    "backlog": _("Tickets that were neither resolved nor closed at the end of the day."),
    "ages": _(
        "Tickets that are open or in progress now, whatever the range, by the days since they were "
        "created."
    ),
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
    "assignment-average": _(
        "Business time from creation to the first assignment, of tickets first assigned in the "
        "range, on average."
    ),
    "returned": _("Replies to customers of which an email came back as undeliverable."),
    "reopen-rate": _("Reopened divided by resolved in the range."),
    "replies": _("Replies to customers in the range, on these tickets."),
    "replies-to-resolution": _("Replies that a ticket took until its last resolution, on average."),
    "one-touch-rate": _("Share of resolutions with one reply and no reopening."),
    "first-contact-rate": _(
        "Share of resolutions for which the customer did not have to write a second time."
    ),
    "waiting-share": _(
        "Of the business time until the last resolution, the share in which the ticket waited for "
        "the customer."
    ),
    "time-with-us": _(
        "Business time until the last resolution in which the ticket was open or in progress and "
        "did not wait for the customer, on average."
    ),
    "time-waiting": _(
        "Business time until the last resolution in which the ticket waited for the customer, on "
        "average."
    ),
    "as_now": _(
        "Tickets are grouped by their current priority, category, channel, assignee and team."
    ),
}
