"""What workers do for the desk as a whole."""

from celery import shared_task

from helpdesk.mail import delivery


@shared_task(name="helpdesk.send_mail")
def send_mail() -> int:
    return delivery.send_due()
