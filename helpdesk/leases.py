"""Leases on rows: one worker at a time has a row, until it is done or its lease expires."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone


class Leased(models.Model):
    """A row that is leased before it is worked on."""

    leased_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


def free() -> Q:
    """Return the condition for rows without a current lease."""
    return Q(leased_until=None) | Q(leased_until__lt=timezone.now())


def take(rows: QuerySet[Any], *, span: timedelta) -> bool:
    """Lease those of these rows that are free for `span`; return whether there were any.

    Set `leased_until` to None when done. One SQL statement, so only one of two workers succeeds.
    """
    return bool(rows.filter(free()).update(leased_until=timezone.now() + span))
