"""Escalation of what is overdue."""

from datetime import timedelta

import pytest
from django.core.management import call_command

from helpdesk.accounts.actors import SYSTEM
from helpdesk.clock import this_second
from helpdesk.dynamo import capacity
from tests.world import after, escalations_of, log_of, stored, waiting_events
from tickets.services.conversation.communicate import respond
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.escalate import sweep
from tickets.services.lifecycle.status import change_status


def fired(ticket_id):
    return [
        escalation.rule
        for escalation in sorted(escalations_of(ticket_id), key=lambda e: (e.due_at, e.fired_at))
    ]


def test_an_overdue_ticket_is_escalated_once_with_a_line_in_its_log(desk):
    ticket = desk.ticket(priority="High")

    first = sweep(now=after(hours=4, seconds=1))
    second = sweep(now=after(hours=4, seconds=2))

    assert (first.due, first.fired) == (1, 2)
    assert (second.due, second.fired) == (0, 0)
    assert fired(ticket.ticket_id) == ["response-at-risk", "response-breached"]
    escalated = stored(ticket.ticket_id)
    assert escalated.escalation_level == 1
    assert escalated.sla.response_breached_at == after(hours=4)
    lines = [line for line in log_of(ticket.ticket_id) if line.rule]
    assert [line.rule for line in lines] == ["response-at-risk", "response-breached"]
    assert {line.created_by for line in lines} == {SYSTEM.user_id}


def test_a_sweep_reads_only_what_is_due(desk):
    desk.ticket(priority="High")
    for _ in range(30):
        desk.ticket(priority="Low")

    with capacity.counting() as usage:
        found = sweep(now=after(hours=4, seconds=1))

    assert found.due == 1
    assert usage.operations == ["Query", "BatchGetItem", "TransactWriteItems"]


def test_a_late_sweep_fires_every_milestone_that_was_missed_in_order(desk):
    ticket = desk.ticket()

    found = sweep(now=after(hours=200))

    assert found.fired == 5
    assert fired(ticket.ticket_id) == [
        "response-at-risk",
        "response-breached",
        "resolution-at-risk",
        "resolution-breached",
        "resolution-overdue",
    ]
    assert stored(ticket.ticket_id).escalation_level == 3
    notices = [event for event in waiting_events() if event.kind == "escalated"]
    assert len(notices) == 1, "one notice for the ticket, not one for each milestone"


def test_a_late_answer_between_two_sweeps_is_a_breach_all_the_same(desk):
    ticket = desk.ticket()

    respond(ticket.ticket_id, content="Sorry.", by=desk.rep, now=after(hours=9))

    answered = stored(ticket.ticket_id)
    assert answered.sla.response_breached_at == after(hours=8)
    assert fired(ticket.ticket_id) == ["response-at-risk", "response-breached"]
    assert sweep(now=after(hours=9, minutes=1)).fired == 0


def test_an_answer_at_the_deadline_is_met(desk):
    ticket = desk.ticket()

    respond(ticket.ticket_id, content="Just in time.", by=desk.rep, now=after(hours=8))

    assert stored(ticket.ticket_id).sla.response_breached_at is None
    assert fired(ticket.ticket_id) == ["response-at-risk"]


def test_done_and_waiting_tickets_are_not_due(desk):
    done, waiting = desk.ticket(), desk.ticket()
    change_status(done.ticket_id, to="Resolved", by=desk.rep, now=after(hours=1))
    respond(waiting.ticket_id, content="?", waiting=True, by=desk.rep, now=after(hours=1))

    assert sweep(now=after(hours=500)).due == 0


def test_a_change_of_the_due_ticket_between_read_and_write_wins(desk, monkeypatch):
    ticket = desk.ticket()
    from tickets.store import queries

    real, calls = queries.tickets, []

    def read_then_somebody_resolves(ticket_ids):
        found = real(ticket_ids)
        calls.append(ticket_ids)
        change_status(ticket.ticket_id, to="Resolved", by=desk.rep, now=after(hours=1))
        return found

    monkeypatch.setattr(queries, "tickets", read_then_somebody_resolves)
    sweep(now=after(hours=8, seconds=1))

    assert calls == [[ticket.ticket_id]]
    assert fired(ticket.ticket_id) == []
    assert stored(ticket.ticket_id).status == "Resolved"


@pytest.mark.django_db(transaction=True)
def test_many_sweepers_at_once_fire_each_milestone_once(desk, race):
    tickets = [desk.ticket(priority="Critical") for _ in range(5)]

    race.run_many(4, lambda: sweep(now=after(hours=100)))

    assert race.failed >= 3, "they did not meet at the first ticket"
    for ticket in tickets:
        rules = [line.rule for line in log_of(ticket.ticket_id) if line.rule]
        assert len(rules) == len(set(rules)) == 6


def test_a_reopened_ticket_escalates_anew(desk):
    ticket = desk.ticket()
    sweep(now=after(hours=100))
    change_status(ticket.ticket_id, to="Resolved", by=desk.rep, now=after(hours=101))
    change_status(ticket.ticket_id, to="In Progress", by=desk.rep, now=after(hours=102))

    assert stored(ticket.ticket_id).reopen_cycle == 2
    assert {
        (e.reopen_cycle, e.rule) for e in escalations_of(ticket.ticket_id) if e.reopen_cycle == 2
    } == {
        (2, "resolution-at-risk"),
        (2, "resolution-breached"),
    }


def test_nothing_due_changes_nothing(desk):
    ticket = desk.ticket()

    change(ticket.ticket_id, lambda draft: None, by=SYSTEM, now=after(hours=1))

    assert stored(ticket.ticket_id).version == 1


def test_the_command_prints_what_it_did(desk, capsys):
    ticket = desk.ticket(priority="High", now=this_second() - timedelta(hours=5))  # 4 h to answer

    call_command("sla_sweep")
    assert capsys.readouterr().out.splitlines()[-1] == "due=1 fired=2 conflicts=0"
    assert fired(ticket.ticket_id) == ["response-at-risk", "response-breached"]

    call_command("sla_sweep")
    assert capsys.readouterr().out.splitlines()[-1] == "due=0 fired=0 conflicts=0"
