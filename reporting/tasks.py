"""What workers do for reports."""

from celery import shared_task
from django.conf import settings

from helpdesk import jobs
from helpdesk.moments import this_second
from reporting.domain.days import day_of
from reporting.models import WhatIf
from reporting.services import rollups, weekly, what_if


@shared_task(name="reporting.roll_up")
def roll_up() -> int:
    settled = rollups.roll_up()
    if settled == rollups.MARKS:
        roll_up.delay()  # there is more
    return settled


@shared_task(name="reporting.resume_what_ifs")
def resume_what_ifs() -> None:
    for left in jobs.abandoned(WhatIf):
        while not what_if.step(left.pk).finished_at:
            pass


@shared_task(name="reporting.send_weekly")
def send_weekly() -> int:
    return weekly.send_weekly(today=day_of(this_second(), settings.REPORT_TIME_ZONES[-1]))
