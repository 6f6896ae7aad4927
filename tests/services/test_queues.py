"""What waits for others, or takes long, has queues of its own: a sweep never waits for it."""

import ast
from pathlib import Path

from celery import current_app
from django.conf import settings

MAIL, WEBHOOKS, JOBS, SWEEPS, SHORT = "mail", "webhooks", "jobs", "sla", "celery"

QUEUE_OF = {
    # One mail server, asked for each mail.
    "helpdesk.send_mail": MAIL,
    # Other people's systems.
    "tickets.send_webhooks": WEBHOOKS,
    "tickets.send_webhook": WEBHOOKS,
    # Imports, changes of many tickets, simulations: minutes and more.
    "customers.resume_files": JOBS,
    "reporting.resume_what_ifs": JOBS,
    "reporting.send_scheduled": JOBS,
    "reporting.send_weekly": JOBS,
    "tickets.resume_bulks": JOBS,
    "tickets.resume_records": JOBS,
    "tickets.resume_retention": JOBS,
    # Mail that was left behind, and what nobody decided on: as much as there is.
    "tickets.process_mail": JOBS,
    "tickets.sweep_suspended": JOBS,
    "tickets.try_parked_mail": JOBS,
    "tickets.replan": JOBS,
    # Milestones of tickets, and nothing else.
    "tickets.sla_sweep": SWEEPS,
    "tickets.fire_due": SWEEPS,
    # Bounded work on Helpdesk's own engines.
    "customers.forget_files": SHORT,
    "helpdesk.deliver_audit": SHORT,
    "helpdesk.start_left_work": SHORT,
    "reporting.roll_up": SHORT,
    "tickets.close_silent": SHORT,
    "tickets.follow_customers": SHORT,
    "tickets.forget_webhook_marks": SHORT,
    "tickets.mail_notices": SHORT,
    "tickets.notify_due": SHORT,
    "tickets.pass_on": SHORT,
    "tickets.resume_replans": SHORT,
    "tickets.retry_failed_events": SHORT,
    "tickets.send_letters": SHORT,
    "tickets.take_stock": SHORT,
}
"""Every task of the desk. A new one has to say here how long it may take."""


def own_tasks():
    current_app.loader.import_default_modules()
    return {name for name in current_app.tasks if not name.startswith(("celery.", "tests."))}


def queue_of(name):
    """The queue that Celery itself chooses."""
    return current_app.amqp.router.route({}, name)["queue"].name


def test_every_task_goes_to_the_queue_of_its_kind():
    tasks = own_tasks()

    assert tasks == set(QUEUE_OF)
    assert {name: queue_of(name) for name in tasks} == QUEUE_OF


def test_sweeps_share_their_queue_with_nothing_else():
    assert {name for name in own_tasks() if queue_of(name) == SWEEPS} == {
        "tickets.sla_sweep",
        "tickets.fire_due",
    }


def test_what_beat_starts_is_a_task_in_a_queue_that_somebody_takes_from():
    started = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert started, "beat starts nothing"
    assert started <= own_tasks()
    assert {queue_of(name) for name in own_tasks()} <= set(settings.QUEUES)


def test_the_workers_that_sweep_take_from_no_slow_queue():
    """As `make run` starts them: every queue has a worker, and the sweeps' is none of the slow."""
    source = Path(settings.BASE_DIR, "helpdesk/engines/desk.py").read_text()
    taken = [
        set(ast.literal_eval(call.args[1]).split(","))
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "_worker"
    ]

    assert set().union(*taken) == set(settings.QUEUES)
    [sweepers] = [queues for queues in taken if SWEEPS in queues]
    assert sweepers.isdisjoint({MAIL, WEBHOOKS, JOBS})
