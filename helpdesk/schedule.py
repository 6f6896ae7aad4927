"""The periodic tasks that Celery beat starts. The settings import this, so it does not
import them."""

from typing import Any

from celery.schedules import crontab


def beat_schedule(*, sla_sweep: int, outbox_sweep: int) -> dict[str, dict[str, Any]]:
    """Return the periodic tasks; periods are in seconds.

    A task that waited longer than its period is dropped, since the next one does its work.
    """
    schedule: dict[str, dict[str, Any]] = {
        name: {"task": task, "schedule": period, "options": {"expires": period}}
        for name, task, period in (
            ("sla-sweep", "tickets.sla_sweep", sla_sweep),
            ("outbox-sweep", "tickets.pass_on", outbox_sweep),
            ("failed-events", "tickets.retry_failed_events", 60),
            ("mail-sweep", "helpdesk.send_mail", 60),
            ("mail-left-behind", "tickets.process_mail", 30),
            ("suspended-mail", "tickets.sweep_suspended", 3_600),
            ("old-mail", "tickets.mail_notices", 3_600),
            ("audit-sweep", "helpdesk.deliver_audit", 30),
            ("webhook-sweep", "tickets.send_webhooks", 30),
            ("webhook-marks", "tickets.forget_webhook_marks", 3_600),
            ("index-stock", "tickets.take_stock", 3_600),
            ("resume-what-ifs", "reporting.resume_what_ifs", 60),
            ("roll-up", "reporting.roll_up", outbox_sweep),
            ("follow-customers", "tickets.follow_customers", outbox_sweep),
            ("resume-bulks", "tickets.resume_bulks", 60),
            ("resume-files", "customers.resume_files", 60),
            ("resume-records", "tickets.resume_records", 60),
            ("close-silent", "tickets.close_silent", 60),
            ("resume-replans", "tickets.resume_replans", 60),
        )
    }
    # Again each hour of the Monday, in case beat was down at six; no report is queued twice.
    schedule["weekly"] = {
        "task": "reporting.send_weekly",
        "schedule": crontab(day_of_week="mon", hour="6-23", minute=0),
    }
    return schedule
