"""A vehicle's voyage: vessel, day of arrival and tracking link, wherever vehicles are."""

import pytest

from customers.services.erase import erase_vehicles
from customers.services.export import vehicle_rows
from customers.services.vehicles import edit_vehicle
from customers.store import queries
from helpdesk.errors import Invalid

VOYAGE = {"vessel": "MSC Anna", "eta": "2026-12-04", "tracking_url": "https://t.example/M1"}


def test_the_voyage_is_on_the_ticket_the_form_the_api_and_the_export(desk, client):
    client.force_login(desk.rep_user)
    vehicle = desk.vehicle.vehicle_id
    form = {"make": "Honda", "shipment_status": "In Transit", "version": "1", **VOYAGE}
    saved = client.post(f"/vehicles/{vehicle}/edit/", form)
    assert saved.status_code == 302, saved.content.decode()

    number = desk.ticket(vehicle_id=vehicle).ticket_id
    page = client.get(f"/tickets/{number}/").content.decode()
    assert "MSC Anna" in page
    assert 'href="https://t.example/M1" target="_blank" rel="noopener' in page
    assert 'value="2026-12-04"' in client.get(f"/vehicles/{vehicle}/edit/").content.decode()
    told = client.get(f"/api/vehicles/{vehicle}").json()
    assert (told["vessel"], told["eta"], told["trackingUrl"]) == tuple(VOYAGE.values())
    head, *rows = vehicle_rows(by=desk.supervisor)
    [row] = [dict(zip(head, row, strict=True)) for row in rows if row[0] == vehicle]
    assert (row["vessel"], row["eta"], row["trackingUrl"]) == tuple(VOYAGE.values())

    changed = client.put(f"/api/vehicles/{vehicle}", {"eta": None}, content_type="application/json")
    assert changed.json().get("eta", 1) is None, changed.content
    assert changed.json()["vessel"] == "MSC Anna", "what was not sent stays"
    erase_vehicles(desk.customer.customer_id)
    left = queries.vehicle(desk.customer.customer_id, vehicle)
    assert (left.vessel, left.eta, left.tracking_url) == (None, None, None)


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("eta", "4 December", "eta"),
        ("eta", "20261204", "eta"),
        ("tracking_url", "javascript:alert(1)", "trackingUrl"),
        ("tracking_url", "t.example", "trackingUrl"),
    ],
)
def test_no_other_day_and_no_other_address(desk, field, value, named):
    with pytest.raises(Invalid) as refused:
        edit_vehicle(desk.vehicle.vehicle_id, by=desk.rep, **{field: value})
    assert set(refused.value.errors) == {named}
