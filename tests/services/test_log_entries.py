"""What a ticket's log holds: facts as attributes, sentences made when they are shown."""

import pytest

from helpdesk.dynamo.ulids import new_ulid
from tests.world import NOON, after, log_of, stored, waiting_events
from tickets.domain.sla import clock
from tickets.domain.ticket import CommunicationType
from tickets.models import EscalationRule
from tickets.presenters.tickets import log_lines
from tickets.services.assignment.assign import assign
from tickets.services.conversation.communicate import note, respond
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.escalate import escalate, sweep
from tickets.store.items import Communication, communication_sk
from tickets.store.keys import set_record_keys
from tickets.store.ticket import ticket_pk


@pytest.fixture
def reads(monkeypatch):
    """How often the clock was read: once for each entry."""
    found = []
    read = clock.read

    def counted(timeline, terms, *, now):
        found.append(now)
        return read(timeline, terms, now=now)

    monkeypatch.setattr(clock, "read", counted)
    return found


@pytest.mark.parametrize(
    "act",
    [
        lambda desk, number: respond(number, content="x", waiting=True, by=desk.rep, now=NOON),
        lambda desk, number: note(number, content="x", by=desk.rep, now=NOON),
        lambda desk, number: assign(number, to=desk.rep2.user_id, by=desk.rep, now=NOON),
        lambda desk, number: edit(
            number, priority="High", status="Resolved", by=desk.rep, now=NOON
        ),
        lambda desk, number: escalate(number, reason="x", by=desk.rep, now=NOON),
    ],
    ids=["reply that waits", "note", "assign", "two clock events", "escalate"],
)
def test_a_change_reads_the_clock_once(desk, reads, act):
    number = desk.ticket(now=NOON).ticket_id
    assert len(reads) == 1, "creation"
    reads.clear()
    act(desk, number)
    assert len(reads) == 1


def test_what_has_passed_before_a_change_fires_first_at_the_price_of_one_more_reading(desk, reads):
    number = desk.ticket(now=NOON).ticket_id
    reads.clear()
    respond(number, content="x", by=desk.rep, now=after(days=30))
    assert len(reads) == 2
    assert "response-breached" in stored(number).fired_rules


def test_an_escalation_is_logged_with_its_rule_level_and_due_time(desk):
    number = desk.ticket(now=NOON).ticket_id
    sweep(now=after(days=30))
    breached = next(line for line in log_of(number) if line.rule == "resolution-breached")
    assert breached.event == "escalated"
    assert breached.due_at == stored(number).sla.resolution_deadline
    assert [(one.field, one.after) for one in breached.changes] == [("escalationLevel", "2")]


def test_a_rule_that_fires_with_a_change_logs_whom_it_gave_the_ticket(desk):
    """Changes were compared before the rule fired: its own was in no entry."""
    EscalationRule.objects.filter(key="critical-created").update(reassign_to=desk.rep2_user)
    number = desk.ticket(now=NOON, assigned_to=desk.rep.user_id).ticket_id
    edit(number, priority="Critical", by=desk.rep, now=after(minutes=5))
    fired = next(line for line in log_of(number) if line.rule == "critical-created")
    assert stored(number).assigned_to == desk.rep2.user_id
    assert ("assignedTo", desk.rep.user_id, desk.rep2.user_id) in [
        (one.field, one.before, one.after) for one in fired.changes
    ]
    assert "assigned" in {event.kind for event in waiting_events()}


def test_a_reason_is_an_attribute_and_no_part_of_a_sentence(desk):
    number = desk.ticket(now=NOON).ticket_id
    escalate(number, reason="port: closed: again", by=desk.rep, now=NOON)
    [entry] = [line for line in log_of(number) if line.rule == "manual"]
    assert (entry.event, entry.reason) == ("escalated", "port: closed: again")
    [shown] = [line for line in log_lines(number, log_of(number)) if line.reason]
    assert shown.reason == "port: closed: again"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            {"content": "Escalated by hand, level 0 → 1: port: closed", "rule": "manual"},
            {"reason": "port: closed", "sentence": ""},
        ),
        (
            {
                "content": "Escalation response-at-risk, due 2026-11-04T12:00:00Z",
                "rule": "response-at-risk",
            },
            {"due_at": "2026-11-04T12:00:00+00:00", "sentence": ""},
        ),
        (
            {"content": "Ticket created: category General, priority Low"},
            {"sentence": "Ticket created: category General, priority Low"},
        ),
    ],
    ids=["by hand", "milestone", "created"],
)
def test_entries_of_earlier_releases_are_shown_as_well(desk, entry, expected):
    number = desk.ticket(now=NOON).ticket_id
    entry_id = new_ulid(at=NOON)
    old = Communication(
        ticket_pk(number),
        communication_sk(entry_id),
        communication_id=entry_id,
        ticket_id=number,
        type=CommunicationType.SYSTEM_UPDATE.value,
        created_by="system",
        created_at=NOON,
        **entry,
    )
    set_record_keys(old)
    old.save()
    [line] = log_lines(number, [Communication.get(old.pk, old.sk)])
    shown = {
        "reason": line.reason,
        "sentence": line.sentence,
        "due_at": line.due_at.isoformat() if line.due_at else "",
    }
    assert {name: shown[name] for name in expected} == expected
