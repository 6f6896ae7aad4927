"""SLA recalculations: runs over the open tickets after a change of policies or rules."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Recalculation(models.Model):
    """One run over the open tickets. If a worker dies, the next one continues at `place`."""

    customer_id = models.CharField(
        _("customer"), max_length=40, blank=True, db_default="", editable=False
    )
    policies = models.BooleanField(default=True, db_default=True, editable=False)
    reason = models.CharField(_("reason"), max_length=200)
    asked_at = models.DateTimeField(_("requested"), auto_now_add=True)
    progressed_at = models.DateTimeField(auto_now_add=True)
    place = models.TextField(_("progress marker"), blank=True, editable=False)
    seen = models.PositiveIntegerField(_("open tickets checked"), default=0)
    changed = models.PositiveIntegerField(_("recalculated"), default=0)
    passes = models.PositiveIntegerField(_("runs"), default=0, editable=False)
    changed_in_pass = models.PositiveIntegerField(default=0, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        db_table = "tickets_replan"
        ordering = ["-pk"]
        verbose_name = _("SLA recalculation")
        verbose_name_plural = _("SLA recalculations")

    def __str__(self) -> str:
        return self.reason
