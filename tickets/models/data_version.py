"""The form that stored data has: what `upgrade_data` has brought it into."""

from django.db import models

CURRENT = 2
"""Raise it in a release that needs `upgrade_data`."""


class DataVersion(models.Model):
    """A version into which all data was brought; a new desk begins with the current one."""

    version = models.PositiveIntegerField(unique=True)
    reached_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.version)
