"""Customers, vehicles and people in the API."""

import pytest

from customers.services.create import create_customer, create_vehicle
from tests.api.test_tickets import is_problem, numbers
from tests.world import NOON, after, settle, team

NEW = {
    "name": "Amélie Roux",
    "email": "Amelie@Posta.example",
    "phone": "+33 1 42 68 53 00",
    "company": "Roux SA",
    "segment": "Corporate",
    "externalId": "CRM-1",
}


def test_a_customer_is_made_read_and_changed(program):
    made = program.post("/customers", NEW)
    customer = made.json()
    path = f"/customers/{customer['customerId']}"

    assert made.status_code == 201
    assert made["Location"] == f"/api{path}"
    assert customer["email"] == "amelie@posta.example"
    assert customer["phone"] == "+33142685300"
    assert program.get(path).json() == customer
    changed = program.put(path, {"phone": None, "segment": "VIP", "version": 1})
    assert changed.json() == {**customer, "phone": None, "segment": "VIP", "version": 2}
    is_problem(program.put(path, {"segment": "Dealer", "version": 1}), 409)
    is_problem(program.put(path, {"segment": "Dealer"}, **{"If-Match": '"1"'}), 409)
    assert program.put(path, {"segment": "Dealer"}, **{"If-Match": changed["ETag"]})["ETag"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"email": "nowhere"}, "email"),
        ({"email": "giulia@posta.example"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"segment": "Family"}, "segment"),
        ({"vip": True}, "vip"),
    ],
)
def test_what_is_wrong_with_a_customer_is_said(program, wrong, field):
    body = is_problem(program.post("/customers", {**NEW, **wrong}), 422, field)
    if wrong.get("email") == "giulia@posta.example":
        assert "Giulia Bianchi" in body["detail"]


def test_customers_are_listed_by_name_and_found(program, desk):
    for place in range(5):
        create_customer(name=f"Ann {place}", segment="VIP", by=desk.rep, now=NOON)

    def names(query):
        answer = program.get(f"/customers?{query}")
        assert answer.status_code == 200, answer.json()
        return [one["name"] for one in answer.json()["items"]]

    first = program.get("/customers?segment=VIP&limit=2").json()
    assert [one["name"] for one in first["items"]] == ["Ann 0", "Ann 1"]
    assert names(f"segment=VIP&limit=2&cursor={first['nextCursor']}") == ["Ann 2", "Ann 3"]
    assert names("q=bian") == ["Giulia Bianchi"]
    assert names("q=giulia@posta.example") == ["Giulia Bianchi"]
    assert names("q=nobody") == []
    is_problem(program.get(f"/customers?segment=Dealer&cursor={first['nextCursor']}"), 422)
    is_problem(program.get("/customers?segment=None"), 422, "segment")
    is_problem(program.get("/customers?limit=0"), 422, "limit")
    is_problem(program.get("/customers?q=" + "1" * 201), 422, "q")


def test_a_vehicle_is_made_read_and_changed(program, desk):
    owner = f"/customers/{desk.customer.customer_id}/vehicles"
    made = program.post(owner, {"vin": "1hgcm82633a004352", "model": "Accord"})
    vehicle = made.json()
    path = f"/vehicles/{vehicle['vehicleId']}"

    assert (made.status_code, made["Location"]) == (201, f"/api{path}")
    assert (vehicle["vin"], vehicle["make"]) == ("1HGCM82633A004352", "Honda")
    assert program.get(path).json() == vehicle
    changed = program.put(path, {"shipmentStatus": "In Transit", "version": 1}).json()
    assert changed == {**vehicle, "shipmentStatus": "In Transit", "version": 2}
    is_problem(program.put(path, {"model": "Civic", "version": 1}), 409)
    for wrong, field in (
        ({"vin": "1HGCM82633A004353"}, "vin"),
        ({"vin": "1HGCM82633A004352"}, "vin"),
        ({"make": ""}, "make"),
        ({"make": "Honda", "year": 20}, "year"),
        ({"make": "Honda", "shipmentStatus": "Lost"}, "shipmentStatus"),
        ({"make": "Honda", "year": "next"}, "year"),
    ):
        is_problem(program.post(owner, wrong), 422, field)


def test_a_customers_vehicles_come_in_pages(program, desk):
    for place in range(4):
        create_vehicle(customer_id=desk.customer.customer_id, make=f"Make {place}", by=desk.rep)
    path = f"/customers/{desk.customer.customer_id}/vehicles"

    first = program.get(f"{path}?limit=3").json()
    rest = program.get(f"{path}?limit=3&cursor={first['nextCursor']}").json()

    assert [len(first["items"]), len(rest["items"]), rest["nextCursor"]] == [3, 2, None]
    assert len({one["vehicleId"] for one in first["items"] + rest["items"]}) == 5
    is_problem(program.get(f"{path}?cursor=x"), 422)


def test_the_tickets_of_a_customer_and_about_a_vehicle(program, desk):
    old = desk.ticket(vehicle_id=desk.vehicle.vehicle_id).ticket_id
    new = desk.ticket(now=after(hours=1)).ticket_id
    settle()

    assert numbers(program.get(f"/customers/{desk.customer.customer_id}/tickets")) == [new, old]
    assert numbers(program.get(f"/vehicles/{desk.vehicle.vehicle_id}/tickets")) == [old]
    page = program.get(f"/customers/{desk.customer.customer_id}/tickets?limit=1").json()
    cursor = page["nextCursor"]
    rest = program.get(f"/customers/{desk.customer.customer_id}/tickets?limit=1&cursor={cursor}")
    assert numbers(rest) == [old]
    is_problem(program.get(f"/vehicles/{desk.vehicle.vehicle_id}/tickets?cursor={cursor}"), 422)


@pytest.mark.parametrize("unknown", ["x", "%00", "9" * 3_000])
def test_an_unknown_customer_or_vehicle_is_not_found_in_any_way(program, unknown):
    for answer in (
        program.get(f"/customers/{unknown}"),
        program.put(f"/customers/{unknown}", {"company": "x"}),
        program.get(f"/customers/{unknown}/tickets"),
        program.get(f"/customers/{unknown}/vehicles"),
        program.post(f"/customers/{unknown}/vehicles", {"make": "x"}),
        program.get(f"/vehicles/{unknown}"),
        program.put(f"/vehicles/{unknown}", {"model": "x"}),
        program.get(f"/vehicles/{unknown}/tickets"),
    ):
        is_problem(answer, 404)


def test_a_repeat_with_the_same_key_makes_no_second(program, desk):
    key = {"Idempotency-Key": "import-1"}
    first, repeat = (program.post("/customers", NEW, **key) for _ in range(2))
    assert first.json() == repeat.json()
    path = f"/customers/{desk.customer.customer_id}/vehicles"
    car, key = {"vin": "1HGCM82633A004352"}, {"Idempotency-Key": "import-2"}
    first, repeat = (program.post(path, car, **key) for _ in range(2))
    assert first.json() == repeat.json()


def test_people_whom_tickets_can_be_assigned_to(program, desk):
    team("Customs", desk.rep2_user)

    people = program.get("/users").json()["items"]

    assert {person["username"] for person in people} == {"rosa", "tomasz", "ingrid"}
    [tomasz] = [person for person in people if person["username"] == "tomasz"]
    assert tomasz == {
        "userId": desk.rep2.user_id,
        "username": "tomasz",
        "name": "Tomasz Nowak",
        "teams": ["Customs"],
    }
