"""Celery tasks of reports."""

from time import monotonic

from celery import shared_task
from django.conf import settings
from django.core.cache import cache

from helpdesk import jobs
from helpdesk.clock import this_second
from reporting.domain.days import day_of
from reporting.services import facts, rollups, scheduled, simulation, weekly

ROLLING = "reporting:rolling"
LONGEST = 60
"""Seconds after which a worker that rolls up is considered dead."""

SHIFT = 5
"""Seconds after which it lets other tasks go first, if there is more."""


@shared_task(name="reporting.roll_up")
def roll_up() -> int:
    """Count what has changed. One worker does so at a time, until nothing is left."""
    if not cache.add(ROLLING, True, LONGEST):
        facts.wake_worker()
        return 0
    settled = counted = 0
    began = monotonic()
    try:
        while monotonic() - began < SHIFT and (counted := rollups.roll_up()):
            settled += counted
    finally:
        cache.delete(ROLLING)
    if counted:
        facts.wake_worker()  # there is more
    return settled


@shared_task(name="reporting.resume_what_ifs")
def resume_simulations() -> None:
    for unfinished in simulation.left():
        jobs.drive(simulation.step, unfinished.pk)


@shared_task(name="reporting.send_scheduled")
def send_scheduled() -> int:
    return scheduled.queue_due()


@shared_task(name="reporting.send_weekly")
def send_weekly() -> int:
    return weekly.queue_weekly(today=day_of(this_second(), settings.REPORT_TIME_ZONES[-1]))
