"""Celery tasks of customers."""

from celery import shared_task

from customers.models import CustomerFile
from customers.services import imports
from helpdesk import jobs


@shared_task(name="customers.resume_files")
def resume_files() -> None:
    imports.forget_old()
    for left in jobs.abandoned(CustomerFile).exclude(confirmed_at=None):
        jobs.drive(imports.step, left.pk)
