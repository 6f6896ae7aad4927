"""Workers are told of what is committed, and of nothing else: one place sends, after the commit."""

import ast
from pathlib import Path

import pytest
from celery import current_app
from django.db import connection, transaction
from kombu.exceptions import OperationalError

from helpdesk import wake
from helpdesk.mail import delivery
from reporting.services import facts
from tickets.services.conversation.communicate import note
from tickets.services.delivery import outbox
from tickets.services.sla.recalculation import start_recalculation

ROOT = Path(__file__).parents[2]
APPS = ("helpdesk", "tickets", "customers", "reporting")
SENDING = {"send_task", "delay", "apply_async"}

WAKING = {
    "tickets.pass_on": outbox.wake_worker,
    "helpdesk.send_mail": delivery.send_soon,
    "reporting.roll_up": facts.wake_worker,
    "tickets.replan": lambda: start_recalculation("test"),
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(tables, monkeypatch):
    """The names of tasks that were sent, each with whether its sender's transaction was open."""
    found = []
    monkeypatch.setattr(
        current_app,
        "send_task",
        lambda name, *_args, **_more: found.append((name, connection.in_atomic_block)),
    )
    return found


@pytest.mark.parametrize("task", WAKING)
def test_a_task_is_sent_when_what_it_will_read_is_committed(sent, task):
    with transaction.atomic():
        WAKING[task]()
        assert sent == [], "a worker that is quick finds nothing yet"

    assert sent == [(task, False)]


@pytest.mark.parametrize("task", WAKING)
def test_what_is_rolled_back_sends_nothing_and_leaves_no_mark(sent, task):
    def fails():
        with transaction.atomic():
            WAKING[task]()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert sent == []

    WAKING[task]()
    assert sent == [(task, False)], "the mark of what was never sent is in the way"


def test_a_change_in_a_transaction_wakes_a_worker_after_it(desk, sent):
    ticket = desk.ticket().ticket_id
    outbox.dispatch()
    sent.clear()

    with transaction.atomic():
        note(ticket, content="x", by=desk.rep)
        assert sent == []

    assert ("tickets.pass_on", False) in sent


@pytest.mark.parametrize("error", [OperationalError("refused"), ConnectionResetError()])
def test_a_broker_that_is_away_stops_nobody_and_leaves_no_mark(sent, monkeypatch, error):
    def away(*_args, **_more):
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(current_app, "send_task", away)
        wake.send("tickets.pass_on")
        outbox.wake_worker()

    outbox.wake_worker()
    assert sent == [("tickets.pass_on", False)]


CANVAS = {"group", "chain", "chord", "chunks"}


def places_that_send(text):
    """Lines that name a function of Celery's that sends, called there or handed on to be called."""
    tree = ast.parse(text)
    named = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in SENDING
    ]
    told = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in SENDING
    ]
    canvas = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").partition(".")[0] == "celery"
        and CANVAS & {one.name for one in node.names}
    ]
    return named + told + canvas


def test_one_module_sends_tasks():
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "node_modules" not in path.parts and (lines := places_that_send(path.read_text()))
    }

    assert list(found) == ["helpdesk/wake.py"], found


@pytest.mark.parametrize(
    "line",
    [
        "send_mail.delay()",
        "app.send_task('x')",
        "t.apply_async([1])",
        "transaction.on_commit(send_mail.delay)",
        "partial(send_mail.apply_async, [1])",
        "send = app.send_task",
        "getattr(app, 'send_task')('x')",
        "from celery import group",
    ],
)
def test_the_look_for_senders_finds_them(line):
    assert places_that_send(f"def f():\n    {line}\n") == [2]
