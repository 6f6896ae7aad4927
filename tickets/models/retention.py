"""Retention: what becomes of closed tickets after a while, and the runs that do it."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.domain.choices import Segment
from helpdesk.audit.audited import Audited
from helpdesk.jobs import Job
from tickets.domain import retention
from tickets.domain.retention import RetentionAction
from tickets.domain.ticket import Category
from tickets.models.labels import LABELS, choices


class RetentionRule(Audited):
    """Of the rules that cover a ticket the one that goes furthest decides."""

    class Action(models.TextChoices):
        ARCHIVE = RetentionAction.ARCHIVE.value, _("Archive")
        ERASE = RetentionAction.ERASE.value, _("Erase texts and files")
        DELETE = RetentionAction.DELETE.value, _("Delete")

    active = models.BooleanField(
        _("active"), default=False, help_text=_("Active rules are applied once a day.")
    )
    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    days = models.PositiveIntegerField(_("days after closing"), validators=[MinValueValidator(1)])
    category = models.CharField(_("category"), max_length=20, blank=True, choices=choices(Category))
    segment = models.CharField(
        _("customer segment"), max_length=20, blank=True, choices=choices(Segment)
    )

    class Meta:
        ordering = ["days", "pk"]
        verbose_name = _("retention rule")
        verbose_name_plural = _("retention rules")

    def __str__(self) -> str:
        about = [str(LABELS[word]) for word in (self.category, self.segment) if word]
        return f"{', '.join(about) or _('All tickets')}: {self.get_action_display()}, {self.days}"

    def as_rule(self) -> retention.RetentionRule:
        """Return the rule in the domain's form."""
        return retention.RetentionRule(
            RetentionAction(self.action),
            days=self.days,
            category=Category(self.category) if self.category else None,
            segment=self.segment or None,
        )


class RetentionRun(Job):
    """One walk over all tickets. `place` is the number of the last one that was looked at."""

    asked_by = models.ForeignKey(  # type: ignore[assignment]
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="retention_runs",
        verbose_name=_("requested by"),
    )
    is_trial = models.BooleanField(
        _("count only"), default=False, help_text=_("Counts what would be done, and does nothing.")
    )
    rules = models.JSONField(_("rules"), default=list, editable=False)
    """The numbers of the rules that were active when it began."""
    place = models.PositiveBigIntegerField(_("last ticket checked"), default=0)
    last = models.PositiveBigIntegerField(_("last ticket"), default=0)
    archived = models.PositiveIntegerField(_("archived"), default=0)
    erased = models.PositiveIntegerField(_("erased"), default=0)
    deleted = models.PositiveIntegerField(_("deleted"), default=0)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("retention run")
        verbose_name_plural = _("retention runs")

    def __str__(self) -> str:
        return f"{self.pk}"
