"""Users. They are deactivated, never deleted: tickets and logs keep naming them."""

import zoneinfo
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

REPRESENTATIVES = "Representatives"
SUPERVISORS = "Supervisors"


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("Write a time zone such as Europe/Rome or America/New_York."))


class User(AbstractUser):
    """Somebody who works here, or whose name an imported history mentions."""

    time_zone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        validators=[validate_time_zone],
        help_text=_("Times are shown in this zone. Empty: the desk's own."),
    )
    is_demo = models.BooleanField(
        _("demo account"),
        default=False,
        editable=False,
        help_text=_(
            "Has a published password; the desk does not start with it outside development."
        ),
    )

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        raise models.ProtectedError(
            "Users are deactivated, not deleted: tickets and logs keep naming them.", {self}
        )
