"""A desk that nobody uses asks its engines little, and misses nothing that was left to do."""

from datetime import timedelta

import pytest
from celery import current_app
from django.conf import settings
from django.utils import timezone
from kombu import Connection

from customers.models import CustomerFile
from customers.services import imports
from helpdesk import left_work, wake
from helpdesk.audit.deliver import deliver
from helpdesk.audit.models import QueuedEntry
from helpdesk.dynamo import capacity
from tickets.models import Bulk, CustomerJob, Recalculation, Webhook

TASKS, REQUESTS = 15, 12
"""The most that periodic tasks may be in a minute, and their requests to DynamoDB."""


@pytest.fixture
def sent(monkeypatch):
    names = []
    monkeypatch.setattr(wake, "_send", lambda task, args, options: bool(names.append(task)) or True)
    return names


def test_periodic_tasks_of_a_desk_at_rest_are_few_and_ask_little(desk, sent):
    """Each costs some ten commands to Redis besides (docs/benchmarks.md has what was measured)."""
    current_app.loader.import_default_modules()
    tasks = requests = 0.0
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        if isinstance(entry["schedule"], int):
            each_minute = 60 / entry["schedule"]
            run = current_app.tasks[entry["task"]]
            run()  # what a process asks once
            with capacity.counting() as usage:
                run()
            tasks += each_minute
            requests += each_minute * usage.requests
    assert 10 < tasks <= TASKS
    assert 5 < requests <= REQUESTS
    assert sent == [], "with nothing to do nothing is started"


def test_a_worker_waits_for_a_task_in_one_command_of_ten_seconds():
    """kombu makes the wait of BRPOP of this option; at a second each, it was a third of all."""
    options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    with Connection("redis://127.0.0.1:1", transport_options=options) as broker:
        assert broker.transport.brpop_timeout == 10


def test_what_was_left_in_the_database_is_started_and_nothing_else(desk, sent):
    long_ago = timezone.now() - timedelta(minutes=5)
    owner = {"asked_by": desk.rep_user}

    def started():
        deliver()  # configuration is noted in the audit record
        return left_work.start()

    assert started() == []

    Webhook.objects.create(name="Billing", url="https://billing.example/", events=["created"])
    assert started() == ["tickets.send_webhooks"]
    Webhook.objects.update(active=False)

    bulk = Bulk.objects.create(ticket_ids=[], **owner)
    assert started() == [], "its page does the steps"
    Bulk.objects.update(asked_at=long_ago)
    assert started() == ["tickets.resume_bulks"]
    bulk.delete()

    file = CustomerFile.objects.create(kind=CustomerFile.Kind.CUSTOMERS, **owner)
    CustomerFile.objects.update(asked_at=long_ago)
    assert started() == [], "nobody has confirmed it"
    CustomerFile.objects.update(confirmed_at=long_ago)
    assert started() == ["customers.resume_files"]
    assert list(imports.left()) == [file]
    file.delete()

    CustomerJob.objects.create(
        kind=CustomerJob.Kind.ERASE, customer_id="c", finished_at=long_ago, **owner
    )
    assert started() == ["tickets.resume_records"], "it is checked once more"
    CustomerJob.objects.update(looked_again=True)
    assert started() == []

    Recalculation.objects.create(reason="Policy changed")
    Recalculation.objects.update(progressed_at=long_ago)
    assert started() == ["tickets.resume_replans"]
    Recalculation.objects.all().delete()

    assert started() == []
    QueuedEntry.objects.create(key="k", at=long_ago, kind="rule", action="change", object_id="1")
    assert left_work.start() == ["helpdesk.deliver_audit"]
