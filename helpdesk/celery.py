"""The Celery app. Its schedule is in helpdesk/schedule.py."""

import json
import os

from celery import Celery
from celery.signals import beat_init, setup_logging, worker_init
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

app = Celery("helpdesk")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# What a worker logs names the request that it follows from, and nothing of the task before.
app.steps["worker"].add(DjangoStructLogInitStep)


@setup_logging.connect
def keep_django_logging(**_: object) -> None:
    """Keep Celery from configuring logging, which it does unless this signal has a receiver."""


@worker_init.connect
def log_what_celery_prints(**_: object) -> None:
    """Make JSON lines of what a worker prints past logging, such as "Warm shutdown"."""
    from celery.apps import worker
    from django.conf import settings

    if settings.DEBUG:
        return

    def say(text: str, _stream: object = None) -> None:
        line = json.dumps({"event": text, "logger": "celery.apps.worker", "level": "info"})
        # From a signal's handler, where logging may be in the middle of a line. Celery's own begins
        # with an empty line, which is no JSON.
        os.write(1, f"{line}\n".encode())

    worker.safe_say = say


@worker_init.connect
@beat_init.connect
def refuse_demo_accounts(**_: object) -> None:
    from django.core.exceptions import ImproperlyConfigured

    from helpdesk.accounts.demo import refuse_demo_accounts

    try:
        refuse_demo_accounts()
    except ImproperlyConfigured as refused:
        # Celery logs an exception of a signal and goes on; this it lets through.
        raise SystemExit(str(refused)) from refused
