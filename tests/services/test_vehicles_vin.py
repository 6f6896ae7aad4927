"""The VIN of a vehicle: what it says is filled in, what a person says stands, whoever asks."""

import io

import pytest
from django.test import Client

from customers.services import imports
from customers.services.create import create_vehicle
from customers.services.read import find_vehicle, find_vehicles
from customers.services.vehicles import edit_vehicle
from helpdesk.accounts.tokens import make_token
from helpdesk.errors import Invalid
from tests.api.conftest import Program

SURE = "1HGCM82633A004352"
"""A light vehicle of North America, of 2003."""

DOUBTED = "3VWZZZ1KZ5P000001"


def car(desk, **fields):
    return create_vehicle(customer_id=desk.customer.customer_id, by=desk.rep, **fields)


@pytest.mark.parametrize("number", ["JH4KA7561PC008269", "WP0ZZZ99ZTS392124"])
def test_a_year_is_never_guessed(desk, number):
    assert car(desk, vin=number).year is None


def test_a_year_that_is_certain_is_filled_in_where_none_is_said(desk):
    assert car(desk, vin=SURE).year == 2003
    added = car(desk, make="Honda")
    assert edit_vehicle(added.vehicle_id, vin="5YJ3E1EA2KF317000", by=desk.rep).year == 2019


def test_a_year_that_somebody_said_is_not_known_is_filled_in_by_no_later_vin(desk):
    """The VIN of a later change gave the year although the first request had said null."""
    left_open = car(desk, make="Honda", year=None)
    assert edit_vehicle(left_open.vehicle_id, vin=SURE, by=desk.rep).year is None
    emptied = car(desk, make="Honda", year=2001)
    edit_vehicle(emptied.vehicle_id, year=None, by=desk.rep)
    assert edit_vehicle(emptied.vehicle_id, vin="5YJ3E1EA2KF317000", by=desk.rep).year is None
    assert edit_vehicle(emptied.vehicle_id, year=2019, by=desk.rep).year == 2019


def test_what_a_person_says_of_the_year_stands(desk):
    assert car(desk, vin=SURE, year=None).year is None

    own = car(desk, vin="5YJ3E1EA2KF317000", year=2020)
    assert own.year == 2020
    for fields in ({"year": None}, {"model": "3"}, {"year": "", "model": "S"}):
        assert edit_vehicle(own.vehicle_id, by=desk.rep, **fields).year is None
    corrected = edit_vehicle(own.vehicle_id, vin="3VWDX7AJ8BM000001", by=desk.rep)
    assert corrected.year is None

    bare = car(desk, make="Honda", year=1999)
    taken_away = edit_vehicle(bare.vehicle_id, vin="1HGCM8269TA000001", year="", by=desk.rep)
    assert taken_away.year is None


@pytest.mark.parametrize("number", [DOUBTED, "115-335 12345678"])
def test_a_number_that_is_doubted_is_taken_from_somebody_who_insists(desk, number):
    with pytest.raises(Invalid) as refused:
        car(desk, vin=number, make="Volkswagen")
    assert set(refused.value.errors) == {"vin", "confirmVin"}

    made = car(desk, vin=number, make="Volkswagen", confirm_vin=True)
    kept = number.replace("-", "").replace(" ", "")
    assert (made.vin, made.year) == (kept, None)
    assert [one.vehicle_id for one in find_vehicles(number)] == [made.vehicle_id]
    again = edit_vehicle(made.vehicle_id, vin=number, model="Beetle", by=desk.rep)
    assert (again.vin, again.model) == (kept, "Beetle")  # it was confirmed once
    with pytest.raises(Invalid, match="has this VIN"):
        car(desk, vin=kept, make="Volkswagen", confirm_vin=True)


def test_a_page_warns_and_takes_it_when_pressed_once_more(desk, rep_client):
    path = f"/customers/{desk.customer.customer_id}/vehicles/new/"
    asked = {"vin": "3VWZZZ-1KZ 5P000001", "make": "Volkswagen", "shipment_status": "Booked"}

    warned = rep_client.post(path, asked)
    assert warned.status_code == 422
    page = warned.content.decode()
    assert "The check digit" in page
    assert 'name="confirm_vin" value="3VWZZZ-1KZ 5P000001"' in page
    other = {**asked, "vin": "3VWZZZ1KZ5P000002", "confirm_vin": asked["vin"]}
    assert rep_client.post(path, other).status_code == 422  # what was insisted on is another

    taken = rep_client.post(path, {**asked, "confirm_vin": asked["vin"]}, follow=True)
    assert taken.status_code == 200
    assert DOUBTED in taken.content.decode()
    assert "confirm_vin" not in rep_client.get(path).content.decode()


def test_the_api_names_the_flag_that_insists(desk):
    _made, text = make_token(desk.rep_user, name="booking")
    program = Program(Client(), text)
    path = f"/customers/{desk.customer.customer_id}/vehicles"

    refused = program.post(path, {"vin": DOUBTED, "make": "Volkswagen"})
    assert refused.status_code == 422
    assert {one["field"] for one in refused.json()["errors"]} == {"vin", "confirmVin"}

    made = program.post(path, {"vin": DOUBTED, "make": "Volkswagen", "confirmVin": True})
    assert (made.status_code, made.json()["vin"]) == (201, DOUBTED)
    nothing = program.post(path, {"vin": SURE, "year": None})
    assert nothing.json()["year"] is None
    number = nothing.json()["vehicleId"]
    assert program.ask("PUT", f"/vehicles/{number}", {"model": "A"}).json()["year"] is None


def test_a_file_says_in_a_column_that_a_number_is_right(desk):
    def upload(*cells):
        text = "owner,vin,make,confirmVin\ngiulia@posta.example," + ",".join(cells) + "\n"
        return imports.upload(kind="vehicles", name="x.csv", content=text.encode(), by=desk.rep)

    refused = upload(DOUBTED, "Volkswagen", "")
    assert "Confirm the number" in refused.refused[0]["reason"]
    table = io.StringIO()
    table.writelines(",".join(map(str, row)) + "\n" for row in imports.report(refused))
    assert "confirmVin" in table.getvalue()

    taken = imports.confirm(upload(DOUBTED, "Volkswagen", "yes").pk, by=desk.rep)
    assert (taken.taken, taken.refused) == (1, [])
    [made] = find_vehicles(DOUBTED)
    assert find_vehicle(made.vehicle_id).vin == DOUBTED


def test_the_admin_warns_and_takes_it_if_ticked(desk, client):
    client.force_login(desk.supervisor_user)
    asked = {
        "vin": DOUBTED,
        "make": "Volkswagen",
        "shipment_status": "Booked",
        "customer_id": desk.customer.customer_id,
    }

    warned = client.post("/admin/customers/vehicle/add/", asked)
    assert warned.status_code == 200
    assert "The check digit" in warned.content.decode()
    assert find_vehicles(DOUBTED) == []

    client.post("/admin/customers/vehicle/add/", {**asked, "confirm_vin": "on"})
    assert [one.vin for one in find_vehicles(DOUBTED)] == [DOUBTED]
