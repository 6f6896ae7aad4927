"""Templates of tickets: what a new ticket of a frequent kind begins with."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Team
from helpdesk.audit.audited import Audited
from helpdesk.short_text import LineField
from tickets.domain.ticket import Category, Priority
from tickets.models.labels import choices


class TicketTemplate(Audited):
    """What is filled into the form of a new ticket. What is empty fills in nothing."""

    shown_texts = frozenset({"name"})

    name = LineField(_("name"), max_length=60, unique=True)
    subject = LineField(_("subject"), max_length=200, blank=True)
    text = models.TextField(_("text"), max_length=10_000, blank=True, help_text=_("Markdown."))
    category = models.CharField(_("category"), max_length=20, blank=True, choices=choices(Category))
    priority = models.CharField(_("priority"), max_length=20, blank=True, choices=choices(Priority))
    tags = LineField(
        _("tags"), max_length=400, blank=True, help_text=_("Separate tags with commas.")
    )
    team = models.ForeignKey(
        Team,
        models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("team"),
        help_text=_("Blank means available to everyone."),
    )

    class Meta:
        ordering = ["name"]
        verbose_name = _("ticket template")
        verbose_name_plural = _("ticket templates")

    def __str__(self) -> str:
        return self.name

    def fills(self) -> dict[str, str]:
        """Return the values by field of the form, without those that are empty."""
        values = {
            "subject": self.subject,
            "description": self.text,
            "category": self.category,
            "priority": self.priority,
            "tags": self.tags,
        }
        return {field: value for field, value in values.items() if value}
