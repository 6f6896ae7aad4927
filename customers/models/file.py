"""An uploaded file of customers or vehicles."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.jobs import Job


class CustomerFile(Job):
    """Read and checked when it is uploaded; imported in steps once its user confirms."""

    class Kind(models.TextChoices):
        CUSTOMERS = "customers", _("customers")
        VEHICLES = "vehicles", _("vehicles")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=120)
    rows = models.JSONField(_("rows"), default=list)  # those that can be taken
    refused = models.JSONField(_("errors"), default=list)  # number and reason of the others
    total = models.PositiveIntegerField(_("total"), default=0)
    taken = models.PositiveIntegerField(_("imported"), default=0)
    worked = models.PositiveIntegerField(default=0, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("customer import")
        verbose_name_plural = _("customer imports")

    def __str__(self) -> str:
        return self.name
