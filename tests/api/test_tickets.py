"""Every row of the API's table that is about tickets, and every status that it can have."""

import json
import re
from datetime import timedelta

import pytest

from helpdesk.clock import this_second
from tests.api.problems import is_problem
from tests.world import after, log_of, settle, stored, team
from tickets.services.conversation.communicate import note
from tickets.services.lifecycle.escalate import escalate
from tickets.services.lifecycle.status import change_status

FIELDS = {
    "ticketId",
    "customerId",
    "customFields",
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
    "needsReplySince",
    "lastMessage",
    "lastAuthor",
    "responseDeadline",
    "resolutionDeadline",
    "firstRespondedAt",
    "responseBreached",
    "resolutionBreached",
    "policyId",
    "channel",
    "participants",
    "replyTo",
    "returnedAddresses",
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
        ({"teamId": "999"}, "teamId"),
        ({"channel": "pigeon"}, "channel"),
        ({"linkedTo": "999"}, "linkedTo"),
        ({"tags": "x"}, "tags"),
        ({"tags": ["x" * 41]}, "tags.0"),
        ({"status": "Closed"}, "status"),
        ({"createdAt": "2020-01-01T00:00:00Z"}, "createdAt"),
    ],
)
def test_bad_input_is_refused_by_field_and_opens_nothing(program, desk, wrong, field):
    is_problem(program.post("/tickets", new(desk, **wrong)), 422, field)

    assert program.get("/tickets?customerId=" + desk.customer.customer_id).json()["items"] == []


def test_a_program_says_how_the_customer_came_which_team_and_what_it_belongs_to(program, desk):
    other, money = desk.ticket(), team("Money")
    said = {"channel": "walk-in", "teamId": str(money.pk), "linkedTo": other.ticket_id}

    made = program.post("/tickets", new(desk, **said)).json()

    ticket = stored(made["ticketId"])
    assert (made["channel"], ticket.team_id) == ("walk-in", str(money.pk))
    assert ticket.related == [other.ticket_id]
    assert stored(other.ticket_id).related == [ticket.ticket_id]


@pytest.mark.parametrize("body", ["", "{", "[]", '"x"', "null", "\xff", '{"a":'])
def test_what_is_no_json_object_is_refused(program, body):
    answer = program.client.post(
        "/api/tickets", body, content_type="application/json", headers=program.headers
    )
    is_problem(answer, 422)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "a/b"])
def test_a_body_of_another_type_is_refused(program, desk, kind):
    body = json.dumps(new(desk))
    answer = program.client.post("/api/tickets", body, content_type=kind, headers=program.headers)
    is_problem(answer, 415)
    answer = program.client.post(
        "/api/tickets", body, content_type="message/rfc822", headers=program.headers
    )
    is_problem(answer, 415)


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
        "occurredAt",
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
        "sideThread",
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


# POST …/communicate


# POST …/escalate
