"""verify_tickets sees what does not add up, and nothing where all does."""

import pytest
from django.core.management import call_command

from tests.world import NOON, after, log_of, settle, stored, team
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import Entry
from tickets.services.assignment.assign import assign, assign_team
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.escalate import escalate, fire_due, sweep
from tickets.services.lifecycle.links_and_merges import link, merge
from tickets.services.lifecycle.status import change_status, resume, wait
from tickets.services.maintenance.verify import verify
from tickets.store import queries, search
from tickets.store.ticket import Ticket


@pytest.fixture
def lived(desk):
    """A ticket that has seen everything."""
    number = desk.ticket(priority="High", vehicle_id=desk.vehicle.vehicle_id).ticket_id
    other = desk.ticket().ticket_id
    money = team("Money", desk.rep2_user)
    assign(number, to=desk.rep2.user_id, by=desk.rep, now=after(minutes=1))
    assign_team(number, team_id=str(money.pk), by=desk.rep, now=after(minutes=2))
    note(number, content="x", by=desk.rep, now=after(minutes=3))
    sweep(now=after(hours=5))
    respond(number, content="y", waiting=True, by=desk.rep, now=after(hours=6))
    resume(number, by=desk.rep, now=after(hours=7))
    wait(number, by=desk.rep, now=after(hours=8))
    edit(
        number,
        priority="Low",
        subject="New",
        description="Newer",
        category="Customs",
        tags=["a", "b"],
        vehicle_id="",
        by=desk.rep,
        now=after(hours=9),
    )
    escalate(number, reason="z", by=desk.rep, now=after(hours=10))
    link(number, other_id=other, by=desk.rep, now=after(hours=11))
    change_status(number, to="Closed", by=desk.rep, now=after(hours=12))
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="Again",
        by=desk.rep,
        now=after(hours=13),
    )
    merge(other, into=number, by=desk.rep, now=after(hours=14))
    sweep(now=after(days=30))
    settle()
    return number


def found(*ticket_ids):
    return [drift.what for drift in verify(ticket_ids)]


def test_what_services_wrote_adds_up(lived):
    assert found() == found(lived) == []


CHANGES = [
    (Ticket.status.set("Open"), "status"),
    (Ticket.priority.set("Critical"), "priority"),
    (Ticket.assigned_to.set("77"), "assignedTo"),
    (Ticket.escalation_level.set(1), "escalationLevel"),
    (Ticket.resolved_at.set(NOON), "resolvedAt"),
    (Ticket.reopen_cycle.set(7), "reopen cycle"),
    (Ticket.next_sla_at.set(NOON), "nextSlaAt"),
    (Ticket.queue_key.set("A#nowhere#1"), "queueKey"),
    (Ticket.tags.set(["c"]), "tags"),
    (Ticket.sla.needs_reply_since.remove(), "needsReplySince"),
    (Ticket.sla.last_message.remove(), "lastMessage"),
    (Ticket.sla.last_author.set("7"), "lastMessage"),
    (Ticket.sla_deadline.set(NOON), "slaDeadline"),
    (Ticket.fired_rules.set([]), "firedRules"),
    (Ticket.last_id.set("0"), "lastId"),
]


def test_a_ticket_that_was_tampered_with_is_seen(lived, subtests):
    for change, what in CHANGES:
        as_it_was = stored(lived)
        with subtests.test(what):
            stored(lived).update(actions=[change])

            assert any(what in drift for drift in found(lived))
        as_it_was.save()
        assert found(lived) == [], "the next one would not be seen alone"


def test_a_lost_line_is_seen(lived):
    next(
        line
        for line in log_of(lived)
        for change in line.changes or ()
        if (change.field, change.after) == ("status", "Closed")
    ).delete()

    assert any("log" in drift for drift in found(lived))


def test_a_search_index_that_says_otherwise_is_seen(lived):
    Entry.objects.filter(pk=int(lived)).update(assignee="77")
    assert found(lived) == [f"search: assignee is 77, not {stored(lived).assigned_to or ''}"]
    Entry.objects.filter(pk=int(lived)).delete()
    entry, _tags = search.entry_of(stored(lived))
    entry.number = 4711
    entry.save()
    assert "search: the ticket is not in it" in found()
    assert "search: it names a ticket that is not there" in found()


def test_the_command_prints_each_drift_and_fails(lived, capsys):
    call_command("verify_tickets", lived)
    assert capsys.readouterr().out.splitlines()[-1] == "tickets=1 drifts=0"
    stored(lived).update(actions=[Ticket.reopen_cycle.set(7)])

    with pytest.raises(SystemExit):
        call_command("verify_tickets", lived, "4711")

    said = capsys.readouterr().out
    assert f"{lived}: reopen cycle: the log says 2, the ticket 7" in said
    assert "4711: there is no such ticket" in said


def test_a_ticket_that_changes_while_it_is_read_is_no_drift(desk, monkeypatch):
    """A sweep fires between the read of the ticket and that of its records."""
    number = desk.ticket().ticket_id
    settle()
    read = queries.escalations
    fired = []

    def meanwhile(ticket_id):
        if not fired:
            fired.append(fire_due(ticket_id, now=after(hours=9)))
            settle()
        return read(ticket_id)

    monkeypatch.setattr(queries, "escalations", meanwhile)

    assert list(verify()) == []
    assert list(verify([number])) == []
    assert fired == [2]
