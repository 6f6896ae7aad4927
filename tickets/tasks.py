"""What workers do with tickets."""

from celery import shared_task

from tickets.services import escalate, outbox


@shared_task(name="tickets.pass_on")
def pass_on() -> int:
    return outbox.pass_on()


@shared_task(name="tickets.sla_sweep")
def sla_sweep() -> dict[str, int]:
    found = escalate.sweep()
    return {"due": found.due, "fired": found.fired, "conflicts": found.conflicts}
