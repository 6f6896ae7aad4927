"""Long work that a person asked for, done in steps.

Whoever watches the page drives it on; if they leave, a worker does. A step is leased, so that two
drivers do not do the same; a driver that dies loses its lease, and its step is done again. So each
step must be harmless to repeat.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk import leases

LEASE = timedelta(seconds=60)


class Job(leases.Leased):
    """Something that was asked for and is worked off."""

    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="%(class)ss",
        verbose_name=_("requested by"),
    )
    asked_at = models.DateTimeField(_("requested"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        abstract = True


J = TypeVar("J", bound=Job)


def lease(kind: type[J], job_id: int) -> J | None:
    """The job, for one step; None when it is finished, or somebody else works on it right now."""
    if not leases.take(kind._default_manager.filter(pk=job_id, finished_at=None), span=LEASE):
        return None
    return kind._default_manager.select_related("asked_by").get(pk=job_id)


def step_done(job: Job, *, finished: bool) -> None:
    """Write down what a step did, and let the next one begin."""
    job.finished_at = timezone.now() if finished else None
    job.leased_until = None
    job.save()


def drive(step: Callable[[int], Job], job_id: int) -> None:
    """Do step after step of a job until it is finished, or somebody else is at it."""
    while True:
        job = step(job_id)
        if job.finished_at or job.leased_until:
            return


def abandoned(kind: type[J]) -> QuerySet[J]:
    """Jobs that nobody drives on."""
    waited = timezone.now() - LEASE
    left = Q(leased_until=None, asked_at__lt=waited) | Q(leased_until__isnull=False)
    return kind._default_manager.filter(leases.free() & left, finished_at=None)
