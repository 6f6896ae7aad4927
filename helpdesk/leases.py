"""Rows that one worker has for a while: nobody else takes them until it is done, or has died."""

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
    """Return the condition that rows meet which nobody has a lease on."""
    return Q(leased_until=None) | Q(leased_until__lt=timezone.now())


def take(rows: QuerySet[Any], *, span: timedelta) -> bool:
    """Lease those of these rows that are free, for `span`; return whether there were any.

    Whoever is done sets `leased_until` to None. One SQL statement, so of two workers one wins.
    """
    return bool(rows.filter(free()).update(leased_until=timezone.now() + span))
