"""The Celery app. Its schedule is in helpdesk/schedule.py."""

import json
import os
from contextlib import ExitStack
from contextvars import ContextVar
from typing import Any

from celery import Celery
from celery.signals import (
    beat_init,
    before_task_publish,
    setup_logging,
    task_failure,
    task_postrun,
    task_prerun,
    worker_init,
    worker_process_shutdown,
)
from django_structlog.celery.steps import DjangoStructLogInitStep

from helpdesk import tracing
from helpdesk.clock import this_second

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


TRACE = "traceparent"
"""The header of a task that names the span in which it was enqueued."""
_span: ContextVar[Any] = ContextVar("span_of_task", default=None)
_open: ContextVar[ExitStack | None] = ContextVar("open_span_of_task", default=None)


@before_task_publish.connect
def tell_when_and_from_where(headers: dict[str, Any], **_: object) -> None:
    from django.conf import settings

    headers[settings.SENT_AT] = this_second().isoformat()
    if trace := tracing.here():
        headers[TRACE] = trace


@task_prerun.connect
def begin_span(task: Any, **_: object) -> None:
    if tracing.is_on():
        stack = ExitStack()
        parent = (task.request.headers or {}).get(TRACE)
        span = tracing.span(f"task {task.name}", parent=parent, kind="CONSUMER")
        _span.set(stack.enter_context(span))
        _open.set(stack)


@task_failure.connect
def mark_span(exception: BaseException, **_: object) -> None:
    if span := _span.get():
        tracing.failed(span, type(exception).__name__)


@task_postrun.connect
def end_span(**_: object) -> None:
    if stack := _open.get():
        _open.set(None)
        _span.set(None)
        stack.close()


@worker_init.connect
def count_for_metrics(**_: object) -> None:
    """Let workers, and nobody else who runs a task, tell what they have counted."""
    task_postrun.connect(tell_counts)


def tell_counts(**_: object) -> None:
    from helpdesk import worker_counts

    worker_counts.tell()


@worker_process_shutdown.connect
def send_what_is_recorded(**_: object) -> None:
    tracing.flush()
