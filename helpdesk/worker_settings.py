"""The settings of Celery's workers and of beat. A part of settings.py.

Their options on the command line are in docs/deploy.md.
"""

from kombu import Queue

# The header of a task that says when it was enqueued.
SENT_AT = "sent_at"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A change never waits for the broker: one quick try, and the outbox sweep does the rest.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 0,
    # Seconds that a worker waits for a task in one command; a task ends the wait at once.
    "polling_interval": 10,
}
CELERY_TIMEZONE = "UTC"
# What waits for others (a mail server, a webhook's target) or takes long (imports, changes of many
# tickets) has queues of its own, whose workers are not those of the sweeps. "celery" is Celery's
# own default: what an earlier release has queued there is found.
CELERY_TASK_ROUTES = {
    "tickets.sla_sweep": "sla",
    "tickets.fire_due": "sla",
    "helpdesk.send_mail": "mail",
    "tickets.send_webhooks": "webhooks",
    "tickets.send_webhook": "webhooks",
    **dict.fromkeys(
        (
            "customers.resume_files",
            "reporting.resume_what_ifs",
            "reporting.send_scheduled",
            "reporting.send_weekly",
            "tickets.resume_bulks",
            "tickets.process_mail",
            "tickets.resume_records",
            "tickets.resume_retention",
            "tickets.sweep_suspended",
            "tickets.try_parked_mail",
            "tickets.replan",
        ),
        "jobs",
    ),
}
QUEUES = ("sla", "celery", "mail", "webhooks", "jobs")
# A worker without -Q takes tasks of all queues.
CELERY_TASK_QUEUES = [Queue(name) for name in QUEUES]
DJANGO_STRUCTLOG_CELERY_ENABLED = True
