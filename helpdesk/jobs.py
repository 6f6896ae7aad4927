"""Long-running jobs that a user started, done in steps.

The page that shows the progress runs the steps; if the user leaves, a worker does. A step is
leased, so that only one of them does it. If that one dies, the lease expires and the step is done
again, so each step must be safe to repeat.
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
    """A job that a user started, and how far it is."""

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
    """Return the job, leased for one step; None if it is finished, or leased by somebody else."""
    if not leases.take(kind._default_manager.filter(pk=job_id, finished_at=None), span=LEASE):
        return None
    return kind._default_manager.select_related("asked_by").get(pk=job_id)


def step_done(job: Job, *, finished: bool) -> None:
    """Store the progress of a step, and release the lease."""
    job.finished_at = timezone.now() if finished else None
    job.leased_until = None
    job.save()


def drive(step: Callable[[int], Job], job_id: int) -> None:
    """Do the job's steps until it is finished, or somebody else has its lease."""
    while True:
        job = step(job_id)
        if job.finished_at or job.leased_until:
            return


def abandoned(kind: type[J]) -> QuerySet[J]:
    """Return unfinished jobs that nobody works on."""
    waited = timezone.now() - LEASE
    left = Q(leased_until=None, asked_at__lt=waited) | Q(leased_until__isnull=False)
    return kind._default_manager.filter(leases.free() & left, finished_at=None)
