"""The pages of customers and vehicles."""

import io
import json
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.services.create import create_customer, create_vehicle
from customers.services.read import find_customers
from tests.world import NOON, stored
from tickets.services.conversation.communicate import respond
from tickets.store import ticket_numbers

NEW = {"name": "Zoë Ångström", "email": "zoe@x.example", "segment": "VIP", "notes": "Calls late."}


def test_a_customer_is_added_shown_and_edited(rep_client, desk):
    answer = rep_client.post("/customers/new/", NEW, follow=True)

    page = answer.content.decode()
    assert answer.status_code == 200
    for words in ("Zoë Ångström", "zoe@x.example", "VIP", "Calls late."):
        assert words in page
    address = answer.redirect_chain[-1][0]
    assert "Zoë Ångström" in rep_client.get("/customers/?name=angs").content.decode()
    assert "Zoë Ångström" in rep_client.get("/customers/?segment=VIP").content.decode()
    edit = rep_client.post(f"{address}edit/", {**NEW, "phone": "12", "version": "1"})
    assert edit.status_code == 422
    assert "Include the country code" in edit.content.decode()
    rep_client.post(f"{address}edit/", {**NEW, "phone": "+46 8 555 0100", "version": "1"})
    assert "+4685550100" in rep_client.get(address).content.decode()


def test_somebody_of_the_same_name_is_asked_about_first(rep_client, desk):
    rep_client.post("/customers/new/", NEW)

    again = rep_client.post("/customers/new/", {**NEW, "email": "other@x.example"})

    assert again.status_code == 409
    assert "Is it the same person?" in again.content.decode()
    assert len(find_customers("zoe")) == 1
    rep_client.post("/customers/new/", {**NEW, "email": "other@x.example", "sure": "1"})
    assert len(find_customers("zoe")) == 2


def test_a_stale_edit_shows_how_it_is_now_and_keeps_what_was_typed(rep_client, desk):
    address = rep_client.post("/customers/new/", NEW)["Location"]
    rep_client.post(f"{address}edit/", {**NEW, "company": "First", "version": "1"})

    answer = rep_client.post(f"{address}edit/", {**NEW, "company": "Second", "version": "1"})

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "First" in page
    assert 'value="Second"' in page


def test_a_vehicle_is_added_edited_and_handed_over(rep_client, desk):
    base = f"/customers/{desk.customer.customer_id}/"
    bad = rep_client.post(f"{base}vehicles/new/", {"vin": "123", "shipment_status": "Booked"})
    assert bad.status_code == 422
    assert "A VIN has 17 characters. This has 3." in bad.content.decode()
    made = rep_client.post(
        f"{base}vehicles/new/", {"vin": "JTMHX05J4DA003001", "shipment_status": "Booked"}
    )
    page = rep_client.get(made["Location"]).content.decode()
    assert "Toyota" in page
    rep_client.post(
        f"{made['Location']}edit/",
        {"vin": "JTMHX05J4DA003001", "model": "LC", "shipment_status": "At Customs"},
    )
    assert "At Customs" in rep_client.get(made["Location"]).content.decode()
    rep_client.post("/customers/new/", NEW)
    lost = rep_client.post(f"{made['Location']}edit/", {"owner": "nobody"})
    assert lost.status_code == 422
    rep_client.post(f"{made['Location']}edit/", {"owner": "zoe@x.example"})
    assert "Zoë Ångström" in rep_client.get(made["Location"]).content.decode()


def test_new_ticket_from_a_vehicle_has_everything_filled_in(rep_client, desk):
    customer, vehicle = desk.customer.customer_id, desk.vehicle.vehicle_id
    page = rep_client.get(f"/vehicles/{vehicle}/").content.decode()
    address = f"/tickets/new/?customer={customer}&amp;vehicle={vehicle}"
    assert address in page

    form = rep_client.get(address.replace("&amp;", "&")).content.decode()

    assert f'value="{customer}" checked' in form
    assert f'value="{vehicle}" checked' in form


def test_the_customers_page_shows_tickets_and_what_was_said(rep_client, desk):
    number = desk.ticket(vehicle_id=desk.vehicle.vehicle_id).ticket_id
    respond(number, content="It **arrives** on Friday.", by=desk.rep)

    page = rep_client.get(f"/customers/{desk.customer.customer_id}/").content.decode()

    assert "<strong>arrives</strong>" in page
    assert stored(number).subject in page
    assert "2019 Volkswagen Golf" in page
    assert rep_client.get("/customers/nobody/").status_code == 404
    assert rep_client.get("/vehicles/nobody/").status_code == 404
    assert ticket_numbers.last_ticket_number() == 1


def test_everything_about_a_customer_can_be_saved(rep_client, desk):
    numbers = [desk.ticket(tags=["broker"]).ticket_id for _ in range(60)]
    respond(numbers[0], content='It arrives "on Friday".', by=desk.rep)

    answer = rep_client.get(f"/customers/{desk.customer.customer_id}/export/")

    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as made:
        assert made.testzip() is None
        told = json.loads(made.read("customer.json"))
    assert answer["Content-Disposition"].startswith("attachment")
    assert told["customer"]["email"] == "giulia@posta.example"
    assert told["vehicles"][0]["vin"] == desk.vehicle.vin
    assert {ticket["ticketId"] for ticket in told["tickets"]} == set(numbers)
    first = next(ticket for ticket in told["tickets"] if ticket["ticketId"] == numbers[0])
    assert first["conversation"][0]["content"] == 'It arrives "on Friday".'
    assert (first["tags"], first["description"]) == (["broker"], stored(numbers[0]).description)


def test_a_file_is_shown_before_it_is_taken(client, desk):
    client.force_login(desk.rep_user)
    file = SimpleUploadedFile("new.csv", b"name,email\nAnn,ann@example.com\nBo,wrong\n")
    answer = client.post("/customers/import/", {"kind": "customers", "file": file}, follow=True)
    page = answer.content.decode()
    assert "ann@example.com" in page
    assert "Row 3" in page
    [address] = re.findall(r'action="(/customers/import/\d+/step/)"', page)

    done = client.post(address, follow=True).content.decode()

    assert "1 customer imported" in done
    report = client.get(address.replace("step", "report"))
    assert b"Bo,wrong" in b"".join(report.streaming_content)
    bad = client.post("/customers/import/", {"kind": "customers"})
    assert bad.status_code == 422
    assert "Choose a file." in bad.content.decode()


def test_two_records_are_compared_and_merged(client, desk):
    client.force_login(desk.rep_user)
    other = create_customer(name="Giulia Twin", by=desk.rep, now=NOON)
    desk.ticket(customer_id=other.customer_id)
    page = client.get(f"/customers/{other.customer_id}/merge/?q=giulia").content.decode()
    assert f"Merge into {desk.customer.name}" in page

    answer = client.post(
        f"/customers/{other.customer_id}/merge/", {"into": desk.customer.customer_id}
    )
    assert "Working" in client.get(answer["Location"]).content.decode()
    for _ in range(3):
        client.post(f"{answer['Location']}step/")

    assert "Done." in client.get(answer["Location"]).content.decode()
    old = client.get(f"/customers/{other.customer_id}/")
    assert old["Location"] == f"/customers/{desk.customer.customer_id}/"
    wrong = client.post(f"/customers/{desk.customer.customer_id}/merge/", {"into": "nobody"})
    assert wrong.status_code == 422


def test_erasing_wants_the_name_typed(client, desk):
    client.force_login(desk.supervisor_user)
    address = f"/customers/{desk.customer.customer_id}/erase/"
    assert client.post(address, {"sure": "somebody"}).status_code == 422

    answer = client.post(address, {"sure": desk.customer.name})

    client.post(f"{answer['Location']}step/")
    page = client.get(f"/customers/{desk.customer.customer_id}/").content.decode()
    assert "Erased customer" in page
    assert desk.customer.name not in page
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("text", ["3318", "0039 02 5550 3318", "posta1.example", "B-77"])
def test_a_new_tickets_customer_is_found_by_what_the_caller_says(rep_client, desk, text):
    own = create_customer(
        name="Ann Caller",
        phone="+39 02 5550 3318 x12",
        email="ann@posta1.example",
        by=desk.rep,
        now=NOON,
    )
    create_vehicle(customer_id=own.customer_id, make="Fiat", booking="B-77", by=desk.rep)

    for address in (f"/tickets/new/customers/?customer_search={text}", f"/customers/?name={text}"):
        page = rep_client.get(address.replace("+", "%2B")).content.decode()
        assert "Ann Caller" in page, address
        assert "+390255503318 ext. 12" in page, address
        assert "Giulia" not in page


def test_notes_and_files_are_added_edited_and_deleted_from_the_page(client, desk):
    client.force_login(desk.rep_user)
    base = f"/customers/{desk.customer.customer_id}/"
    paper = SimpleUploadedFile("paper.txt", b"All of it.")
    bad = client.post(f"{base}notes/", {"content": " "})
    assert bad.status_code == 422
    typed = {"content": "Calls **late**", "files": paper, "token": "t"}

    page = client.post(f"{base}notes/", typed, follow=True).content.decode()

    assert "<strong>late</strong>" in page
    [note] = set(re.findall(rf"{base}notes/(\w+)/delete/", page))
    file = client.get(f"{base}notes/{note}/files/0/")
    assert b"".join(file.streaming_content) == b"All of it."
    assert file["Content-Disposition"].startswith("attachment")
    edited = {"content": "Calls early", "version": "1"}
    assert (
        "Calls early" in client.post(f"{base}notes/{note}/", edited, follow=True).content.decode()
    )
    stale = client.post(f"{base}notes/{note}/", {**edited, "content": "Or never"})
    assert stale.status_code == 409
    assert "Or never" in stale.content.decode()
    assert "Delete this note?" in client.get(f"{base}notes/{note}/delete/").content.decode()
    page = client.post(f"{base}notes/{note}/delete/", follow=True).content.decode()
    assert "Calls early" not in page
    assert "deleted by Rosa Marin" in page


def test_the_timeline_goes_on_page_by_page(rep_client, desk):
    number = desk.ticket().ticket_id
    for n in range(25):
        respond(number, content=f"answer {n}", by=desk.rep)
    base = f"/customers/{desk.customer.customer_id}/"
    page = rep_client.get(base).content.decode()
    [older] = re.findall(r'href="([^"]+/timeline/\?page=[^"]+)"', page)

    part = rep_client.get(older, headers={"HX-Request": "true"}).content.decode()
    whole = rep_client.get(older).content.decode()

    assert "answer 24" in page
    assert "answer 5" in page
    assert "answer 4" not in page
    for shown in (part, whole):
        assert "answer 4" in shown
        assert "It should have arrived on Friday." in shown
    assert "<html" not in part
    assert "Newer" in whole
