"""Opening a ticket."""

import pytest

from helpdesk.dynamo import capacity
from helpdesk.errors import Invalid, NotAllowed
from helpdesk.idempotency import Token
from tests.world import NOON, after, escalations_of, log_of, stored, waiting_events
from tickets.domain.ticket import Priority
from tickets.services.lifecycle.create import create_ticket
from tickets.store import ticket_numbers


def test_a_new_ticket_is_stored_with_the_given_schema(desk):
    made = desk.ticket(vehicle_id=desk.vehicle.vehicle_id, priority="High", tags=[" Port ", "port"])

    ticket = stored(made.ticket_id)
    assert (ticket.pk, ticket.sk) == (f"TICKET#{made.ticket_id}", "DETAILS")
    assert ticket.status == "Open"
    assert ticket.created_by == desk.rep.user_id
    assert ticket.created_at == ticket.updated_at == NOON
    assert ticket.vehicle_id == desk.vehicle.vehicle_id
    assert ticket.tags == ["port"]
    assert ticket.escalation_level == 0
    assert ticket.version == 1


@pytest.mark.parametrize(
    ("priority", "response_hours"), [("Critical", 2), ("High", 4), ("Medium", 8), ("Low", 24)]
)
def test_its_deadline_comes_from_the_default_policy(desk, priority, response_hours):
    ticket = stored(desk.ticket(priority=priority).ticket_id)

    assert ticket.sla_deadline == after(hours=response_hours)
    assert ticket.sla.response_deadline == after(hours=response_hours)
    assert ticket.sla.resolution_deadline is not None


def test_its_log_begins_with_who_created_it_and_when(desk):
    [line] = log_of(desk.ticket().ticket_id)

    assert line.type == "System Update"
    assert line.created_by == desk.rep.user_id
    assert line.created_at == NOON


def test_the_outbox_tells_of_it(desk):
    ticket = desk.ticket()

    assert [(event.kind, event.ticket_id) for event in waiting_events()] == [
        ("created", ticket.ticket_id)
    ]


def test_a_critical_ticket_is_at_level_one_from_the_start(desk):
    ticket = stored(desk.ticket(priority="Critical").ticket_id)

    assert ticket.escalation_level == 1
    assert [escalation.rule for escalation in escalations_of(ticket.ticket_id)] == [
        "critical-created"
    ]
    assert "created" in {event.kind for event in waiting_events()}
    assert "escalated" in {event.kind for event in waiting_events()}


def test_numbers_go_up_by_one(desk):
    numbers = [int(desk.ticket().ticket_id) for _ in range(3)]

    assert numbers == [numbers[0], numbers[0] + 1, numbers[0] + 2]


def test_the_same_token_makes_one_ticket(desk):
    first = desk.ticket(token=Token("again"))
    second = desk.ticket(token=Token("again"), subject="Something else")

    assert second.ticket_id == first.ticket_id
    assert second.subject == "Where is my car?"
    assert len(waiting_events()) == 1


def test_two_people_may_use_the_same_token(desk):
    first = desk.ticket(token=Token("mine"))
    second = desk.ticket(token=Token("mine"), by=desk.rep2)

    assert first.ticket_id != second.ticket_id


BAD = [
    ("subject", {"subject": "   "}),
    ("subject", {"subject": "x" * 201}),
    ("subject", {"subject": "half a pair \ud800"}),
    ("tags", {"tags": ["\ud800"]}),
    ("customerId", {"customer_id": "\ud800"}),
    ("customerId", {"customer_id": "x" * 3_000}),
    ("vehicleId", {"vehicle_id": "\ud800"}),
    ("vehicleId", {"vehicle_id": "x" * 3_000}),
    ("description", {"description": ""}),
    ("description", {"description": "x" * 300_000}),
    ("category", {"category": "Weather"}),
    ("priority", {"priority": "critical"}),
    ("customerId", {"customer_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
    ("customerId", {"customer_id": ""}),
    ("vehicleId", {"vehicle_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV"}),
    ("assignedTo", {"assigned_to": "999999"}),
    ("assignedTo", {"assigned_to": "me; drop table"}),
    ("tags", {"tags": [str(number) for number in range(21)]}),
]


@pytest.mark.parametrize(("field", "fields"), BAD)
def test_bad_input_is_named_and_nothing_is_written(desk, field, fields):
    with pytest.raises(Invalid) as refused:
        desk.ticket(**fields)

    assert list(refused.value.errors) == [field]
    assert ticket_numbers.last_ticket_number() == 0
    assert waiting_events() == []


def test_every_wrong_field_is_named_at_once(desk):
    with pytest.raises(Invalid) as refused:
        desk.ticket(subject="", category="Weather", priority="Soon", customer_id="nobody")

    assert set(refused.value.errors) == {"subject", "category", "priority", "customerId"}


def test_a_vehicle_of_another_customer_is_refused(desk):
    from customers.services.create import create_customer

    other = create_customer(name="Somebody Else", by=desk.rep, now=NOON)

    with pytest.raises(Invalid) as refused:
        desk.ticket(customer_id=other.customer_id, vehicle_id=desk.vehicle.vehicle_id)

    assert list(refused.value.errors) == ["vehicleId"]


def test_whoever_does_not_work_tickets_may_not_open_one(desk):
    with pytest.raises(NotAllowed):
        desk.ticket(by=desk.outsider)


def test_creation_is_one_transaction_and_a_bounded_number_of_reads(desk):
    with capacity.counting() as usage:
        desk.ticket(vehicle_id=desk.vehicle.vehicle_id, token=Token("counted"))

    assert usage.operations == [
        "GetItem",  # the token
        "GetItem",  # the customer
        "GetItem",  # the vehicle
        "UpdateItem",  # the number
        "TransactWriteItems",
    ]


def test_all_priorities_have_a_promise(desk):
    for priority in Priority:
        assert desk.ticket(priority=priority.value).sla_deadline is not None


def test_creation_needs_every_argument_by_name():
    with pytest.raises(TypeError):
        create_ticket("1")  # type: ignore[call-arg, misc]
