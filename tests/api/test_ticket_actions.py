"""What programs do with a ticket: assign, communicate, escalate."""

from datetime import timedelta

import pytest

from helpdesk.clock import this_second
from tests.api.problems import is_problem
from tests.world import NOON, after, log_of, settle, stored
from tickets.services.conversation.communicate import respond
from tickets.services.lifecycle.status import change_status


def test_a_ticket_is_assigned_unassigned_and_auto_assigned(program, desk):
    from tests.world import team
    from tickets.models import RoutingRule

    number = desk.ticket().ticket_id

    def assign(to):
        answer = program.post(f"/tickets/{number}/assign", {"assignedTo": to})
        assert answer.status_code == 200, answer.json()
        return answer.json()["assignedTo"]

    assert assign(desk.rep2.user_id) == desk.rep2.user_id
    assert assign(None) is None
    RoutingRule.objects.create(position=1, team=team("All", desk.rep2_user))
    assert assign("auto") == desk.rep2.user_id
    for wrong in ({"assignedTo": "999"}, {"assignedTo": desk.outsider.user_id}, {}):
        is_problem(program.post(f"/tickets/{number}/assign", wrong), 422, "assignedTo")


def test_a_note_says_whom_it_mentioned_in_vain_and_a_reply_mentions_nobody(program, desk):
    address = f"/tickets/{desk.ticket().ticket_id}/communicate"
    text = "@tomasz or @rep2@x.example or @nobody, @nowhere"

    noted = program.post(address, {"type": "Internal Note", "content": text})
    known = program.post(address, {"type": "Internal Note", "content": "@tomasz"})
    replied = program.post(address, {"type": "Customer Response", "content": text})

    assert [one.status_code for one in (noted, known, replied)] == [201] * 3
    assert noted.json()["unknownMentions"] == ["nobody", "nowhere"]
    assert (known.json()["unknownMentions"], replied.json()["unknownMentions"]) == ([], [])


def test_a_participant_is_left_out_of_one_reply(program, desk):
    number = desk.ticket().ticket_id
    people = [{"address": f"{name}@posta.example"} for name in ("bea", "carl")]
    for one in people:
        program.post(f"/tickets/{number}/participants", one)

    said = program.post(
        f"/tickets/{number}/communicate",
        {"type": "Customer Response", "content": "x", "leaveOut": ["BEA@posta.example"]},
    )

    went = [one["address"] for one in said.json()["deliveries"]]
    assert "carl@posta.example" in went
    assert "bea@posta.example" not in went
    assert program.get(f"/tickets/{number}").json()["returnedAddresses"] == []


def test_an_answer_stops_the_response_clock_and_a_note_does_not(program, desk):
    number = desk.ticket().ticket_id

    noted = program.post(
        f"/tickets/{number}/communicate", {"type": "Internal Note", "content": "hm"}
    )
    assert noted.status_code == 201
    assert stored(number).sla.first_responded_at is None
    said = program.post(
        f"/tickets/{number}/communicate",
        {"type": "Customer Response", "content": "Soon.", "waiting": True},
    )
    line = said.json()
    assert (said.status_code, line["direction"], line["content"]) == (201, "outbound", "Soon.")
    shown = program.get(f"/tickets/{number}").json()
    assert (shown["status"], shown["waiting"]) == ("In Progress", True)
    assert shown["firstRespondedAt"] == line["createdAt"]
    assert shown["resolutionDeadline"] is None
    heard = program.post(
        f"/tickets/{number}/communicate",
        {"type": "Customer Response", "content": "Thanks", "direction": "inbound"},
    )
    assert heard.json()["direction"] == "inbound"
    assert stored(number).waiting is False


def test_a_call_to_the_customer_answers_and_is_not_sent(program, desk):
    number = desk.ticket(now=this_second() - timedelta(hours=2)).ticket_id
    settle()
    at = (this_second() - timedelta(minutes=30)).isoformat().replace("+00:00", "Z")
    call = {"type": "Customer Response", "content": "Told her.", "channel": "phone"}
    path, key = f"/tickets/{number}/communicate", {"Idempotency-Key": "k"}

    said = program.post(path, {**call, "occurredAt": at}, **key)
    assert said.status_code == 201, said.json()
    assert program.post(path, {**call, "occurredAt": at}, **key).json() == said.json()

    line, shown = said.json(), program.get(f"/tickets/{number}").json()
    assert (line["direction"], line["channel"], line["deliveries"]) == ("outbound", "phone", [])
    assert (line["occurredAt"], shown["firstRespondedAt"]) == (at, at)
    for wrong in ({"channel": "web", "occurredAt": at}, {"replyTo": "giulia@example.com"}):
        body = {**call, **wrong}
        is_problem(program.post(path, body), 422, next(iter(wrong.keys() - {"channel"})))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"type": "System Update", "content": "x"}, "type"),
        ({"type": "Internal Note", "content": " "}, "content"),
        ({"type": "Internal Note"}, "content"),
        ({"type": "Internal Note", "content": "x", "waiting": True}, "waiting"),
        ({"type": "Customer Response", "content": "x", "waiting": 0}, "waiting"),
        ({"type": "Customer Response", "content": "x", "waiting": "no"}, "waiting"),
        ({"type": "Customer Response", "content": "x", "direction": "sideways"}, "direction"),
        ({"type": "Customer Response", "content": "x" * 20_001}, "content"),
        ({"type": "Customer Response", "content": "a\0b"}, "content"),
    ],
)
def test_a_bad_message_writes_nothing(program, desk, body, field):
    number = desk.ticket().ticket_id

    is_problem(program.post(f"/tickets/{number}/communicate", body), 422, field)

    assert stored(number).version == 1


def test_waiting_on_a_ticket_that_is_done_conflicts(program, desk):
    number = desk.ticket().ticket_id
    change_status(number, to="Resolved", by=desk.rep, now=after(hours=1))
    body = {"type": "Customer Response", "content": "x", "waiting": True}

    is_problem(program.post(f"/tickets/{number}/communicate", body), 409)


def test_a_repeated_message_is_said_once(program, desk):
    number = desk.ticket().ticket_id
    body = {"type": "Customer Response", "content": "Once."}
    path, key = f"/tickets/{number}/communicate", {"Idempotency-Key": "k"}

    first, repeat = program.post(path, body, **key), program.post(path, body, **key)

    assert first.json() == repeat.json()
    assert [line.content for line in log_of(number)].count("Once.") == 1
    other = program.post(path, {**body, "content": "Other"}, **key)
    is_problem(other, 422, "Idempotency-Key")


def test_a_customer_who_writes_to_an_old_ticket_is_answered_with_the_new_one(program, desk):
    old = desk.ticket()
    respond(old.ticket_id, content="Done.", by=desk.rep, now=after(minutes=1))
    change_status(old.ticket_id, to="Closed", by=desk.rep, now=NOON + timedelta(minutes=2))
    now = this_second()
    assert now - NOON > timedelta(days=14)
    body = {"type": "Customer Response", "content": "Again!", "direction": "inbound"}
    path, key = f"/tickets/{old.ticket_id}/communicate", {"Idempotency-Key": "k"}

    first, repeat = program.post(path, body, **key), program.post(path, body, **key)

    assert first.json() == repeat.json()
    new_id = first.json()["ticketId"]
    assert new_id != old.ticket_id
    assert first["Location"] == f"/api/tickets/{new_id}"


def test_a_ticket_is_escalated_with_a_reason_up_to_level_3(program, desk):
    number = desk.ticket(now=this_second()).ticket_id
    path = f"/tickets/{number}/escalate"
    key = {"Idempotency-Key": "k"}

    assert program.post(path, {"reason": "angry"}, **key).json()["escalationLevel"] == 1
    assert program.post(path, {"reason": "angry"}, **key).json()["escalationLevel"] == 1
    assert program.post(path, {"reason": "angry"}).json()["escalationLevel"] == 2
    assert program.post(path, {"reason": "angry"}).json()["escalationLevel"] == 3
    is_problem(program.post(path, {"reason": "angry"}), 409)
    is_problem(program.post(path, {"reason": ""}), 422, "reason")
    is_problem(program.post(path, {}), 422, "reason")
