"""What /metrics tells, and that alerts and dashboard name nothing else."""

import json
import re
import shutil
import subprocess
import time
from datetime import timedelta

import pytest
import yaml
from celery import Celery
from django.conf import settings
from django.core.cache import cache

from helpdesk import health, metrics, worker_counts
from helpdesk.clock import this_second
from helpdesk.dynamo import capacity
from helpdesk.engines import ports, processes, redis
from helpdesk.errors import ServiceError
from tests.engines.test_processes_agree import ROOT
from tests.world import NOON, after, settle
from tickets.services.conversation.communicate import respond
from tickets.services.delivery import outbox
from tickets.services.lifecycle import escalation_counts
from tickets.services.lifecycle.escalate import escalate, sweep
from tickets.tasks import sla_sweep

FOLDER = ROOT / "deploy/observability"
DOCS = (ROOT / "docs/observability.md").read_text()
ALERTS = [
    rule
    for group in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
PANELS = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
EXPRESSIONS = [
    *(rule["expr"] for rule in ALERTS),
    *(target["expr"] for panel in PANELS for target in panel["targets"]),
]


def read(client):
    """The value of each line of /metrics, by what stands before it."""
    lines = client.get("/metrics").content.decode().splitlines()
    pairs = (line.rsplit(" ", 1) for line in lines if line and not line.startswith("#"))
    return {name: float(value) for name, value in pairs}


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    """A Redis of these tests."""
    address, password = ports.hidden_address(), redis.new_password()
    server = redis.start(address, folder=tmp_path_factory.mktemp("redis"), password=password)
    redis.wait_until_ready(server, address)
    yield redis.url(address, password)
    processes.stop([server], patience=2)


def test_how_late_the_desk_is(client, desk):
    assert "helpdesk_milestone_lag_seconds" not in read(client), "no sweep has run"
    sla_sweep()
    at_rest = read(client)
    assert at_rest["helpdesk_milestone_lag_seconds"] == 0
    assert at_rest['helpdesk_email_age_seconds{state="due"}'] == 0

    now = this_second()
    number = desk.ticket(now=now - timedelta(days=9)).ticket_id  # its milestones have passed
    sla_sweep()
    late = read(client)
    assert late["helpdesk_milestone_lag_seconds"] > 3_600
    ages = {
        name: late[f'helpdesk_outbox_consumer_age_seconds{{consumer="{name}"}}']
        for name in settings.OUTBOX_CONSUMERS
    }
    assert all(9 * 86_400 <= age < 9 * 86_400 + 60 for age in ages.values()), ages

    respond(number, content="It is here.", by=desk.rep, now=now - timedelta(days=9))
    settle()
    sent_late = read(client)
    assert sent_late['helpdesk_email_age_seconds{state="due"}'] >= 9 * 86_400
    assert sent_late['helpdesk_outbox_consumer_age_seconds{consumer="search"}'] == 0


def test_a_consumer_that_fails_ages_and_the_others_do_not(desk, monkeypatch):
    from helpdesk.accounts.actors import SYSTEM
    from tickets.services.maintenance.health import pulse

    def fails(_events):
        raise ServiceError

    consumers = {"search": fails, "reports": len}
    monkeypatch.setattr(outbox, "_consumers", lambda: consumers)
    desk.ticket(now=this_second())
    outbox.dispatch(now=this_second() + timedelta(hours=1))

    ages = pulse(by=SYSTEM, now=this_second() + timedelta(hours=2)).consumer_ages
    assert ages["search"] >= timedelta(hours=2)
    assert ages["reports"] == timedelta(0)


def test_escalations_are_counted_by_rule_once_each(client, desk):
    number = desk.ticket(now=NOON).ticket_id
    sweep(now=after(days=2))
    sweep(now=after(days=2))  # has nothing left to fire
    escalate(number, reason="Urgent", by=desk.rep, now=after(days=2))
    counted = escalation_counts.by_rule()
    assert counted["manual"] == 1
    fired = {rule: count for rule, count in counted.items() if rule != "manual" and count}
    assert fired
    assert set(fired.values()) == {1}
    told = read(client)
    assert told['helpdesk_escalations_total{rule="manual"}'] == 1
    cache.clear()
    assert set(escalation_counts.by_rule().values()) == {0}, "as a counter that begins again"


def test_dynamodb_is_counted_by_access_path(client, desk):
    path = 'helpdesk_dynamodb_requests_total{operation="Query",path="tickets.by-due"}'
    before = read(client).get(path, 0)
    sweep(now=NOON)
    told = read(client)
    assert told[path] == before + 1
    units = 'helpdesk_dynamodb_capacity_units_total{operation="TransactWriteItems",path="tickets"}'
    was = told.get(units, 0)
    escalate(desk.ticket(now=this_second()).ticket_id, reason="Urgent", by=desk.rep)
    assert read(client)[units] > was


def test_what_workers_ask_is_told_once_and_summed(client, desk, broker, settings, monkeypatch):
    settings.REDIS_URL = broker
    monkeypatch.setattr(worker_counts, "_told", dict(worker_counts._counted()))
    monkeypatch.setattr(worker_counts, "_told_at", 0.0)
    name = 'helpdesk_worker_dynamodb_requests_total{operation="Query",path="tickets.by-due"}'
    before = read(client).get(name, 0)
    sweep(now=NOON)
    worker_counts.tell(at=1_000.0)
    assert read(client)[name] == before + 1
    sweep(now=NOON)
    worker_counts.tell(at=1_000.0 + worker_counts.EVERY / 2)
    assert read(client)[name] == before + 1, "a moment ago"
    worker_counts.tell(at=1_001.0 + worker_counts.EVERY)
    assert read(client)[name] == before + 2, "as another process would add to it"
    units = name.replace("requests", "capacity_units")
    assert read(client)[units] > 0

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    sweep(now=NOON)
    worker_counts.tell(at=9_000.0)
    settings.REDIS_URL = broker
    worker_counts.tell(at=10_000.0)
    assert read(client)[name] == before + 3, "what Redis did not hear is told the next time"


def test_only_workers_tell_what_they_count():
    from celery.signals import task_postrun

    from helpdesk import celery

    assert not any(receiver() is celery.tell_counts for _, receiver in task_postrun.receivers)
    celery.count_for_metrics()
    try:
        assert any(receiver() is celery.tell_counts for _, receiver in task_postrun.receivers)
    finally:
        task_postrun.disconnect(celery.tell_counts)


def test_an_answer_costs_as_much_as_the_docs_say(client, desk):
    client.get("/metrics")
    with capacity.counting() as usage:
        client.get("/metrics")
    assert f"{usage.requests} requests to DynamoDB" in " ".join(DOCS.split())


def test_how_long_the_first_task_of_a_queue_has_waited(broker, settings):
    settings.REDIS_URL = broker
    assert health.queue_ages(this_second()) == dict.fromkeys(settings.QUEUES, 0.0)
    sender = Celery(broker=broker, set_as_current=False)
    sender.conf.update(task_queues=settings.CELERY_TASK_QUEUES, task_default_queue="celery")
    sender.send_task("tickets.pass_on", queue="mail")
    sender.send_task("tickets.pass_on", queue="mail")
    sender.close()

    ages = health.queue_ages(this_second() + timedelta(minutes=5))
    assert 300 <= ages["mail"] < 330
    assert ages["sla"] == 0
    assert health.queue_length() == 2


def test_alerts_and_dashboard_name_metrics_that_exist(client, desk, broker, settings):
    """All of them at once: mailboxes and engines included."""
    from tests.admin.test_mailboxes import make_mail_token
    from tickets.models import Mailbox

    settings.REDIS_URL = broker
    Mailbox.objects.create(name="support", address="support@desk.example", imap_host="i.example")
    make_mail_token("support", days=3)
    client.get("/accounts/login/")
    sla_sweep()
    worker_counts.tell(at=time.monotonic() + 2 * worker_counts.EVERY)
    text = client.get("/metrics").content.decode()
    told = set(re.findall(r"(?m)^(helpdesk_\w+?)(?:_bucket|_count|_sum)?[{ ]", text))
    told |= set(re.findall(r"(?m)^(helpdesk_\w+)[{ ]", text))

    named = {name for one in EXPRESSIONS for name in re.findall(r"\bhelpdesk_\w+", one)}
    assert len(named) > 15
    assert named <= told, named - told
    shown = {one for one in told if one in " ".join(EXPRESSIONS)}
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name in told}
    unseen = {one for one in families if not any(name.startswith(one) for name in shown)}
    assert not unseen, f"neither alert nor panel: {unseen}"


def test_each_alert_says_what_to_do_here_and_in_the_docs():
    for rule in ALERTS:
        name, notes = rule["alert"], rule["annotations"]
        section = re.search(rf"(?ms)^### {name}\n(.*?)(?=^##|\Z)", DOCS)
        assert section, name
        flat = " ".join(section[1].split())
        assert " ".join(notes["description"].split()) in flat, name
        assert " ".join(rule["expr"].split()) in flat, name
        assert notes["runbook"].endswith(f"observability.md#{name.lower()}")
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert re.fullmatch(r"\d+[mh]", rule["for"])
        assert f"for {rule['for']} ({rule['labels']['severity']})" in flat, name


def test_a_desk_that_never_swept_is_alerted_to(client, desk):
    assert "helpdesk_sweep_age_seconds" not in read(client)
    [late] = [rule["expr"] for rule in ALERTS if rule["alert"] == "HelpdeskSweepLate"]
    assert late.endswith(" or absent(helpdesk_sweep_age_seconds)")


@pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
def test_prometheus_reads_the_rules_and_what_panels_ask(tmp_path):
    asked = [{"record": f"panel:{number}", "expr": one} for number, one in enumerate(EXPRESSIONS)]
    panels = tmp_path / "panels.yml"
    panels.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": asked}]}))
    for file in (FOLDER / "alerts.yml", panels):
        done = subprocess.run(
            ["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_readiness_names_the_engine_that_fails_and_nothing_more(client, settings, monkeypatch):
    monkeypatch.setattr(
        health, "engines_answer", lambda: {"database": True, "dynamodb": False, "redis": True}
    )
    answer = client.get("/readyz")
    assert answer.status_code == 503
    told = answer.json()
    assert told["engines"] == {"database": "ok", "dynamodb": "unavailable", "redis": "ok"}
    assert set(told) == {"ready", "engines", "static_files"}
    assert metrics.PATH not in answer.content.decode()
