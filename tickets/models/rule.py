"""Escalation rules."""

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Team
from helpdesk.audit.audited import Audited
from tickets.domain.sla.milestones import MAX_LEVEL, Notify, Rule, Trigger
from tickets.models.labels import TRIGGERS, choices


class EscalationRule(Audited):
    """One trigger and its actions. Fires at most once until a ticket is reopened."""

    shown_texts = frozenset({"key"})

    key = models.SlugField(
        _("key"), unique=True, help_text=_("Identifies the rule in logs and escalations.")
    )
    active = models.BooleanField(_("active"), default=True)
    trigger = models.CharField(_("trigger"), max_length=30, choices=choices(Trigger, TRIGGERS))
    level = models.PositiveIntegerField(
        _("level"),
        default=0,
        validators=[MaxValueValidator(MAX_LEVEL)],
        help_text=_("Raises the ticket to at least this level. 0 leaves the level unchanged."),
    )
    notify_assignee = models.BooleanField(_("notify the assignee"), default=False)
    notify_team = models.BooleanField(_("notify the team if unassigned"), default=False)
    notify_supervisors = models.BooleanField(_("notify supervisors"), default=False)
    reassign_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("reassign to"),
    )
    reassign_to_team = models.ForeignKey(
        Team,
        models.SET_NULL,
        null=True,
        blank=True,
        verbose_name=_("reassign to team"),
        help_text=_("The ticket is unassigned until a team member takes it."),
    )

    since = models.DateTimeField(
        _("active since"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Deadlines before this time don’t fire."),
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(reassign_to=None) | models.Q(reassign_to_team=None),
                name="one_target",
                violation_error_message=_("Choose a person or a team, not both."),
            )
        ]
        verbose_name = _("escalation rule")
        verbose_name_plural = _("escalation rules")

    def __str__(self) -> str:
        return self.key

    def as_rule(self) -> Rule:
        """Return the rule in the domain's form."""
        wanted = {
            Notify.ASSIGNEE: self.notify_assignee,
            Notify.TEAM: self.notify_team,
            Notify.SUPERVISORS: self.notify_supervisors,
        }
        return Rule(
            key=self.key,
            trigger=Trigger(self.trigger),
            level=self.level,
            notify=frozenset(who for who, notified in wanted.items() if notified),
            reassign_to=str(self.reassign_to_id) if self.reassign_to_id else None,
            reassign_to_team=str(self.reassign_to_team_id) if self.reassign_to_team_id else None,
            since=self.since,
        )
