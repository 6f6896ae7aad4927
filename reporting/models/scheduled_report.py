"""Reports that are mailed to people, each day, week or month."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.audit.audited import Audited
from helpdesk.short_text import LineField
from reporting.domain.schedule import Every


class ScheduledReport(Audited):
    """A table of a report, with filters, of the last day, week or month; and who gets it.

    Who is added to its recipients is recorded by the service: by id, since an entry has no names.
    """

    shown_texts = frozenset({"query", "table"})
    not_recorded = frozenset({"next_at", "owner"})

    name = LineField(_("name"), max_length=60)
    table = models.CharField(_("table"), max_length=20)
    """A word of `reporting.services.sheets`."""
    query = models.CharField(_("filters"), max_length=1_000, blank=True)
    """Parameters of a report's URL, without days."""
    every = models.CharField(
        _("how often"),
        max_length=10,
        choices=[
            (Every.DAY.value, _("Every day")),
            (Every.WEEK.value, _("Every Monday")),
            (Every.MONTH.value, _("On the first of the month")),
        ],
    )
    hour = models.PositiveSmallIntegerField(_("hour"), validators=[MaxValueValidator(23)])
    """Of the business's time zone."""
    attached = models.CharField(
        _("attachment"),
        max_length=10,
        blank=True,
        choices=[("", _("None")), ("csv", "CSV"), ("xlsx", "XLSX")],
    )
    recipients = models.ManyToManyField(
        settings.AUTH_USER_MODEL, related_name="+", verbose_name=_("recipients")
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", editable=False
    )
    next_at = models.DateTimeField(_("next"), db_index=True, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("scheduled report")
        verbose_name_plural = _("scheduled reports")

    def __str__(self) -> str:
        return self.name
