"""SLA simulations: the past under a hypothetical policy."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.jobs import Job
from tickets.models import Policy


class Simulation(Job):
    """The results of a range of days under other targets. Changes nothing."""

    policy = models.ForeignKey(Policy, models.CASCADE, verbose_name=_("policy"))
    draft = models.JSONField(_("simulated policy"))  # as a PolicyVersion keeps its terms
    start = models.DateField(_("from"))
    end = models.DateField(_("to"))
    next_day = models.DateField(editable=False)
    tallies = models.JSONField(
        default=dict
    )  # clock, priority: count, met then (null: had no target), met now
    differing = models.JSONField(default=list)  # the first tickets that would have been otherwise
    differ = models.PositiveIntegerField(default=0)
    drafts = models.JSONField(default=dict, db_default={})
    """By policy, if there are several, or the draft came from a form; else `draft` of `policy`."""
    source = models.JSONField(default=dict, db_default={})
    """The form that the draft came from, and what was typed: to be sent there again."""
    open_tickets = models.JSONField(default=dict, db_default={})
    """What saving the draft would do to open tickets, as far as they have been read."""

    class Meta:
        db_table = "reporting_whatif"
        ordering = ["-pk"]
        verbose_name = _("SLA simulation")
        verbose_name_plural = _("SLA simulations")

    def __str__(self) -> str:
        return f"{self.policy} {self.start}"
