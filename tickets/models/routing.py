"""Routing rules: which team a new ticket goes to."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.domain.choices import Segment
from helpdesk.accounts.models import Team
from helpdesk.audit.audited import Audited
from tickets.domain import routing
from tickets.domain.ticket import Category, Priority
from tickets.models.labels import LABELS, choices


class RoutingRule(Audited):
    """The first rule that matches decides; an empty field matches everything."""

    position = models.PositiveIntegerField(
        _("order"), default=0, help_text=_("Lower numbers are evaluated first.")
    )
    category = models.CharField(_("category"), max_length=20, blank=True, choices=choices(Category))
    segment = models.CharField(
        _("customer segment"), max_length=20, blank=True, choices=choices(Segment)
    )
    priority = models.CharField(_("priority"), max_length=20, blank=True, choices=choices(Priority))
    team = models.ForeignKey(Team, models.PROTECT, verbose_name=_("team"))

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("routing rule")
        verbose_name_plural = _("routing rules")

    def __str__(self) -> str:
        asked = [str(LABELS[word]) for word in (self.category, self.segment, self.priority) if word]
        return f"{', '.join(asked) or _('All tickets')} → {self.team}"

    def as_route(self) -> routing.Route:
        """Return the rule in the domain's form."""
        return routing.Route(
            team=str(self.team_id),
            category=self.category or None,
            segment=self.segment or None,
            priority=self.priority or None,
        )
