"""Celery tasks that belong to no app."""

from celery import shared_task

from helpdesk import left_work
from helpdesk.audit import deliver
from helpdesk.mail import delivery


@shared_task(name="helpdesk.send_mail")
def send_mail() -> int:
    return delivery.send_due()


@shared_task(name="helpdesk.deliver_audit")
def deliver_audit() -> int:
    return deliver.deliver()


@shared_task(name="helpdesk.start_left_work")
def start_left_work() -> None:
    left_work.start()
