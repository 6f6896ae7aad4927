"""Custom fields of customers and vehicles: required, merged, followed, exported, erased."""

import io
import json
import zipfile

import pytest

from customers.models import CustomValue
from customers.services.create import create_customer, create_vehicle
from customers.services.erase import erase_person, erase_vehicles
from customers.services.merge import begin, carry_vehicles, finish
from customers.services.read import find_customers, find_vehicle, find_vehicles, get_customer
from customers.services.vehicles import change_owner
from helpdesk.errors import Invalid
from tests.custom_fields.definitions import define
from tests.world import NOON
from tickets.services.customer_records.data_export import export
from tickets.services.customer_records.follow import sync_changed_customers
from tickets.services.lifecycle.create import create_ticket


def customer(desk, name, **values):
    return create_customer(name=name, custom_fields=values, by=desk.rep, now=NOON)


def test_what_is_required_binds_forms_and_programs_alone(desk, rep_client):
    define("customer", "vat", "text", label="VAT number", required="creation")
    define("vehicle", "colour", "text", required="creation")
    create_customer(name="From an email", by=desk.rep, now=NOON)
    with pytest.raises(Invalid, match="“VAT number” is required"):
        customer(desk, "Vera")
    page = rep_client.post("/customers/new/", {"name": "Vera", "segment": "Individual"})
    assert page.status_code == 422
    assert "“VAT number” is required." in page.content.decode()
    made = customer(desk, "Vera", vat="DE1")
    with pytest.raises(Invalid, match="“colour” is required"):
        create_vehicle(customer_id=made.customer_id, make="VW", custom_fields={}, by=desk.rep)
    with pytest.raises(Invalid) as refused:
        create_ticket(
            customer_id="",
            subject="x",
            description="x",
            category="General",
            priority="Low",
            new_customer={"name": "Nora", "custom_fields": {}},
            by=desk.rep,
        )
    assert list(refused.value.errors) == ["newCustomer.customFields.vat"]


def test_the_index_follows_if_its_writer_died(fields, monkeypatch):
    with monkeypatch.context() as died:
        died.setattr("customers.store.custom_index.write", lambda record: None)
        made = customer(fields, "Wanda", a_text="Blue Star")
        car = create_vehicle(
            customer_id=made.customer_id,
            make="VW",
            custom_fields={"a_text": "Green"},
            by=fields.rep,
        )
        change_owner(car.vehicle_id, to=fields.customer.customer_id, by=fields.rep)
    assert find_customers("blue star") == []
    sync_changed_customers()
    assert [one.customer_id for one in find_customers("blue star")] == [made.customer_id]
    change_owner(car.vehicle_id, to=made.customer_id, by=fields.rep)
    assert [one.customer_id for one in find_vehicles("green")] == [made.customer_id]


def test_a_merge_keeps_the_values_of_both(fields):
    kept = customer(fields, "Wanda", a_text="Blue", a_number=1)
    gone = customer(fields, "Wanda", a_text="Red", a_choice="Antwerp")
    begin(gone.customer_id, into=kept.customer_id, by=fields.rep)
    while carry_vehicles(gone.customer_id, limit=10, by=fields.rep):
        pass
    finish(gone.customer_id, by=fields.rep)
    now = get_customer(kept.customer_id)
    assert now.custom_fields == {"a_text": "Blue", "a_number": 1, "a_choice": "Antwerp"}
    [left] = [one for one in now.merged_values if one["field"].startswith("customFields")]
    assert (left["field"], left["value"]) == ("customFields.a_text", "Red")
    assert get_customer(gone.customer_id).custom_fields is None
    assert [one.customer_id for one in find_customers("a_choice:antwerp")] == [kept.customer_id]


def test_values_are_exported_and_erased_with_their_index(fields):
    made = customer(fields, "Wanda", a_text="Blue")
    car = create_vehicle(
        customer_id=made.customer_id, make="VW", custom_fields={"a_number": 2}, by=fields.rep
    )
    with zipfile.ZipFile(io.BytesIO(b"".join(export(made.customer_id, by=fields.rep)))) as archive:
        told = json.loads(archive.read("customer.json"))
    assert told["customer"]["customFields"] == {"a_text": "Blue"}
    assert told["vehicles"][0]["customFields"] == {"a_number": "2"}

    erase_vehicles(made.customer_id)
    erase_person(made.customer_id, now=NOON)
    assert get_customer(made.customer_id).custom_fields is None
    assert find_vehicle(car.vehicle_id).custom_fields is None
    assert not CustomValue.objects.exists()
