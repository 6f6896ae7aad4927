"""The queue of the audit record in SQL, and its entries as Django's admin sees them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.dynamo_admin.fields import InstantField, WordsField
from helpdesk.dynamo_admin.query import PlannedModel


class QueuedEntry(models.Model):
    """What happened, written in the transaction in which it happened, until it is in the record.

    Kept for a while after that: what a restored DynamoDB lacks is appended again.
    """

    key = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField()
    actor = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=40)
    action = models.CharField(max_length=20)
    object_id = models.CharField(max_length=80)
    changes = models.TextField()
    delivered_at = models.DateTimeField(null=True, db_index=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} {self.action}"


class AuditEntry(PlannedModel):
    """An entry of the audit record. It is in DynamoDB: see store.py."""

    entry_id = models.CharField(_("entry"), primary_key=True, max_length=40)
    sequence = models.BigIntegerField(_("number"))
    recorded_at = InstantField(_("recorded"))
    at = InstantField(_("date"))
    actor = models.CharField(_("person"), max_length=40)
    kind = models.CharField(_("kind"), max_length=40)
    action = models.CharField(_("action"), max_length=20)
    object_id = models.CharField(_("object"), max_length=80)
    changes = models.TextField(_("changes"))
    hash = models.CharField(_("hash"), max_length=64)
    words = WordsField(_("search"), null=True)

    class Meta(PlannedModel.Meta):
        ordering = ["-recorded_at"]
        default_permissions = ("view",)
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit record")

    def __str__(self) -> str:
        return f"{self.sequence}"
