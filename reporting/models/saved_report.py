"""Reports under a name, and the one that each person saw last."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Team
from helpdesk.audit.audited import Audited
from helpdesk.short_text import LineField


class SavedReport(Audited):
    """A report under a name: for its owner, for a team or for everybody who works on tickets."""

    shown_texts = frozenset({"query"})

    name = LineField(_("name"), max_length=60)
    query = models.CharField(_("query"), max_length=1_000)
    """The part of its URL after the question mark."""
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="saved_reports",
        verbose_name=_("owner"),
    )
    team = models.ForeignKey(
        Team,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="saved_reports",
        verbose_name=_("team"),
    )
    everyone = models.BooleanField(_("for everyone"), default=False, db_default=False)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("saved report")
        verbose_name_plural = _("saved reports")

    def __str__(self) -> str:
        return self.name


class LastReport(models.Model):
    """The report that a person saw last, which the menu's link opens again."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+"
    )
    query = models.CharField(max_length=1_000)

    class Meta:
        verbose_name = _("last report")
        verbose_name_plural = _("last reports")

    def __str__(self) -> str:
        return self.query
