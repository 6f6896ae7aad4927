"""Celery tasks of tickets."""

from celery import shared_task
from django.conf import settings
from django.core.cache import cache

from helpdesk import jobs, wake
from helpdesk.clock import this_second
from tickets.services.customer_records import follow, merge_and_erase
from tickets.services.delivery import attention, old_mail, outbox, snooze, webhooks
from tickets.services.email import suspended
from tickets.services.email.incoming import limits, receive
from tickets.services.email.storage import unrecorded
from tickets.services.lifecycle import auto_close, escalate
from tickets.services.lists import bulk
from tickets.services.maintenance import health, retention
from tickets.services.sla import recalculation
from tickets.store import search

PASSING, FOLLOWED = "outbox:passing", "outbox:followed"
LEASE = 2
"""Seconds from the start of a consumer's turn in which its worker is considered alive."""


@shared_task(name="tickets.pass_on")
def dispatch_events() -> int:
    """Dispatch events. Only one at a time: two would give the same events to the same consumers."""
    if not cache.add(PASSING, True, LEASE):
        # The worker that dispatches sees the mark. If it has died, one task continues.
        if cache.add(FOLLOWED, True, LEASE):
            wake.send("tickets.pass_on", countdown=LEASE)
        return 0
    try:
        taken = outbox.dispatch(each=lambda: cache.set(PASSING, True, LEASE))
    finally:
        cache.delete(PASSING)
    if taken:
        wake.send("helpdesk.send_mail")
        wake.send("tickets.send_webhooks")
    if taken >= outbox.BATCH or outbox.is_asked():
        wake.send("tickets.pass_on")
    return taken


@shared_task(name="tickets.retry_failed_events")
def retry_failed_events() -> int:
    return outbox.retry_failed()


@shared_task(name="tickets.mail_notices")
def mail_notices() -> int:
    """Take over mail of an earlier release, whose task this is, as is `send_letters`."""
    return old_mail.take_over()


@shared_task(name="tickets.send_letters")
def send_letters() -> int:
    return old_mail.take_over()


@shared_task(name="tickets.send_webhooks")
def send_webhooks() -> None:
    """Start a task for each webhook, so that a slow one does not delay the others."""
    for webhook_id in webhooks.due():
        wake.send("tickets.send_webhook", webhook_id)


@shared_task(name="tickets.send_webhook")
def send_webhook(webhook_id: int) -> int:
    return webhooks.send(webhook_id)


@shared_task(name="tickets.forget_webhook_marks")
def forget_webhook_marks() -> int:
    return webhooks.forget_marks()


@shared_task(name="tickets.process_mail")
def process_mail() -> int:
    """Process messages that were recorded, and left when a process died or an engine was away."""
    return receive.process_left_behind()


@shared_task(name="tickets.try_parked_mail")
def try_parked_mail() -> int:
    return receive.try_parked_again()


@shared_task(name="tickets.sweep_suspended")
def sweep_suspended() -> int:
    """Delete mail that was suspended for a month, counters of past hours, and originals that a
    crash has left."""
    limits.forget_old_counts()
    unrecorded.sweep()
    return suspended.sweep()


@shared_task(name="tickets.notify_due")
def notify_due() -> int:
    """Wake snoozed tickets, and remind users."""
    return snooze.notify_due()


@shared_task(name="tickets.resume_bulks")
def resume_bulks() -> None:
    for unfinished in bulk.left():
        jobs.drive(bulk.step, unfinished.pk)


@shared_task(name="tickets.resume_records")
def resume_records() -> None:
    for finished in merge_and_erase.due_for_a_second_look():
        merge_and_erase.look_again(finished)
    for unfinished in merge_and_erase.unfinished():
        jobs.drive(merge_and_erase.step, unfinished.pk)


@shared_task(name="tickets.follow_customers")
def follow_customers() -> int:
    return follow.sync_changed_customers()


@shared_task(name="tickets.take_stock")
def take_stock() -> None:
    attention.forget_seen()
    search.take_stock()


@shared_task(name="tickets.sla_sweep")
def sla_sweep() -> int:
    """Distribute due tickets among the workers."""
    batches = escalate.due_batches(now=this_second())
    health.swept(batches[0] if batches else ())
    for batch in batches:
        # What is not taken by then, the next sweep shares out again.
        wake.send("tickets.fire_due", batch, expires=settings.SLA_SWEEP_SECONDS)
    return len(batches)


@shared_task(name="tickets.fire_due")
def fire_due(ticket_ids: list[str]) -> dict[str, int]:
    found = escalate.fire_all(ticket_ids)
    return {"due": found.due, "fired": found.fired, "conflicts": found.conflicts}


@shared_task(name="tickets.close_silent")
def close_silent() -> int:
    return auto_close.close_silent()


@shared_task(name="tickets.replan")
def recalculate_page(recalculation_id: int) -> None:
    if not recalculation.recalculate_page(recalculation_id):
        wake.send("tickets.replan", recalculation_id)


@shared_task(name="tickets.resume_replans")
def resume_recalculations() -> None:
    for stalled in recalculation.stalled():
        wake.send("tickets.replan", stalled.pk)


@shared_task(name="tickets.resume_retention")
def resume_retention() -> None:
    retention.start_daily(now=this_second())
    for unfinished in retention.unfinished():
        jobs.drive(retention.step, unfinished.pk)
