"""Televisions that show the wallboard."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.short_text import LineField

CODE_LENGTH = 8


class Television(models.Model):
    """A browser that shows the wallboard, or asks for it with a code.

    Its cookie holds a secret, of which only a hash is stored. The code is stored as it is: it works
    for ten minutes, once, and only in the hands of a supervisor.
    """

    name = LineField(_("name"), max_length=60, blank=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    code = models.CharField(max_length=CODE_LENGTH, blank=True, editable=False)
    code_expires_at = models.DateTimeField(null=True, editable=False)
    paired_at = models.DateTimeField(_("paired"), null=True, editable=False)
    paired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("paired by"),
        editable=False,
    )
    seen_at = models.DateTimeField(_("last seen"), null=True, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("television")
        verbose_name_plural = _("televisions")
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=~models.Q(code=""), name="one_television_a_code"
            )
        ]

    def __str__(self) -> str:
        return self.name
