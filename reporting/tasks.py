"""What workers do for reports."""

from celery import shared_task

from reporting.services import rollups


@shared_task(name="reporting.roll_up")
def roll_up() -> int:
    settled = rollups.roll_up()
    if settled == rollups.MARKS:
        roll_up.delay()  # there is more
    return settled
