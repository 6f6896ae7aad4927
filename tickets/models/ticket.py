"""Tickets as Django's admin sees them. They are stored in DynamoDB: see tickets/store, and for the
queries they serve tickets/admin/paths.py."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.dynamo_admin.fields import InstantField, WordsField
from helpdesk.dynamo_admin.query import PlannedModel
from tickets.domain.escalation import rule_of
from tickets.domain.sla.sla_status import SlaStatus
from tickets.domain.ticket import Category, Channel, CommunicationType, Direction, Priority, Status
from tickets.models.labels import LABELS, RULES, choices


class Ticket(PlannedModel):
    """A ticket. Times, level and SLA status are read-only: they follow from the ticket's events."""

    ticket_id = models.CharField(_("number"), primary_key=True, max_length=20)
    subject = models.CharField(_("subject"), max_length=200)
    description = models.TextField(_("description"))
    category = models.CharField(_("category"), max_length=20, choices=choices(Category))
    priority = models.CharField(_("priority"), max_length=20, choices=choices(Priority))
    status = models.CharField(_("status"), max_length=20, choices=choices(Status))
    channel = models.CharField(  # noqa: DJ001
        _("channel"), max_length=10, choices=choices(Channel), null=True
    )
    sla_status = models.CharField(_("SLA"), max_length=20, choices=choices(SlaStatus))
    escalation_level = models.IntegerField(_("level"))
    waiting = models.BooleanField(_("waiting for customer"))
    needs_reply = models.BooleanField(_("needs reply"))
    customer_id = models.CharField(_("customer"), max_length=40)
    vehicle_id = models.CharField(_("vehicle"), max_length=40, null=True, blank=True)  # noqa: DJ001
    assigned_to = models.CharField(_("assignee"), max_length=40, null=True, blank=True)  # noqa: DJ001
    team_id = models.CharField(_("team"), max_length=40, null=True, blank=True)  # noqa: DJ001
    tags = models.JSONField(_("tags"), default=list, blank=True)
    custom_fields = models.JSONField(_("custom fields"), null=True)
    created_by = models.CharField(_("created by"), max_length=40)
    created_at = InstantField(_("created"))
    updated_at = InstantField(_("updated"))
    resolved_at = InstantField(_("resolved"), null=True)
    closed_at = InstantField(_("closed"), null=True)
    sla_deadline = InstantField(_("next deadline"), null=True)
    archived_at = InstantField(_("archived"), null=True)
    version = models.IntegerField(_("version"))
    urgency = models.BigIntegerField(_("time left"))
    """Active tickets by deadline, after them the done ones, latest first: as the desk's lists."""
    words = WordsField(_("search"), null=True)

    class Meta(PlannedModel.Meta):
        ordering = ["urgency"]
        default_permissions = ("view", "change", "delete")
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")

    def __str__(self) -> str:
        return f"#{self.ticket_id} {self.subject}"


class Communication(PlannedModel):
    """An entry of a ticket's log."""

    communication_id = models.CharField(_("entry"), primary_key=True, max_length=80)
    """`<ticket>-<ulid>`: a line is read by both."""
    ticket_id = models.CharField(_("ticket"), max_length=20)
    type = models.CharField(_("type"), max_length=20, choices=choices(CommunicationType))
    direction = models.CharField(  # noqa: DJ001
        _("direction"), max_length=20, choices=choices(Direction), null=True
    )
    content = models.TextField(_("text"))
    created_by = models.CharField(_("person"), max_length=40)
    created_at = InstantField(_("date"))
    words = WordsField(_("search"), null=True)

    class Meta(PlannedModel.Meta):
        ordering = ["-created_at"]
        default_permissions = ("view",)
        verbose_name = _("conversation entry")
        verbose_name_plural = _("conversation entries")

    def __str__(self) -> str:
        return f"{LABELS.get(self.type, self.type)}, #{self.ticket_id}"


class Escalation(PlannedModel):
    """A rule that fired, or a manual escalation."""

    escalation_id = models.CharField(_("escalation"), primary_key=True, max_length=120)
    """`<ticket>-<reopen cycle>-<rule>`: the key that makes it fire once."""
    ticket_id = models.CharField(_("ticket"), max_length=20)
    rule = models.CharField(_("rule"), max_length=80)
    level = models.IntegerField(_("level"))
    reason = models.CharField(_("reason"), max_length=200, null=True)  # noqa: DJ001
    escalated_by = models.CharField(_("person"), max_length=40)
    due_at = InstantField(_("due"))
    fired_at = InstantField(_("escalated at"))

    class Meta(PlannedModel.Meta):
        ordering = ["-fired_at"]
        default_permissions = ("view",)
        verbose_name = _("escalation")
        verbose_name_plural = _("escalations")

    def __str__(self) -> str:
        key = rule_of(self.rule)
        return f"{RULES.get(key, key)}, #{self.ticket_id}"


class Tag(PlannedModel):
    """A tag that tickets have. Only the tickets store it; it is gone with the last one."""

    name = models.CharField(_("tag"), primary_key=True, max_length=60)
    tickets = models.IntegerField(_("tickets"))

    class Meta(PlannedModel.Meta):
        ordering = ["name"]
        default_permissions = ("view",)
        verbose_name = _("tag")
        verbose_name_plural = _("tags")

    def __str__(self) -> str:
        return self.name
