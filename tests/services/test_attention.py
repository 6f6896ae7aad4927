"""What is new for a user: unread tickets, those they follow, snoozed, or are to be reminded of."""

from importlib import import_module

import pytest
from django.apps import apps

from helpdesk.accounts.actors import SYSTEM
from helpdesk.accounts.models import User
from helpdesk.errors import Invalid
from tests.world import NOON, after, log_of, settle, stored
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import Attention
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.delivery import attention, notifications, snooze
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lifecycle.links_and_merges import merge
from tickets.services.lifecycle.status import change_status
from tickets.services.lists.find import QUEUES, Queue, find, own_counts
from tickets.store import attention as store


@pytest.fixture
def number(desk):
    made = desk.ticket(assigned_to=desk.rep.user_id).ticket_id
    settle()
    return made


def customer_says(number, *, now):
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="When does it sail?",
        by=SYSTEM,
        now=now,
    )


def told(actor):
    return [(one.ticket_id, one.kind) for one in notifications.newest(by=actor)]


def mine(actor, now):
    return [one.ticket_id for one in find(QUEUES[Queue.MINE], by=actor, now=now).tickets]


def following(actor):
    return [one.ticket_id for one in find(QUEUES[Queue.FOLLOWED], by=actor, now=NOON).tickets]


def unread(actor, number, now=NOON):
    return bool(attention.unread([stored(number)], by=actor, now=now))


def see(actor, number):
    attention.see(number, stored(number).sla.last_message, by=actor)


def test_a_ticket_is_unread_until_one_has_seen_its_last_message(
    desk, number, django_assert_num_queries
):
    assert not unread(desk.rep, number), "one's own"
    assert unread(desk.rep2, number)
    see(desk.rep2, number)
    assert not unread(desk.rep2, number)

    before = stored(number).sla.last_message
    customer_says(number, now=after(minutes=1))
    assert unread(desk.rep, number)
    assert unread(desk.rep2, number)
    see(desk.rep, number)
    attention.see(number, before, by=desk.rep)
    assert not unread(desk.rep, number), "an older page brings it back"
    assert unread(desk.rep2, number), "it is each one's own"
    assert unread(desk.rep2, number, now=after(days=90)), "its customer still waits"
    for nonsense in ("", "x" * 26 + "/", "../..", "?" * 26):
        attention.see(number, nonsense, by=desk.rep)
    assert not unread(desk.rep, number)

    with django_assert_num_queries(1):
        attention.unread([stored(number)], by=desk.rep, now=NOON)
    settle()
    assert attention.forget_seen(now=after(days=90)) == 0, "it would be unread again"

    respond(number, content="On Monday.", by=desk.rep, now=after(minutes=2))
    settle()
    attention.follow(number, follows=True, by=desk.rep2)
    assert unread(desk.rep2, number, now=after(days=59))
    assert not unread(desk.rep2, number, now=after(days=61)), "what is old is no news"
    assert attention.forget_seen(now=after(days=60)) == 0
    assert attention.forget_seen(now=after(days=62)) == 1
    assert [row.follows for row in Attention.objects.all()] == [True]


def test_the_line_of_what_is_unread_is_above_what_the_customer_waits_for(desk, number):
    respond(number, content="On Monday.", by=desk.rep, now=after(minutes=1))
    customer_says(number, now=after(days=2))

    def first(now):
        log = log_of(number)
        shown = attention.first_unread(
            log, Attention(), ticket=stored(number), by=desk.rep2, now=now
        )
        return next(line.content for line in log if line.communication_id == shown)

    assert first(after(days=3)) == "On Monday."
    assert first(after(days=90)) == "When does it sail?"


def test_followers_are_told_of_messages_notes_and_status(desk, number):
    attention.follow(number, follows=True, by=desk.rep2)
    assert following(desk.rep2) == [number]
    assert following(desk.rep) == [], "it is each one's own"
    assert own_counts(by=desk.rep2)[0]["followed"] == 1
    customer_says(number, now=after(minutes=1))
    respond(number, content="On Monday.", by=desk.rep, now=after(minutes=2))
    note(number, content="I wait.", by=desk.rep, now=after(minutes=3))
    note(number, content="@rosa see above", by=desk.rep2, now=after(minutes=4))
    change_status(number, to="Resolved", by=desk.rep, now=after(minutes=5))
    settle()

    kinds = [kind for _number, kind in told(desk.rep2)][::-1]
    assert kinds == ["replied", "colleague-replied", "status", "noted", "status"]
    assert [kind for _number, kind in told(desk.rep)][::-1] == ["replied", "mentioned"]

    assert following(desk.rep2) == [], "it is resolved"

    attention.follow(number, follows=False, by=desk.rep2)
    note(number, content="More.", by=desk.rep, now=after(minutes=6))
    settle()
    assert len(told(desk.rep2)) == len(kinds)


def test_who_follows_a_merged_ticket_follows_where_it_goes_on(desk, number):
    other = desk.ticket().ticket_id
    attention.follow(number, follows=True, by=desk.rep2)
    merge(number, into=other, by=desk.rep, now=after(minutes=1))
    settle()

    assert store.followers(int(other)) == [desk.rep2.user_id]


def test_a_snoozed_ticket_is_out_of_ones_lists_until_its_time(desk, number):
    tomorrow = after(hours=1)
    assert own_counts(by=desk.rep, now=NOON)[0]["mine"] == 1
    for each in (desk.rep, desk.rep2):
        attention.follow(number, follows=True, by=each)
    snooze.snooze(number, until=tomorrow, by=desk.rep, now=NOON)

    assert mine(desk.rep, NOON) == []
    assert own_counts(by=desk.rep, now=NOON)[0]["mine"] == 0
    assert following(desk.rep2) == [number], "for whoever has not snoozed it"
    assert following(desk.rep) == []
    assert own_counts(by=desk.rep, now=NOON)[0]["followed"] == 0
    asleep = find(QUEUES[Queue.SNOOZED], by=desk.rep, now=NOON).tickets
    assert [one.ticket_id for one in asleep] == [number]
    assert find(QUEUES[Queue.SNOOZED], by=desk.rep2, now=NOON).tickets == []
    assert [one.ticket_id for one in find(QUEUES[Queue.ACTIVE], by=desk.rep).tickets] == [number]
    free = desk.ticket().ticket_id
    settle()
    snooze.snooze(free, until=tomorrow, by=desk.rep, now=NOON)
    unassigned = QUEUES[Queue.UNASSIGNED]
    assert find(unassigned, by=desk.rep, now=NOON).tickets == []
    assert [one.ticket_id for one in find(unassigned, by=desk.rep2, now=NOON).tickets] == [free]
    assert own_counts(by=desk.rep, now=NOON)[0]["unassigned"] == 0
    snooze.wake(free, by=desk.rep)
    assert not snooze.due(now=after(minutes=59))
    assert snooze.notify_due(now=after(minutes=59)) == 0

    assert snooze.due(now=tomorrow)
    assert mine(desk.rep, tomorrow) == [number], "whether a worker has told or not"
    assert snooze.notify_due(now=tomorrow) == 1
    assert snooze.notify_due(now=tomorrow) == 0
    assert not snooze.due(now=tomorrow)
    assert told(desk.rep) == [(number, "woken")]


def test_a_reply_wakes_what_is_snoozed_and_a_note_does_not(desk, number):
    snooze.snooze(number, until=None, by=desk.rep, now=NOON)
    note(number, content="Not now.", by=desk.rep2, now=after(minutes=1))
    settle()
    assert mine(desk.rep, NOON) == []

    customer_says(number, now=after(minutes=2))
    settle()
    assert mine(desk.rep, NOON) == [number]
    assert told(desk.rep) == [(number, "replied")], "the reply itself is the notification"


def test_what_is_at_risk_or_late_wakes(desk, number):
    """Whether a rule fires or not: here no escalation is swept."""
    snooze.snooze(number, until=None, by=desk.rep, now=NOON)
    risk = stored(number).sla.response_at_risk_at
    assert not snooze.due(now=risk - (risk - NOON) / 2)
    assert snooze.notify_due(now=risk) == 1
    assert told(desk.rep) == [(number, "woken")]

    snooze.snooze(number, until=None, by=desk.rep, now=risk)
    assert not snooze.due(now=risk), "it was at risk before it was snoozed"
    assert snooze.notify_due(now=stored(number).sla.response_deadline) == 1


def test_a_reply_that_the_page_did_not_show_is_not_slept_over(desk, number):
    shown = stored(number).sla.last_message
    customer_says(number, now=after(minutes=1))
    settle()
    with pytest.raises(Invalid):
        snooze.snooze(number, until=None, seen=shown, by=desk.rep, now=after(minutes=2))
    assert mine(desk.rep, after(minutes=2)) == [number]

    customer_says(number, now=after(minutes=3))  # not passed on yet
    snooze.snooze(number, until=None, by=desk.rep, now=after(minutes=4))
    settle()
    assert mine(desk.rep, after(minutes=4)) == [], "this one was seen"


def test_a_reminder_comes_once_however_often_a_worker_dies(desk, number, monkeypatch):
    snooze.remind(number, at=after(hours=1), by=desk.rep2, now=NOON)
    snooze.snooze(number, until=after(hours=1), by=desk.rep, now=NOON)
    written_off = store.clear
    monkeypatch.setattr(store, "clear", lambda *_given: 1 / 0)
    for minute in (60, 61):
        with pytest.raises(ZeroDivisionError):
            snooze.notify_due(now=after(minutes=minute))
    monkeypatch.setattr(store, "clear", written_off)
    assert snooze.notify_due(now=after(minutes=62)) == 2

    assert told(desk.rep) == [(number, "woken")]
    assert told(desk.rep2) == [(number, "reminder")]


def test_who_snoozes_again_while_a_worker_wakes_sleeps_on(desk, number, monkeypatch):
    snooze.snooze(number, until=after(hours=1), by=desk.rep, now=NOON)
    tell = notifications.store_own

    def meanwhile(*given):
        tell(*given)
        snooze.snooze(number, until=after(hours=3), by=desk.rep, now=after(hours=2))

    monkeypatch.setattr(notifications, "store_own", meanwhile)
    assert snooze.notify_due(now=after(hours=2)) == 0
    assert mine(desk.rep, after(hours=2)) == []
    assert snooze.due(now=after(hours=3))


@pytest.mark.parametrize("at", [NOON, after(days=-1), after(days=400)])
def test_only_a_time_that_is_ahead_can_be_chosen(desk, number, at):
    with pytest.raises(Invalid):
        snooze.snooze(number, until=at, by=desk.rep, now=NOON)
    with pytest.raises(Invalid):
        snooze.remind(number, at=at, by=desk.rep, now=NOON)
    assert not Attention.objects.exists()


def test_what_is_muted_is_not_told(desk, number):
    notifications.mute(["replied", "escalated"], by=desk.rep)
    customer_says(number, now=after(minutes=1))
    note(number, content="@rosa look", by=desk.rep2, now=after(minutes=2))
    escalate(number, reason="Now", by=desk.rep2, now=after(minutes=3))
    settle()
    assert told(desk.rep) == [(number, "mentioned")]

    notifications.mute([], by=desk.rep)
    customer_says(number, now=after(minutes=4))
    settle()
    assert told(desk.rep)[0] == (number, "replied")
    with pytest.raises(Invalid):
        notifications.mute(["reminder"], by=desk.rep)


@pytest.fixture
def upgraded(desk, monkeypatch):
    """Let the desk be upgraded, five minutes after noon, from a release without *unread*."""
    migration = import_module("tickets.migrations.0036_unread_since")
    monkeypatch.setattr(migration, "this_second", lambda: after(minutes=5))

    def upgrade():
        migration.begin(apps, None)
        store.unread_since.cache_clear()

    yield upgrade
    store.unread_since.cache_clear()


def test_nothing_is_unread_that_is_older_than_the_upgrade(desk, number, upgraded):
    waits, answered = desk.ticket(by=desk.rep2).ticket_id, desk.ticket().ticket_id
    respond(answered, content="Soon.", by=desk.rep2, now=after(minutes=1))
    customer_says(waits, now=after(minutes=2))
    assert unread(desk.rep, waits)
    assert unread(desk.rep, answered)

    upgraded()

    assert not any(unread(desk.rep, one) for one in (waits, answered))
    customer_says(waits, now=after(minutes=6))
    assert unread(desk.rep, waits)
    row = attention.of_ticket(waits, by=desk.rep)
    log = log_of(waits)
    first = attention.first_unread(log, row, ticket=stored(waits), by=desk.rep, now=NOON)
    assert first == next(one.communication_id for one in log if one.created_at == after(minutes=6))


def test_a_desk_in_which_somebody_has_seen_something_knows_unread_already(desk, number, upgraded):
    see(desk.rep, number)
    upgraded()
    assert store.unread_since() is None


def test_a_new_desk_has_no_account_yet_when_its_tables_are_made(db, upgraded):
    User.objects.all().delete()
    upgraded()
    assert store.unread_since() is None
