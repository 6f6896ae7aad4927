"""Assigning, answering, noting, and the workflow: each one transaction with a line in the log."""

from functools import partial

import pytest

from helpdesk.dynamo import capacity
from helpdesk.errors import Invalid, NotAllowed, NotFound, StaleVersion
from tests.world import after, log_of, stored, waiting_events
from tickets.domain.errors import EventRefused, TransitionRefused
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.assignment.assign import assign
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lifecycle.status import change_status, resume, wait


def last_update(ticket_id):
    """The changes that the newest System Update names."""
    update = [line for line in log_of(ticket_id) if line.type == "System Update"][-1]
    return [(change.field, change.before, change.after) for change in update.changes or ()]


def test_assigning_is_written_with_a_system_update_that_says_from_whom_to_whom(desk):
    ticket = desk.ticket()

    assign(ticket.ticket_id, to=desk.rep2.user_id, by=desk.rep, now=after(minutes=1))

    assert stored(ticket.ticket_id).assigned_to == desk.rep2.user_id
    assert last_update(ticket.ticket_id) == [("assignedTo", None, desk.rep2.user_id)]
    update = log_of(ticket.ticket_id)[-1]
    assert update.event == "changed"
    assert (update.created_by, update.created_at) == (desk.rep.user_id, after(minutes=1))


def test_unassigning_gives_the_ticket_back_to_nobody(desk):
    ticket = desk.ticket(assigned_to=desk.rep2.user_id)

    assign(ticket.ticket_id, to=None, by=desk.rep, now=after(minutes=1))

    assert stored(ticket.ticket_id).assigned_to is None


def test_assigning_to_the_same_person_again_changes_nothing(desk):
    ticket = desk.ticket(assigned_to=desk.rep2.user_id)

    assign(ticket.ticket_id, to=desk.rep2.user_id, by=desk.rep, now=after(minutes=1))

    assert stored(ticket.ticket_id).version == ticket.version
    assert len(log_of(ticket.ticket_id)) == 1


def test_a_ticket_goes_only_to_somebody_who_works_tickets(desk):
    ticket = desk.ticket()

    with pytest.raises(Invalid):
        assign(ticket.ticket_id, to=desk.outsider.user_id, by=desk.rep, now=after(minutes=1))

    assert stored(ticket.ticket_id).version == ticket.version


def test_the_first_answer_moves_open_to_in_progress_and_stops_the_response_clock(desk):
    ticket = desk.ticket()

    respond(ticket.ticket_id, content="It is on its way.", by=desk.rep, now=after(minutes=30))

    answered = stored(ticket.ticket_id)
    assert answered.status == "In Progress"
    assert answered.sla.first_responded_at == after(minutes=30)
    assert answered.sla.response_deadline is None
    assert answered.sla_deadline == answered.sla.resolution_deadline
    assert last_update(ticket.ticket_id) == [("status", "Open", "In Progress")]
    answer = log_of(ticket.ticket_id)[1]
    assert (answer.type, answer.direction) == ("Customer Response", "outbound")


def test_a_note_answers_nobody(desk):
    ticket = desk.ticket()

    note(ticket.ticket_id, content="Ask the port.", by=desk.rep, now=after(minutes=1))

    noted = stored(ticket.ticket_id)
    assert noted.status == "Open"
    assert noted.sla.first_responded_at is None
    assert log_of(ticket.ticket_id)[-1].type == "Internal Note"


def test_waiting_pauses_the_resolution_and_the_customers_message_resumes_it(desk):
    ticket = desk.ticket()
    respond(ticket.ticket_id, content="Which port?", waiting=True, by=desk.rep, now=after(hours=1))
    assert stored(ticket.ticket_id).waiting
    assert stored(ticket.ticket_id).sla_deadline is None
    assert stored(ticket.ticket_id).next_sla_at is None

    communicate(
        ticket.ticket_id,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="Bremerhaven.",
        by=desk.rep,
        now=after(hours=11),
    )

    resumed = stored(ticket.ticket_id)
    assert not resumed.waiting
    assert resumed.sla_deadline == after(hours=72 + 10)


def test_waiting_can_be_started_and_ended_by_hand(desk):
    ticket = desk.ticket()

    wait(ticket.ticket_id, by=desk.rep, now=after(hours=1))
    assert stored(ticket.ticket_id).waiting
    resume(ticket.ticket_id, by=desk.rep, now=after(hours=2))

    assert not stored(ticket.ticket_id).waiting
    with pytest.raises(EventRefused):
        resume(ticket.ticket_id, by=desk.rep, now=after(hours=3))


def test_the_whole_workflow_is_logged_step_by_step(desk):
    ticket = desk.ticket()

    for minute, status in enumerate(("In Progress", "Resolved", "Closed", "In Progress"), 1):
        change_status(ticket.ticket_id, to=status, by=desk.rep, now=after(minutes=minute))

    steps = [
        (change.before, change.after)
        for line in log_of(ticket.ticket_id)
        for change in line.changes or ()
        if change.field == "status"
    ]
    assert steps == [
        ("Open", "In Progress"),
        ("In Progress", "Resolved"),
        ("Resolved", "Closed"),
        ("Closed", "In Progress"),
    ]


def test_resolving_and_closing_leave_their_instants(desk):
    ticket = desk.ticket()

    change_status(ticket.ticket_id, to="Resolved", by=desk.rep, now=after(hours=1))
    change_status(ticket.ticket_id, to="Closed", by=desk.rep, now=after(hours=2))

    closed = stored(ticket.ticket_id)
    assert (closed.resolved_at, closed.closed_at) == (after(hours=1), after(hours=2))
    assert closed.sla_deadline is None
    assert closed.next_sla_at is None


def test_a_refused_step_names_the_allowed_ones_and_writes_nothing(desk):
    ticket = desk.ticket()
    change_status(ticket.ticket_id, to="Closed", by=desk.rep, now=after(minutes=1))

    with pytest.raises(TransitionRefused) as refused:
        change_status(ticket.ticket_id, to="Resolved", by=desk.rep, now=after(minutes=1))

    assert refused.value.allowed == ("In Progress",)
    assert len(log_of(ticket.ticket_id)) == 2


def test_a_change_of_priority_moves_the_deadline(desk):
    ticket = desk.ticket()

    edit(ticket.ticket_id, priority="High", by=desk.rep, now=after(hours=1))

    assert stored(ticket.ticket_id).sla_deadline == after(hours=4)
    assert last_update(ticket.ticket_id) == [("priority", "Medium", "High")]


def test_a_stale_version_is_refused(desk):
    ticket = desk.ticket()
    assign(ticket.ticket_id, to=desk.rep.user_id, by=desk.rep, version=1, now=after(minutes=1))

    with pytest.raises(StaleVersion) as refused:
        change_status(
            ticket.ticket_id, to="Resolved", by=desk.rep2, version=1, now=after(minutes=1)
        )

    assert (refused.value.seen, refused.value.current) == (1, 2)
    assert stored(ticket.ticket_id).status == "Open"


def test_escalating_by_hand_goes_up_one_level_with_its_reason(desk):
    ticket = desk.ticket()

    escalate(
        ticket.ticket_id, reason="The customer's lawyer wrote.", by=desk.rep, now=after(minutes=1)
    )

    assert stored(ticket.ticket_id).escalation_level == 1
    assert "lawyer" in log_of(ticket.ticket_id)[-1].content


def test_a_ticket_that_does_not_exist_is_not_found(desk):
    with pytest.raises(NotFound):
        assign("404", to=None, by=desk.rep, now=after(minutes=1))


def test_whoever_does_not_work_tickets_changes_nothing(desk):
    ticket = desk.ticket()
    for attempt in (
        lambda: assign(ticket.ticket_id, to=None, by=desk.outsider, now=after(minutes=1)),
        lambda: note(ticket.ticket_id, content="x", by=desk.outsider, now=after(minutes=1)),
        lambda: change_status(
            ticket.ticket_id, to="Closed", by=desk.outsider, now=after(minutes=1)
        ),
        lambda: edit(ticket.ticket_id, subject="x", by=desk.outsider, now=after(minutes=1)),
        lambda: escalate(ticket.ticket_id, reason="x", by=desk.outsider, now=after(minutes=1)),
    ):
        with pytest.raises(NotAllowed):
            attempt()
    assert stored(ticket.ticket_id).version == ticket.version


def test_a_change_is_one_read_and_one_transaction(desk):
    ticket = desk.ticket()

    with capacity.counting() as usage:
        change_status(ticket.ticket_id, to="In Progress", by=desk.rep, now=after(minutes=1))

    assert usage.operations == ["GetItem", "TransactWriteItems"]


def test_a_reply_reads_whom_it_goes_to_besides(desk):
    ticket = desk.ticket()

    with capacity.counting() as usage:
        respond(ticket.ticket_id, content="On its way.", by=desk.rep, now=after(minutes=1))

    assert usage.operations == ["GetItem", "GetItem", "TransactWriteItems"]


@pytest.mark.django_db(transaction=True)
def test_answers_written_at_the_same_time_are_all_kept(desk, race):
    ticket = desk.ticket()

    def answer(number):
        respond(ticket.ticket_id, content=f"answer {number}", by=desk.rep, now=after(minutes=1))

    race.run(**{str(number): partial(answer, number) for number in range(6)})

    assert race.failed >= 5, "they did not meet"
    answers = {
        line.content for line in log_of(ticket.ticket_id) if line.type == "Customer Response"
    }
    assert answers == {f"answer {number}" for number in range(6)}
    assert stored(ticket.ticket_id).version == 7
    assert len([e for e in waiting_events() if e.kind == "communication"]) == 6
