"""What Django's admin calls a ticket. Tickets themselves live in DynamoDB: tickets/store."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Ticket(models.Model):
    """Has no table; gives the admin a name, an address and rights."""

    class Meta:
        managed = False
        default_permissions = ("view",)
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")

    def __str__(self) -> str:
        return str(self.pk)
