"""Every row of the API's table that is about tickets, and every status that it can have."""

import re
from datetime import timedelta

import pytest

from helpdesk.clock import this_second
from tests.world import NOON, after, log_of, settle, stored
from tickets.services.conversation.communicate import note, respond
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lifecycle.status import change_status

FIELDS = {
    "ticketId",
    "customerId",
    "vehicleId",
    "subject",
    "description",
    "category",
    "priority",
    "status",
    "assignedTo",
    "createdBy",
    "createdAt",
    "updatedAt",
    "resolvedAt",
    "closedAt",
    "slaDeadline",
    "escalationLevel",
    "version",
    "tags",
    "waiting",
    "responseDeadline",
    "resolutionDeadline",
    "firstRespondedAt",
    "responseBreached",
    "resolutionBreached",
    "policyId",
    "channel",
    "participants",
    "replyTo",
}


def new(desk, **more):
    return {
        "customerId": desk.customer.customer_id,
        "subject": "Where is my car?",
        "description": "It should be here.",
        "category": "Shipping",
        "priority": "High",
        **more,
    }


def is_problem(answer, status, field=None):
    """The answer is a problem with this status; and names the field."""
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status), body
    assert answer["Content-Type"] == "application/problem+json"
    assert set(body) >= {"type", "title", "status", "detail"}
    if field:
        assert field in {one["field"] for one in body["errors"]}, body
    return body


# POST /tickets


def test_a_ticket_is_opened_and_shown_whole(program, desk):
    body = new(
        desk,
        vehicleId=desk.vehicle.vehicle_id,
        assignedTo=desk.rep2.user_id,
        tags=["Antwerp", "antwerp"],
    )
    answer = program.post("/tickets", body)

    made = answer.json()
    assert answer.status_code == 201
    assert set(made) == FIELDS
    assert answer["Location"] == f"/api/tickets/{made['ticketId']}"
    assert answer["ETag"] == '"1"'
    assert made["tags"] == ["antwerp"]
    assert made["status"] == "Open"
    assert made["assignedTo"] == desk.rep2.user_id
    assert made["createdBy"] == desk.rep.user_id
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["createdAt"])
    assert made["slaDeadline"] == made["responseDeadline"]
    assert [made[name] for name in ("resolvedAt", "closedAt", "firstRespondedAt")] == [None] * 3
    shown = program.get(f"/tickets/{made['ticketId']}").json()
    assert {name: shown[name] for name in FIELDS} == made


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "  "}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"subject": None}, "subject"),
        ({"description": ""}, "description"),
        ({"category": "Cars"}, "category"),
        ({"priority": "Urgent"}, "priority"),
        ({"customerId": "nobody"}, "customerId"),
        ({"vehicleId": "none"}, "vehicleId"),
        ({"assignedTo": "999"}, "assignedTo"),
        ({"assignedTo": 7}, "assignedTo"),
        ({"tags": "x"}, "tags"),
        ({"tags": ["x" * 41]}, "tags.0"),
        ({"status": "Closed"}, "status"),
        ({"createdAt": "2020-01-01T00:00:00Z"}, "createdAt"),
    ],
)
def test_bad_input_is_refused_by_field_and_opens_nothing(program, desk, wrong, field):
    is_problem(program.post("/tickets", new(desk, **wrong)), 422, field)

    assert program.get("/tickets?customerId=" + desk.customer.customer_id).json()["items"] == []


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "null", "\xff", '{"a":'])
def test_what_is_no_json_object_is_refused(program, body):
    answer = program.client.post(
        "/api/tickets", body, content_type="application/json", headers=program.headers
    )
    is_problem(answer, 422)


def test_a_repeat_with_the_same_key_is_answered_as_the_first(program, desk):
    key = {"Idempotency-Key": "booking-7"}
    first = program.post("/tickets", new(desk), **key)
    number = first.json()["ticketId"]
    program.put(f"/tickets/{number}", {"priority": "Low"})

    repeat = program.post("/tickets", new(desk), **key)

    assert (repeat.status_code, repeat.json()) == (201, first.json())
    assert repeat["Location"] == first["Location"]
    other = program.post("/tickets", new(desk, subject="Another"), **key)
    is_problem(other, 422, "Idempotency-Key")
    is_problem(program.post("/tickets", new(desk), **{"Idempotency-Key": " "}), 422)


# GET /tickets


def numbers(answer):
    assert answer.status_code == 200, answer.json()
    return [ticket["ticketId"] for ticket in answer.json()["items"]]


@pytest.fixture
def varied(desk):
    """A late and escalated one, one of a colleague, one that is resolved."""
    late = desk.ticket(priority="Critical", subject="Late", category="Customs")
    escalate(late.ticket_id, reason="very", by=desk.rep, now=after(minutes=1))
    other = desk.ticket(
        priority="Low",
        subject="Of a colleague",
        assigned_to=desk.rep2.user_id,
        vehicle_id=desk.vehicle.vehicle_id,
        now=this_second(),
    )
    done = desk.ticket(priority="Medium", subject="Solved", now=after(hours=1))
    change_status(done.ticket_id, to="Resolved", by=desk.rep, now=after(hours=2))
    settle()
    return {"late": late.ticket_id, "other": other.ticket_id, "done": done.ticket_id}


LISTS = [
    ("", {"late", "other", "done"}),
    ("status=Open", {"late", "other"}),
    ("status=Open&status=Resolved", {"late", "other", "done"}),
    ("priority=Critical&priority=Low", {"late", "other"}),
    ("category=Customs", {"late"}),
    ("assignedTo=none", {"late", "done"}),
    ("assignedTo=me", set()),
    ("assignedTo={rep2}", {"other"}),
    ("customerId={customer}", {"late", "other", "done"}),
    ("customerId=nobody", set()),
    ("vehicleId={vehicle}", {"other"}),
    ("q=colleag", {"other"}),
    ("overdue=true", {"late"}),
    ("overdue=false", {"other", "done"}),
    ("escalated=true", {"late"}),
    ("escalated=false&status=Open", {"other"}),
    ("createdFrom=2026-11-03", {"other"}),
    ("createdTo=2026-11-02", {"late", "done"}),
    ("createdTo=2026-11-02T13:00:00Z", {"late"}),
    ("status=Resolved&sort=-updatedAt", {"done"}),
]


def test_every_filter_of_the_list(program, desk, varied, subtests):
    ids = {
        "rep2": desk.rep2.user_id,
        "customer": desk.customer.customer_id,
        "vehicle": desk.vehicle.vehicle_id,
    }
    for query, expected in LISTS:
        with subtests.test(query):
            found = program.get(f"/tickets?{query.format(**ids)}")
            shown = found.json()["items"]

            assert set(numbers(found)) == {varied[name] for name in expected}
            assert all(set(ticket) == FIELDS for ticket in shown)
            assert all(ticket["description"] and ticket["policyId"] for ticket in shown)


def test_the_orders_of_the_list(program, varied):
    by_deadline = numbers(program.get("/tickets"))
    assert by_deadline == [varied["late"], varied["other"], varied["done"]]
    assert numbers(program.get("/tickets?sort=slaDeadline")) == by_deadline
    by_creation = [varied["other"], varied["done"], varied["late"]]
    assert numbers(program.get("/tickets?sort=-createdAt")) == by_creation
    assert set(numbers(program.get("/tickets?sort=-updatedAt"))) == set(by_creation)


WRONG_LISTS = [
    ("status=Done", "status"),
    ("priority=", "priority"),
    ("assignedTo=mallory", "assignedTo"),
    ("overdue=perhaps", "overdue"),
    ("createdFrom=yesterday", "createdFrom"),
    ("sort=subject", "sort"),
    ("limit=0", "limit"),
    ("limit=101", "limit"),
    ("limit=ten", "limit"),
    ("q=" + "x" * 201, "q"),
]


def test_what_the_list_does_not_understand_it_says(program, subtests):
    for query, field in WRONG_LISTS:
        with subtests.test(query[:40]):
            is_problem(program.get(f"/tickets?{query}"), 422, field)


def test_a_cursor_goes_on_and_belongs_to_its_query(program, desk, varied):
    first = program.get("/tickets?sort=-createdAt&limit=2").json()
    cursor = first["nextCursor"]
    rest = program.get(f"/tickets?sort=-createdAt&limit=2&cursor={cursor}").json()

    assert [len(first["items"]), len(rest["items"]), rest["nextCursor"]] == [2, 1, None]
    is_problem(program.get(f"/tickets?sort=-updatedAt&cursor={cursor}"), 422)
    is_problem(program.get(f"/tickets?sort=-createdAt&cursor={cursor[:-2]}xx"), 422)
    is_problem(program.get("/tickets?cursor=x"), 422)


# GET /tickets/{id}


def test_a_ticket_comes_with_its_log_oldest_first(program, desk):
    number = desk.ticket().ticket_id
    for place in range(120):
        note(number, content=f"note {place}", by=desk.rep, now=after(minutes=place))

    first = program.get(f"/tickets/{number}").json()
    rest = program.get(
        f"/tickets/{number}?communicationsCursor={first['communicationsCursor']}"
    ).json()

    said = [line["content"] for line in (*first["communications"], *rest["communications"])]
    assert len(first["communications"]) == 100
    assert [line for line in said if line.startswith("note")] == [f"note {n}" for n in range(120)]
    assert said == [line.content for line in log_of(number)]
    assert rest["communicationsCursor"] is None
    assert set(first["communications"][0]) == {
        "communicationId",
        "ticketId",
        "type",
        "content",
        "direction",
        "createdBy",
        "customerId",
        "createdAt",
        "attachments",
        "event",
        "changes",
        "rule",
        "dueAt",
        "reason",
        "channel",
        "from",
        "to",
        "cc",
        "hasEffect",
        "deliveries",
    }


@pytest.mark.parametrize("number", ["999999", "x", "1%00", "%F0%9F%98%80", "0" * 3_000])
def test_an_unknown_ticket_is_not_found_in_any_way(program, desk, number):
    desk.ticket()
    for answer in (
        program.get(f"/tickets/{number}"),
        program.put(f"/tickets/{number}", {"priority": "Low"}),
        program.post(f"/tickets/{number}/assign", {"assignedTo": None}),
        program.post(f"/tickets/{number}/communicate", {"type": "Internal Note", "content": "x"}),
        program.post(f"/tickets/{number}/escalate", {"reason": "x"}),
    ):
        is_problem(answer, 404)


def test_what_is_late_is_breached_whether_or_not_a_sweep_has_seen_it(program, desk):
    number = desk.ticket(priority="Critical", now=this_second() - timedelta(hours=3)).ticket_id

    shown = program.get(f"/tickets/{number}").json()

    assert (shown["responseBreached"], shown["resolutionBreached"]) == (True, False)


def test_nothing_is_sent_when_the_version_is_known(program, desk):
    number = desk.ticket().ticket_id
    tag = program.get(f"/tickets/{number}")["ETag"]

    assert program.get(f"/tickets/{number}", **{"If-None-Match": tag}).status_code == 304
    note(number, content="news", by=desk.rep)
    assert program.get(f"/tickets/{number}", **{"If-None-Match": tag}).status_code == 200


# PUT /tickets/{id}


def test_all_fields_change_at_once(program, desk):
    number = desk.ticket().ticket_id
    change = {
        "subject": "Still waiting",
        "description": "And waiting.",
        "category": "Customs",
        "priority": "Critical",
        "status": "In Progress",
        "vehicleId": desk.vehicle.vehicle_id,
        "tags": ["angry"],
    }

    answer = program.put(f"/tickets/{number}", {**change, "version": 1})

    assert answer.status_code == 200
    assert {name: answer.json()[name] for name in change} == change
    assert (answer.json()["version"], answer["ETag"]) == (2, '"2"')
    gone = program.put(f"/tickets/{number}", {"vehicleId": None}).json()
    assert (gone["vehicleId"], gone["tags"]) == (None, ["angry"])


def test_the_status_that_it_has_is_no_step(program, desk):
    number = desk.ticket(now=this_second()).ticket_id
    assert program.put(f"/tickets/{number}", {"status": "Open"}).json()["version"] == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": None}, "subject"),
        ({"subject": ""}, "subject"),
        ({"priority": "Urgent"}, "priority"),
        ({"status": "Done"}, "status"),
        ({"vehicleId": "other"}, "vehicleId"),
        ({"assignedTo": "1"}, "assignedTo"),
        ({"version": "x"}, "version"),
        ({"version": 0}, "version"),
        ({"version": "1"}, "version"),
        ({"version": True}, "version"),
    ],
)
def test_a_bad_change_changes_nothing(program, desk, change, field):
    number = desk.ticket().ticket_id

    is_problem(program.put(f"/tickets/{number}", {"tags": ["x"], **change}), 422, field)

    assert stored(number).version == 1


def test_a_stale_version_conflicts(program, desk):
    number = desk.ticket().ticket_id
    note(number, content="quicker", by=desk.rep2)

    is_problem(program.put(f"/tickets/{number}", {"priority": "Low", "version": 1}), 409)
    for verb, body in (
        ("PUT", {"priority": "Low"}),
        ("POST/assign", {"assignedTo": None}),
        ("POST/escalate", {"reason": "x"}),
    ):
        method, _slash, rest = verb.partition("/")
        path = f"/tickets/{number}" + (f"/{rest}" if rest else "")
        is_problem(program.ask(method, path, body, **{"If-Match": '"1"'}), 409)
        is_problem(program.ask(method, path, body, **{"If-Match": "x"}), 422, "If-Match")
    seen = program.get(f"/tickets/{number}")["ETag"]
    assert (
        program.put(f"/tickets/{number}", {"priority": "Low"}, **{"If-Match": seen}).status_code
        == 200
    )


def test_a_refused_transition_names_those_that_are_allowed(program, desk):
    number = desk.ticket().ticket_id
    change_status(number, to="Closed", by=desk.rep, now=after(hours=1))

    body = is_problem(program.put(f"/tickets/{number}", {"status": "Open", "tags": ["x"]}), 409)

    assert "In Progress" in body["detail"]
    assert stored(number).tags == []


# POST …/assign


def test_a_ticket_is_given_to_somebody_nobody_and_whoever_is_next(program, desk):
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


# POST …/communicate


def test_a_note_says_whom_it_mentioned_in_vain_and_a_reply_mentions_nobody(program, desk):
    address = f"/tickets/{desk.ticket().ticket_id}/communicate"
    text = "@tomasz or @rep2@x.example or @nobody, @nowhere"

    noted = program.post(address, {"type": "Internal Note", "content": text})
    known = program.post(address, {"type": "Internal Note", "content": "@tomasz"})
    replied = program.post(address, {"type": "Customer Response", "content": text})

    assert [one.status_code for one in (noted, known, replied)] == [201] * 3
    assert noted.json()["unknownMentions"] == ["nobody", "nowhere"]
    assert (known.json()["unknownMentions"], replied.json()["unknownMentions"]) == ([], [])


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


# POST …/escalate


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
