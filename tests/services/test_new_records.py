"""A ticket for a new caller: customer, vehicle and ticket are one transaction."""

from dataclasses import replace

import pytest

from customers.services.create import create_customer, edit_customer
from customers.services.read import find_customers, get_customer, get_vehicle
from customers.store.items import Customer
from helpdesk.dynamo import capacity
from helpdesk.errors import Invalid, NotAllowed
from helpdesk.idempotency import Token
from tests.world import NOON, after, log_of, stored, waiting_events
from tickets.domain.ticket import Channel
from tickets.services.lifecycle.archive import archive
from tickets.services.lifecycle.status import change_status
from tickets.store import ticket_numbers

CALLER = {"name": "Nora Lindqvist", "email": "nora@posta.example", "phone": "+46 8 5550 1842"}
CAR = {"vin": "YV1MS382X52000002", "make": "Volvo", "booking": "BKG-77", "confirm_vin": True}


@pytest.fixture
def meanwhile(monkeypatch):
    """Let something happen once between what a request reads and what it writes."""
    number = ticket_numbers.next_ticket_id

    def happens(what):
        def first():
            monkeypatch.setattr(ticket_numbers, "next_ticket_id", number)
            what()
            return number()

        monkeypatch.setattr(ticket_numbers, "next_ticket_id", first)

    return happens


def opened(desk, **fields):
    given = {"customer_id": "", "new_customer": CALLER, "new_vehicle": CAR}
    return desk.ticket(**{**given, **fields})


def test_all_three_are_there_at_once_and_are_found(desk):
    with capacity.counting() as usage:
        made = opened(desk, token=Token("once"), channel=Channel.PHONE)

    assert usage.operations == [
        "GetItem",  # the token
        "BatchGetItem",  # who has the address or the VIN
        "UpdateItem",  # the number
        "TransactWriteItems",
    ]
    customer = get_customer(made.customer_id)
    assert (customer.name, customer.phone, customer.segment) == (
        "Nora Lindqvist",
        "+46855501842",
        "Individual",
    )
    vehicle = get_vehicle(made.customer_id, made.vehicle_id)
    assert (vehicle.vin, vehicle.make, vehicle.shipment_status) == (CAR["vin"], "Volvo", "Booked")
    assert stored(made.ticket_id).channel == "phone"
    for text in ("lindqvist", "nora@posta", "1842", "000002", "bkg77"):
        assert [one.customer_id for one in find_customers(text)] == [made.customer_id], text


def test_a_repeat_makes_nothing_twice(desk):
    first = opened(desk, token=Token("again"))
    second = opened(desk, token=Token("again"))

    assert second.ticket_id == first.ticket_id
    assert len(find_customers("Lindqvist")) == 1
    assert len(waiting_events()) == 1


def test_a_vehicle_may_be_new_alone_and_so_may_a_customer(desk):
    of_known = desk.ticket(new_vehicle={"make": "Fiat", "model": "Panda"})
    alone = desk.ticket(customer_id="", new_customer={"name": "Only A Name", "segment": "VIP"})

    assert get_vehicle(desk.customer.customer_id, of_known.vehicle_id).label == "Fiat Panda"
    assert (alone.segment, alone.vehicle_id) == ("VIP", None)


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_written(desk):
    before = Customer.count()

    with pytest.raises(Invalid) as refused:
        opened(
            desk,
            subject="",
            new_customer={"name": "", "email": "giulia", "phone": "12"},
            new_vehicle={"vin": "short"},
            linked_to="4711",
            team_id="99",
        )

    assert set(refused.value.errors) == {
        *("subject", "linkedTo", "teamId"),
        *("newCustomer.name", "newCustomer.email", "newCustomer.phone"),
        *("newVehicle.vin", "newVehicle.confirmVin", "newVehicle.make"),
    }
    assert Customer.count() == before


def test_an_address_or_vin_that_somebody_has_is_named_with_its_holder(desk):
    with pytest.raises(Invalid) as refused:
        opened(
            desk,
            new_customer={**CALLER, "email": "GIULIA@posta.example"},
            new_vehicle={"vin": desk.vehicle.vin, "confirm_vin": True},
        )

    assert refused.value.errors == {
        "newCustomer.email": "Giulia Bianchi already has this email address.",
        "newVehicle.vin": "A vehicle of Giulia Bianchi already has this VIN.",
    }


def test_whoever_takes_the_address_between_check_and_write_wins(desk, meanwhile):
    known = desk.customer.customer_id
    meanwhile(lambda: edit_customer(known, email=CALLER["email"], by=desk.rep2))

    with pytest.raises(Invalid) as refused:
        opened(desk)

    assert list(refused.value.errors) == ["newCustomer.email"]
    assert find_customers("Lindqvist") == []
    assert waiting_events() == []


def test_the_same_request_at_the_same_time_is_one(desk, meanwhile):
    made = []
    meanwhile(lambda: made.append(opened(desk, token=Token("twin"))))

    second = opened(desk, token=Token("twin"))

    assert second.ticket_id == made[0].ticket_id
    assert len(find_customers("Lindqvist")) == 1


def test_the_longest_of_everything_fits_into_the_transaction(desk):
    other = desk.ticket(priority="Critical")
    words = [f"{chr(97 + n)}{n}" * 2 for n in range(30)]
    made = opened(
        desk,
        new_customer={
            "name": " ".join(words[:20]),
            "company": " ".join(words[20:]),
            "email": "a.b.c.d.e.f.g.h.i@j.k.l.m.example",
            "phone": "+390255503318",
            "external_id": "E-1",
        },
        new_vehicle={**CAR, "booking": " ".join(f"B{n}" for n in range(12))},
        priority="Critical",
        linked_to=other.ticket_id,
        assigned_to=desk.rep2.user_id,
        token=Token("long"),
        now=after(hours=100),
    )

    assert stored(other.ticket_id).escalation_level > 1, "what had passed there fired, too"
    assert made.related == [other.ticket_id]


def test_a_link_is_on_both_sides_from_the_beginning(desk):
    other = desk.ticket()

    made = desk.ticket(linked_to=other.ticket_id)

    assert stored(made.ticket_id).related == [other.ticket_id]
    assert stored(other.ticket_id).related == [made.ticket_id]
    assert [line.event for line in log_of(made.ticket_id)] == ["created"]
    [change] = log_of(other.ticket_id)[-1].changes
    assert (change.field, change.after) == ("related", made.ticket_id)


def test_an_archived_ticket_is_not_linked(desk):
    other = desk.ticket().ticket_id
    change_status(other, to="Closed", by=desk.rep)
    archive(other, by=replace(desk.supervisor, administers=True))

    with pytest.raises(Invalid) as refused:
        desk.ticket(linked_to=other)

    assert list(refused.value.errors) == ["linkedTo"]
    assert ticket_numbers.last_ticket_number() == int(other), "no number is lost"


def test_who_may_not_work_tickets_makes_no_customer_either(desk):
    with pytest.raises(NotAllowed):
        opened(desk, by=desk.outsider)

    assert find_customers("Lindqvist") == []


def test_a_customer_with_the_name_alone_is_no_duplicate_of_one(desk):
    create_customer(name="Nora Lindqvist", by=desk.rep, now=NOON)

    opened(desk)

    assert len(find_customers("Nora Lindqvist")) == 2
