"""A reply is one trace, from its page over the outbox to its mail, and has no text of anybody."""

import json
import os
import subprocess
import sys
from collections import Counter

import pytest
from celery import current_app
from django.conf import settings
from django.core import mail
from django.test import Client
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from helpdesk import celery as tasks
from helpdesk import tracing, wake
from helpdesk.clock import this_second
from tests.world import after, waiting_events
from tickets.services.delivery import outbox, reply_email

WORDS = "Your car is on the quay in Antwerp."


@pytest.fixture
def exported(monkeypatch):
    """What is recorded, instead of being sent to an endpoint."""
    kept = InMemorySpanExporter()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr(tracing, "processor", lambda: SimpleSpanProcessor(kept))
    for asked_once in (tracing.is_on, tracing._provider):
        asked_once.cache_clear()
    yield kept
    monkeypatch.undo()
    for asked_once in (tracing.is_on, tracing._provider):
        asked_once.cache_clear()


@pytest.fixture
def broker(monkeypatch):
    """A worker's queue: tasks with their headers, as a worker would get them."""
    waiting = []

    def send_task(name, args=(), **_options):
        headers = {}
        tasks.tell_when_and_from_where(headers=headers)
        waiting.append((name, args, headers))

    monkeypatch.setattr(current_app, "send_task", send_task)
    monkeypatch.setattr(wake.transaction, "on_commit", lambda send: send())
    return waiting


def work(broker):
    """Do what is in the queue, and what follows from it."""
    current_app.loader.import_default_modules()
    while broker:
        name, args, headers = broker.pop(0)
        current_app.tasks[name].apply(args=args, headers=headers).get()


def tree(spans):
    """Each span's name under that of its parent; requests to DynamoDB left out."""
    names = {span.context.span_id: span.name for span in spans}
    return Counter(
        (names.get(span.parent.span_id) if span.parent else None, span.name)
        for span in spans
        if not span.name.startswith("DynamoDB")
    )


def test_a_reply_is_one_trace_from_its_page_to_its_mail(desk, exported, broker):
    number = desk.ticket(now=this_second()).ticket_id  # no milestone of it has passed
    outbox.dispatch()
    broker.clear()
    browser = Client()
    browser.force_login(desk.rep_user)
    exported.clear()

    done = browser.post(f"/tickets/{number}/reply/", {"content": WORDS, "sure": "1"})
    assert done.status_code == 302
    work(broker)

    assert len(mail.outbox) == 1
    spans = exported.get_finished_spans()
    [web] = [span for span in spans if span.name == "POST ticket_reply"]
    ours = [span for span in spans if span.context.trace_id == web.context.trace_id]
    found = tree(ours)
    assert found[None, "POST ticket_reply"] == 1
    for above, below in (
        ("POST ticket_reply", "change"),
        ("change", "task tickets.pass_on"),
        *(("change", f"outbox: {name}") for name in outbox._consumers()),
        ("outbox: reply email", "mail: reply"),
        ("mail: reply", "mail server"),
        ("task tickets.pass_on", "task helpdesk.send_mail"),
    ):
        assert found[above, below] >= 1, f"{below} under {above}: {found}"
    names = {span.context.span_id: span.name for span in ours}
    asked = {
        (names[span.parent.span_id], span.name, span.attributes["db.collection.name"])
        for span in ours
        if span.name.startswith("DynamoDB")
    }
    assert ("change", "DynamoDB TransactWriteItems", "tickets") in asked
    assert ("outbox: reply email", "DynamoDB TransactWriteItems", "tickets") in asked

    about = {span.name for span in ours if span.attributes.get("helpdesk.ticket_id") == number}
    assert about >= {"change", "outbox: reply email", "mail: reply"}
    told = json.dumps([json.loads(span.to_json()) for span in spans])
    for text in (WORDS, "Giulia", "giulia@posta.example", "Where is my car", "Rosa"):
        assert text not in told, text


def test_a_failure_is_named_by_its_type_alone(desk, exported, monkeypatch):
    def fails(events):
        raise ValueError("Giulia's words")

    consumers = {"reply email": fails}
    monkeypatch.setattr(outbox, "_consumers", lambda: consumers)
    with tracing.span("request"):
        desk.ticket()
    outbox.dispatch()

    failed = [span for span in exported.get_finished_spans() if not span.status.is_ok]
    assert [span.attributes["error.type"] for span in failed] == ["ValueError"]
    assert not failed[0].events, "an exception's message may be anybody's words"
    assert "Giulia" not in failed[0].to_json()


def test_a_task_and_a_page_that_fail_are_marked(desk, exported, monkeypatch):
    def fails():
        raise ValueError("Giulia's words")

    current_app.loader.import_default_modules()
    task = current_app.tasks["tickets.retry_failed_events"]
    monkeypatch.setattr(outbox, "retry_failed", fails)
    with pytest.raises(ValueError, match="Giulia"):
        task.apply().get()
    browser = Client(raise_request_exception=False)
    browser.force_login(desk.rep_user)
    monkeypatch.setattr("tickets.web.lists.find", lambda *_, **__: fails())
    assert browser.get("/tickets/?view=all").status_code == 500

    spans = [span for span in exported.get_finished_spans() if not span.status.is_ok]
    told = {(span.name, span.attributes["error.type"]) for span in spans}
    assert ("task tickets.retry_failed_events", "ValueError") in told
    assert ("GET ticket_list", "500") in told
    assert "Giulia" not in "".join(span.to_json() for span in spans)


def test_without_an_endpoint_nothing_is_recorded_and_nothing_stored(desk, monkeypatch):
    monkeypatch.setattr(tracing, "_tracer", lambda: pytest.fail("a span was begun"))
    desk.ticket()
    [event, *_] = waiting_events()
    assert event.trace is None
    with tracing.span("x") as span, tracing.batch("y", iter([])), tracing.resumed("z"):
        assert span is None
    assert tracing.here() is None
    line = {"event": "x"}
    assert tracing.name_trace(None, "info", line) == {"event": "x"}


def test_what_waits_keeps_where_it_comes_from(desk, exported):
    with tracing.span("request"):
        mail_in_queue = reply_email.queued("1", "2", at=after(minutes=1))
        here = tracing.here()
    assert mail_in_queue.trace == here
    assert mail_in_queue.due_again(after(minutes=2)).trace == here


LOADED = (
    "import sys, django; django.setup(); import helpdesk.urls, tickets.tasks, helpdesk.celery; "
    "print([name for name in sys.modules if name.startswith('opentelemetry')])"
)


def test_where_it_is_off_nothing_of_it_is_loaded():
    done = subprocess.run(
        [sys.executable, "-c", LOADED],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["[]"]
