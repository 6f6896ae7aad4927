"""Escalation rules that begin, and the segment that a ticket keeps."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis.strategies import integers

from helpdesk.accounts.actors import actor_of
from helpdesk.accounts.models import Absence, User
from tests.world import NOON, after, escalations_of, log_of, settle, stored, team
from tickets.domain.sla import clock, milestones
from tickets.domain.sla.milestones import Rule, Trigger
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Priority
from tickets.models import EscalationRule, Recalculation
from tickets.services.assignment.assign import assign, assign_team
from tickets.services.delivery import notifications
from tickets.services.lifecycle.escalate import sweep
from tickets.services.lists.filters import read_filters
from tickets.services.lists.find import find
from tickets.services.maintenance.verify import verify
from tickets.services.sla.recalculation import (
    recalculate_page,
    start_recalculation,
)
from tickets.services.sla.rules import past_now, save_rule


def finish(started):
    for _ in range(20):
        if recalculate_page(started.pk):
            return
    raise AssertionError("the round did not end")


def fired(ticket_id):
    return sorted(record.rule for record in escalations_of(ticket_id))


def new_rule(**fields):
    return EscalationRule(
        key="call-them", trigger=Trigger.RESPONSE_BREACHED.value, level=2, **fields
    )


# --- 17: a rule that begins


def test_a_new_rule_fires_on_nothing_that_was_past_before(desk):
    old, young = desk.ticket().ticket_id, desk.ticket(now=after(hours=12)).ticket_id
    sweep(now=after(hours=10))

    finish(save_rule(new_rule(), also_past=False, reason="test", now=after(hours=11)))
    sweep(now=after(hours=11, minutes=1))
    assert "call-them" not in fired(old)

    sweep(now=after(hours=21))
    assert "call-them" in fired(young)
    assert "call-them" not in fired(old)


def test_a_new_rule_fires_on_the_past_where_that_was_asked_for(desk):
    old = desk.ticket().ticket_id
    sweep(now=after(hours=10))

    finish(save_rule(new_rule(), also_past=True, reason="test", now=after(hours=11)))

    assert fired(old).count("call-them") == 1


def test_a_rule_that_becomes_active_again_begins_anew(desk):
    rule = new_rule(active=False)
    save_rule(rule, also_past=True, reason="test", now=NOON)
    old = desk.ticket().ticket_id
    sweep(now=after(hours=10))

    rule.active = True
    finish(save_rule(rule, also_past=False, reason="test", now=after(hours=11)))
    sweep(now=after(hours=12))

    assert "call-them" not in fired(old)


def test_saving_a_rule_without_a_change_plans_nothing_anew(desk):
    rule = EscalationRule.objects.get(key="response-breached")

    assert save_rule(rule, also_past=False, reason="test", now=NOON) is None
    assert not Recalculation.objects.exists()


def test_another_level_leaves_a_rule_in_force_since_when_it_was(desk):
    rule = EscalationRule.objects.get(key="response-breached")
    rule.level = 3

    save_rule(rule, also_past=False, reason="test", now=NOON)

    rule.refresh_from_db()
    assert (rule.level, rule.since) == (3, None)


@pytest.mark.parametrize("priority", list(Priority))
@given(age=integers(0, 400), began=integers(0, 400))
def test_of_a_rule_exactly_what_is_due_from_its_beginning_on_is_planned(priority, age, began):
    timeline = Timeline.begin(NOON, priority, "x")
    terms = {"x": _terms()}
    always = [Rule(trigger.value, trigger) for trigger in Trigger]
    since = after(hours=began)
    young = [Rule(rule.key, rule.trigger, since=since) for rule in always]

    reading = clock.read(timeline, terms, now=timeline.last_at)
    before = milestones.plan(timeline, reading, always, fired=())
    now = milestones.plan(timeline, reading, young, fired=())

    looked_at = {one.rule.trigger for one in before}
    following = {Trigger.NEXT_RESPONSE_AT_RISK, Trigger.NEXT_RESPONSE_BREACHED}
    assert looked_at | {Trigger.CRITICAL} == set(Trigger) - following, "it has no such target"
    assert (Trigger.CRITICAL in looked_at) is (priority is Priority.CRITICAL)
    assert [(one.rule.key, one.due_at) for one in now] == [
        (one.rule.key, one.due_at) for one in before if one.due_at >= since
    ]
    assert [one.rule.key for one in milestones.passed(now, after(hours=age))] == [
        one.rule.key for one in milestones.passed(before, after(hours=age)) if one.due_at >= since
    ]


def _terms():
    from tickets.domain.sla.policy import DEFAULT_TERMS

    return DEFAULT_TERMS


def test_what_a_rule_would_fire_on_is_counted_for_each_trigger(desk):
    for hours in (1, 7, 9, 60):
        desk.ticket(now=after(hours=100) - timedelta(hours=hours))

    past = past_now(by=desk.supervisor, now=after(hours=100))

    assert past.seen == 4
    assert past.tickets == {
        Trigger.RESPONSE_AT_RISK: 3,
        Trigger.RESPONSE_BREACHED: 2,
        Trigger.RESOLUTION_AT_RISK: 1,
    }


def test_the_form_says_so_and_asks(desk, client):
    desk.ticket()
    client.force_login(desk.supervisor_user)

    page = client.get(reverse("admin:tickets_escalationrule_add")).content.decode()

    assert "Of 1 open tickets: tickets past each trigger now" in page
    assert "Deadlines from now on" in page


def test_a_rule_has_one_target(desk, client):
    client.force_login(desk.supervisor_user)
    crew = team("Crew", desk.rep_user)
    form = {
        "key": "both",
        "active": "on",
        "trigger": "response-breached",
        "level": 1,
        "reassign_to": desk.rep_user.pk,
        "reassign_to_team": crew.pk,
    }

    page = client.post(reverse("admin:tickets_escalationrule_add"), form)

    assert "Choose a person or a team, not both." in page.content.decode()
    assert not EscalationRule.objects.filter(key="both").exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        new_rule(reassign_to=desk.rep_user, reassign_to_team=crew).save()


def test_a_rule_gives_nothing_to_somebody_who_cannot_work_now(desk):
    absent, gone, there = desk.rep_user, _leaver(), desk.rep2_user
    Absence.objects.create(user=absent, first_day=NOON.date(), last_day=after(days=9).date())
    for user, expected in ((absent, None), (gone, None), (there, str(there.pk))):
        rule = new_rule(reassign_to=user)
        save_rule(rule, also_past=False, reason="test", now=NOON)
        number = desk.ticket(now=after(minutes=1)).ticket_id

        sweep(now=after(hours=9))

        assert stored(number).assigned_to == expected, user
        assert "call-them" in fired(number), "it fires all the same"
        said = [
            line.content for line in log_of(number) if line.content.startswith("Not reassigned")
        ]
        assert len(said) == (expected is None)
        assert str(user.pk) not in "".join(said)
        rule.delete()


@pytest.mark.parametrize(
    ("has", "in_team", "told"),
    [
        ("there", True, "there"),
        ("absent", True, "there"),
        ("absent", False, "supervisor"),
        (None, True, "there"),
    ],
)
def test_a_rule_whose_person_is_away_is_told_to_whoever_can_work(desk, has, in_team, told):
    """Whoever has the ticket, else the team, else supervisors: a rule that does nothing is not
    silent, whomever it names to be told."""
    people = {
        "there": desk.rep2_user,
        "absent": desk.rep_user,
        "supervisor": desk.supervisor_user,
    }
    Absence.objects.create(user=desk.rep_user, first_day=NOON.date(), last_day=after(days=9).date())
    EscalationRule.objects.all().update(active=False)
    save_rule(
        new_rule(reassign_to=desk.rep_user, notify_supervisors=False),
        also_past=False,
        reason="test",
        now=NOON,
    )
    crew = team("Crew", *([desk.rep2_user] if in_team else []), desk.rep_user)
    number = desk.ticket(
        assigned_to=str(people[has].pk) if has else None, now=after(minutes=1)
    ).ticket_id
    assign_team(number, team_id=str(crew.pk), by=desk.supervisor, now=after(minutes=2))
    if has:
        assign(number, to=str(people[has].pk), by=desk.supervisor, now=after(minutes=3))

    sweep(now=after(hours=9))
    settle()

    heard = {
        who
        for who, user in people.items()
        if any(one.kind == "escalated" for one in notifications.newest(by=actor_of(user)))
    }
    assert heard == {told}


@pytest.mark.parametrize("had_it", [True, False])
def test_a_rule_that_reassigns_to_a_team_takes_the_ticket_from_whoever_has_it(desk, had_it):
    crew = team("Crew", desk.rep2_user)
    save_rule(new_rule(reassign_to_team=crew), also_past=False, reason="test", now=NOON)
    number = desk.ticket(
        assigned_to=desk.rep.user_id if had_it else None, now=after(minutes=1)
    ).ticket_id

    sweep(now=after(hours=9))
    sweep(now=after(hours=9))

    ticket = stored(number)
    assert (ticket.team_id, ticket.assigned_to) == (str(crew.pk), None)
    changed = [change for line in log_of(number) for change in line.changes or ()]
    moves = {change.field: change.after for change in changed if change.field != "escalationLevel"}
    assert moves == {"teamId": str(crew.pk)} | ({"assignedTo": None} if had_it else {})
    settle()
    assert list(verify([number])) == []


def test_who_is_given_a_ticket_by_a_rule_is_told_and_sees_it_in_their_list(desk):
    save_rule(new_rule(reassign_to=desk.rep2_user), also_past=False, reason="test", now=NOON)
    number = desk.ticket(assigned_to=desk.rep.user_id, now=after(minutes=1)).ticket_id

    sweep(now=after(hours=9))
    settle()

    assert stored(number).assigned_to == desk.rep2.user_id
    kinds = [one.kind for one in notifications.newest(by=desk.rep2) if one.ticket_id == number]
    assert "assigned" in kinds
    mine = find(
        read_filters({"assignedTo": ["me"]}, by=desk.rep2), by=desk.rep2, now=after(hours=9)
    )
    assert [ticket.ticket_id for ticket in mine.tickets] == [number]
    assert list(verify([number])) == []


def _leaver():
    return User.objects.create_user("gone", "gone@helpdesk.example", "demo", is_active=False)


# --- 14: who is told


def told(actor):
    return [one.rules for one in notifications.newest(by=actor)]


def test_for_an_assignee_who_is_away_their_team_is_told_and_for_nobody_supervisors(desk):
    day = NOON.date()
    Absence.objects.create(user=desk.rep_user, first_day=day, last_day=day)
    crew = team("Crew", desk.rep_user, desk.rep2_user)
    with_team = desk.ticket(assigned_to=desk.rep.user_id).ticket_id
    ticket = stored(with_team)
    ticket.team_id = str(crew.pk)
    ticket.save()
    desk.ticket(assigned_to=desk.rep.user_id)

    sweep(now=after(hours=7))  # response at risk: the assignee is to be told
    settle()

    assert told(desk.rep) == []
    assert [one.ticket_id for one in notifications.newest(by=desk.rep2)] == [with_team]
    assert len(told(desk.supervisor)) == 1


def test_supervisors_who_are_all_away_are_told_nevertheless(desk):
    day = NOON.date()
    Absence.objects.create(user=desk.supervisor_user, first_day=day, last_day=day)
    desk.ticket(assigned_to=desk.rep.user_id)

    sweep(now=after(hours=9))
    settle()

    assert told(desk.supervisor) == ["response-breached"]


# --- 15: on commit


@pytest.mark.django_db(transaction=True)
def test_a_round_is_asked_for_when_it_can_be_read(desk, monkeypatch):
    sent = []
    monkeypatch.setattr(
        current_app,
        "send_task",
        lambda name, words: sent.append((name, words, connection.in_atomic_block)),
    )

    with transaction.atomic():
        started = start_recalculation("test")
        assert sent == [], "a worker would find no such round yet"

    assert sent == [("tickets.replan", [started.pk], False)]


@pytest.mark.django_db(transaction=True)
def test_a_round_that_is_rolled_back_is_asked_of_nobody(desk, monkeypatch):
    sent = []
    monkeypatch.setattr(current_app, "send_task", lambda *words: sent.append(words))

    def save_and_fail():
        with transaction.atomic():
            start_recalculation("test")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        save_and_fail()

    assert sent == []
