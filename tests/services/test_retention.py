"""Closed tickets are archived, erased and deleted by rules; figures of the past stay."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from helpdesk import jobs
from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.models import User
from helpdesk.audit import store as audit
from helpdesk.dynamo.table import client
from helpdesk.errors import NotAllowed
from helpdesk.tasks import deliver_audit
from tests.death import die_until_done
from tests.figures import everything, rolled
from tests.world import NOON, after, settle, stored
from tickets.domain.retention import RetentionAction, RetentionRule, due_action
from tickets.domain.ticket import ERASED, Category, CommunicationType, Direction
from tickets.models import RetentionRule as Stored
from tickets.models import RetentionRun
from tickets.services.conversation.attachments import kept
from tickets.services.conversation.communicate import communicate, note
from tickets.services.customer_records.detail import customer_page
from tickets.services.lifecycle.status import change_status
from tickets.services.maintenance import retention
from tickets.services.maintenance.verify import verify
from tickets.tasks import resume_retention

SECRET = "Ilyushin"
LATER = NOON + timedelta(days=400)


@pytest.mark.parametrize(
    ("category", "segment", "days", "action"),
    [
        ("Billing", "Dealer", 29, None),
        ("Billing", "Dealer", 30, "archive"),
        ("Billing", "Dealer", 365, "erase"),
        ("Billing", "VIP", 365, "archive"),
        ("Customs", "Dealer", 365, "delete"),
    ],
)
def test_the_rule_that_goes_furthest_decides(category, segment, days, action):
    rules = [
        RetentionRule(RetentionAction.DELETE, days=90, category=Category.CUSTOMS),
        RetentionRule(RetentionAction.ARCHIVE, days=30),
        RetentionRule(RetentionAction.ERASE, days=365, segment="Dealer"),
    ]
    of = {"category": Category(category), "segment": segment}
    assert due_action(rules, **of, closed_at=NOON, now=NOON + timedelta(days=days)) == action
    assert due_action(rules, **of, closed_at=None, now=LATER) is None


@pytest.fixture
def administrator(desk):
    return actor_of(User.objects.create_superuser("root", "root@helpdesk.example", "demo"))


def of_all_tickets():
    """The figures that a deleted ticket stays in: all but those of its customer and its tags."""
    of_one = re.compile(r"TICKET|LEADERS|ROWS#(merged-)?cells-of-(customer|tag)-")
    return {key: value for key, value in everything().items() if not of_one.match(key[0])}


def closed(desk, **fields):
    number = desk.ticket(
        subject=SECRET, description=SECRET, vehicle_id=desk.vehicle.vehicle_id, **fields
    ).ticket_id
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content=SECRET,
        by=desk.rep,
        now=after(hours=1),
    )
    with kept(number, [SimpleUploadedFile("a.txt", SECRET.encode())]) as files:
        note(number, content=SECRET, attachments=files, by=desk.rep, now=after(hours=2))
    change_status(number, to="Closed", by=desk.rep, now=after(hours=3))
    return number


@pytest.fixture
def tickets(desk):
    """A closed ticket for each action, one that no rule covers, and one that is open."""
    made = {
        "archived": closed(desk, category="Billing"),
        "erased": closed(desk, category="Payment"),
        "deleted": closed(desk, category="Customs"),
        "kept": closed(desk, category="General"),
        "open": desk.ticket(category="Customs").ticket_id,
    }
    for action, category in (("archive", "Billing"), ("erase", "Payment"), ("delete", "Customs")):
        Stored.objects.create(action=action, days=30, category=category, active=True)
    rolled()
    return made


def run(started, now=LATER):
    while not started.finished_at:
        started = retention.step(started.pk, now=now)
    return started.archived, started.erased, started.deleted


def collection(number):
    """All that is stored of a ticket, as text."""
    found = client().query(
        TableName="helpdesk-tickets",
        KeyConditionExpression="PK = :pk",
        ExpressionAttributeValues={":pk": {"S": f"TICKET#{number}"}},
    )
    return str(found["Items"])


def test_a_trial_counts_and_a_run_does_what_was_counted_once(desk, tickets, administrator):
    before = {name: stored(number).version for name, number in tickets.items()}
    assert run(retention.start(trial=True, by=administrator)) == (1, 1, 1)
    assert {name: stored(number).version for name, number in tickets.items()} == before
    assert run(retention.start(trial=False, by=administrator), now=after(days=29)) == (0, 0, 0)

    assert run(retention.start(trial=False, by=administrator)) == (1, 1, 1)
    settle()

    assert stored(tickets["archived"]).archived_at
    assert stored(tickets["archived"]).subject == SECRET
    assert (stored(tickets["erased"]).subject, stored(tickets["erased"]).archived_at) == (
        ERASED,
        None,
    )
    for name in ("kept", "open"):
        assert stored(tickets[name]).version == before[name]
    assert run(retention.start(trial=False, by=administrator)) == (0, 0, 0)
    assert run(retention.start(trial=True, by=administrator)) == (0, 0, 0)


def test_nothing_of_a_deleted_ticket_leads_to_anybody_and_figures_stay(
    desk, tickets, administrator
):
    number, before = tickets["deleted"], of_all_tickets()
    assert desk.customer.customer_id in collection(number)

    run(retention.start(trial=False, by=administrator))
    rolled()

    left = collection(number)
    gone = (SECRET, desk.customer.customer_id, desk.vehicle.vehicle_id, "a.txt")
    assert [text for text in gone if text in left] == []
    page = customer_page(desk.customer.customer_id, by=desk.rep)
    assert number not in {ticket.ticket_id for ticket in (*page.tickets.open, *page.tickets.past)}
    assert number not in {entry.ticket.ticket_id for entry in page.timeline.entries}
    assert of_all_tickets() == before
    call_command("rebuild_reports", stdout=StringIO())
    assert of_all_tickets() == before
    assert list(verify()) == []


def test_runs_and_what_they_do_are_in_the_audit_record(desk, tickets, administrator):
    started = retention.start(trial=False, by=administrator)
    run(started)
    settle()
    deliver_audit()

    entries = [
        (one.object_id, one.action, one.actor)
        for one in audit.chain()
        if one.kind in ("ticket", "retention")
    ]

    number, system = tickets["deleted"], "system"
    assert sorted(entries) == sorted(
        [
            (f"retention:{started.pk}", "started", administrator.user_id),
            (f"ticket:{tickets['archived']}", "archived", system),
            (f"ticket:{tickets['erased']}", "erased", system),
            (f"ticket:{number}", "deleted", system),
            (f"ticket:{number}", "archived", system),
        ]
    )
    rules = [one for one in audit.chain() if one.kind == "retentionrule"]
    assert len(rules) == 3


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_anywhere_is_followed_by_one_that_ends_it(desk, tickets, monkeypatch):
    monkeypatch.setattr(retention, "this_second", lambda: LATER)
    monkeypatch.setattr(jobs, "LEASE", timedelta(0))
    before = of_all_tickets()
    retention.start_daily(now=LATER)
    [started] = RetentionRun.objects.all()

    deaths = die_until_done(lambda: jobs.drive(retention.step, started.pk), stride=2)

    assert deaths >= 2
    rolled()
    started.refresh_from_db()
    assert started.finished_at
    assert SECRET not in collection(tickets["deleted"]) + collection(tickets["erased"])
    assert stored(tickets["archived"]).archived_at
    assert of_all_tickets() == before
    assert list(verify()) == []
    deliver_audit()
    seen = [one.key for one in audit.chain() if one.action in ("erased", "deleted")]
    assert len(seen) == 2, "each is recorded once, however often it was begun"


def test_the_worker_runs_once_a_day_and_only_active_rules(desk, tickets, monkeypatch):
    monkeypatch.setattr(retention, "this_second", lambda: after(days=1))
    Stored.objects.exclude(action="archive").update(active=False)
    assert retention.left()
    resume_retention()
    resume_retention()
    [started] = RetentionRun.objects.all()
    assert (started.archived, started.erased, started.deleted) == (0, 0, 0), "closed yesterday"
    assert len(started.rules) == 1
    assert not retention.left()
    RetentionRun.objects.update(asked_at=NOON - timedelta(days=2))
    assert retention.left()


def test_a_rule_that_is_deactivated_does_nothing_more_in_a_run_that_goes_on(desk, administrator):
    number = desk.ticket(category="Customs").ticket_id
    change_status(number, to="Closed", by=desk.rep, now=after(hours=3))
    rules = [Stored.objects.create(action=action, days=30, active=True) for action in Stored.Action]
    started = retention.start(trial=False, by=administrator)
    Stored.objects.exclude(action="archive").update(active=False)

    assert run(started) == (1, 0, 0)

    assert started.rules == [rule.pk for rule in rules]
    assert run(retention.start(trial=True, by=administrator)) == (0, 0, 1), "a trial has them all"


def test_administrators_alone_start_runs(desk, tickets, administrator):
    with pytest.raises(NotAllowed):
        retention.start(trial=True, by=desk.supervisor)
    address = "/admin/tickets/retentionrun/"
    browser = Client()
    browser.force_login(desk.supervisor_user)
    assert browser.post(f"{address}start/", {"trial": "1"}).status_code == 403
    browser.force_login(User.objects.get(username="root"))
    assert browser.get(f"{address}start/").status_code == 405
    page = browser.post(f"{address}start/", {"trial": "1"}, follow=True).content.decode()
    assert "Reload the page to see its progress" in page
    assert RetentionRun.objects.get().is_trial
