"""Celery tasks of customers."""

from celery import shared_task

from customers.services import imports
from helpdesk import jobs


@shared_task(name="customers.resume_files")
def resume_files() -> None:
    for file in imports.left():
        jobs.drive(imports.step, file.pk)


@shared_task(name="customers.forget_files")
def forget_files() -> None:
    imports.forget_old()
