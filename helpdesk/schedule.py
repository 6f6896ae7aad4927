"""The periodic tasks that Celery beat starts. The settings import this, so it does not
import them."""

from typing import Any

from celery.schedules import crontab


def beat_schedule(*, sla_sweep: int, outbox_sweep: int) -> dict[str, dict[str, Any]]:
    """Return the periodic tasks; periods are in seconds.

    A task that waited longer than its period is dropped, since the next one does its work. Each
    costs some ten commands to Redis: what is found in SQL has one task for all
    (helpdesk/left_work.py), and what a change starts itself is looked for seldom.
    """
    schedule: dict[str, dict[str, Any]] = {
        name: {"task": task, "schedule": period, "options": {"expires": period}}
        for name, task, period in (
            ("sla-sweep", "tickets.sla_sweep", sla_sweep),
            ("outbox-sweep", "tickets.pass_on", outbox_sweep),
            ("left-work", "helpdesk.start_left_work", 30),
            ("failed-events", "tickets.retry_failed_events", 60),
            ("mail-sweep", "helpdesk.send_mail", 60),
            ("mail-left-behind", "tickets.process_mail", 60),
            # Changes ask for these two; here it is for those whose worker died.
            ("follow-customers", "tickets.follow_customers", 60),
            ("roll-up", "reporting.roll_up", 120),
            ("close-silent", "tickets.close_silent", 300),
            ("suspended-mail", "tickets.sweep_suspended", 3_600),
            ("parked-mail", "tickets.try_parked_mail", 3_600),
            ("old-mail", "tickets.mail_notices", 3_600),
            ("old-files", "customers.forget_files", 3_600),
            ("webhook-marks", "tickets.forget_webhook_marks", 3_600),
            ("index-stock", "tickets.take_stock", 3_600),
        )
    }
    # Again each hour of the Monday, in case beat was down at six; no report is queued twice.
    schedule["weekly"] = {
        "task": "reporting.send_weekly",
        "schedule": crontab(day_of_week="mon", hour="6-23", minute=0),
    }
    return schedule
