"""Customers with their vehicles in the admin; logs and escalations to look through."""

import pytest
from django.urls import reverse

from customers.services.create import create_customer, create_vehicle, edit_customer
from customers.services.read import find_vehicle, get_customer
from helpdesk.clock import this_second
from tests.world import NOON, after, log_of, stored
from tickets.services.conversation.communicate import note
from tickets.services.lifecycle.escalate import escalate

CUSTOMERS, VEHICLES = "/admin/customers/customer/", "/admin/customers/vehicle/"


def rows(page):
    return [str(row) for row in page.context["cl"].result_list]


def posted(page, **changed):
    given = {}
    for bound in page.context["adminform"].form:
        value = bound.value()
        given[bound.html_name] = "" if value is None else value
        if bound.name != "version":
            given[bound.html_initial_name] = given[bound.html_name]
    return given | changed


@pytest.fixture
def people(desk):
    return [
        create_customer(name=name, segment=segment, email=email, by=desk.rep, now=NOON)
        for name, segment, email in (
            ("Zoë Adams", "Dealer", "zoe@cars.example"),
            ("Émile Durand", "VIP", None),
            ("Anna Berg", "Dealer", None),
        )
    ]


def test_customers_are_listed_by_name_filtered_and_found(supervisor, people):
    assert rows(supervisor.get(CUSTOMERS)) == [
        "Anna Berg",
        "Émile Durand",
        "Giulia Bianchi",
        "Zoë Adams",
    ]
    assert rows(supervisor.get(f"{CUSTOMERS}?segment__exact=Dealer")) == ["Anna Berg", "Zoë Adams"]
    assert rows(supervisor.get(f"{CUSTOMERS}?q=emile")) == ["Émile Durand"]
    assert rows(supervisor.get(f"{CUSTOMERS}?q=zoe@cars.example")) == ["Zoë Adams"]


def test_a_customer_is_made_and_changed_through_the_services(supervisor, desk):
    made = supervisor.post(
        f"{CUSTOMERS}add/",
        {"name": "Olga Petrova", "segment": "VIP", "email": "olga@post.example"},
        follow=True,
    )
    assert made.status_code == 200
    page = supervisor.get(f"{CUSTOMERS}?q=olga")
    number = page.context["cl"].result_list[0].pk
    address = reverse("admin:customers_customer_change", args=[number])

    supervisor.post(address, posted(supervisor.get(address), phone="+39 06 1234567"))

    stored = get_customer(number)
    assert stored.phone
    assert stored.version == 2
    taken = supervisor.post(
        address, posted(supervisor.get(address), email="giulia@posta.example", notes="Typed long")
    )
    assert taken.status_code == 200
    assert (
        "Giulia Bianchi" in taken.content.decode()
        or "giulia@posta.example" in taken.content.decode()
    )
    assert "Typed long" in taken.content.decode()


def test_a_change_of_segment_offers_to_recalculate_and_no_other_change_does(supervisor, desk):
    customer = desk.customer.customer_id
    address = reverse("admin:customers_customer_change", args=[customer])
    number = desk.ticket().ticket_id
    before = stored(number).segment

    def saved(**changed):
        given = posted(supervisor.get(address), **changed)
        return supervisor.post(address, given, follow=True).content.decode()

    assert "Recalculate open tickets" not in saved(company="Bianchi SpA")
    text = saved(segment="VIP")

    assert f'<a href="/customers/{customer}/?segment=changed">Recalculate open tickets</a>' in text
    assert stored(number).segment == before, "the ticket keeps its own until somebody asks"
    offered = supervisor.get(f"/customers/{customer}/?segment=changed").content.decode()
    assert "Recalculate open tickets" in offered


def test_two_edit_one_customer_and_nothing_is_lost(supervisor, desk):
    number = desk.customer.customer_id
    address = reverse("admin:customers_customer_change", args=[number])
    mine = posted(supervisor.get(address), notes="Call after six")
    edit_customer(number, company="Bianchi Auto", by=desk.rep)

    page = supervisor.post(address, mine)

    form = page.context["adminform"].form
    assert "Someone else updated this" in page.content.decode()
    assert form["company"].value() == "Bianchi Auto"
    assert form["notes"].value() == "Call after six"
    again = {bound.html_name: bound.value() or "" for bound in form}
    again |= {b.html_initial_name: form.data.get(b.html_initial_name, "") for b in form}
    supervisor.post(address, again)
    stored = get_customer(number)
    assert (stored.company, stored.notes) == ("Bianchi Auto", "Call after six")


def test_a_customers_page_has_their_vehicles(supervisor, desk):
    page = supervisor.get(
        reverse("admin:customers_customer_change", args=[desk.customer.customer_id])
    )

    text = page.content.decode()
    assert "2019 Volkswagen Golf" in text
    assert reverse("admin:customers_vehicle_change", args=[desk.vehicle.vehicle_id]) in text


def test_vehicles_are_listed_filtered_found_changed_and_handed_over(supervisor, desk, people):
    create_vehicle(
        customer_id=people[0].customer_id,
        make="Audi",
        model="A4",
        shipment_status="In Transit",
        by=desk.rep,
    )
    assert rows(supervisor.get(VEHICLES)) == ["Audi A4", "2019 Volkswagen Golf"]
    assert rows(supervisor.get(f"{VEHICLES}?shipment_status__exact=In+Transit")) == ["Audi A4"]
    assert rows(supervisor.get(f"{VEHICLES}?q=wvwzzz1k0aw000001")) == ["2019 Volkswagen Golf"]
    assert rows(supervisor.get(f"{VEHICLES}?customer_id={people[0].customer_id}")) == ["Audi A4"]

    address = reverse("admin:customers_vehicle_change", args=[desk.vehicle.vehicle_id])
    supervisor.post(
        address,
        posted(
            supervisor.get(address), shipment_status="Delivered", customer_id=people[1].customer_id
        ),
    )

    vehicle = find_vehicle(desk.vehicle.vehicle_id)
    assert (vehicle.shipment_status, vehicle.customer_id) == ("Delivered", people[1].customer_id)
    assert rows(supervisor.get(f"{VEHICLES}?shipment_status__exact=Delivered")) == [
        "2019 Volkswagen Golf"
    ]


def test_a_wrong_vin_is_refused_beside_its_field(supervisor, desk):
    page = supervisor.post(
        f"{VEHICLES}add/",
        {"vin": "123", "shipment_status": "Booked", "customer_id": desk.customer.customer_id},
    )
    assert page.context["adminform"].form.errors["vin"]


def test_logs_and_escalations_are_filtered_by_person_and_date(supervisor, desk):
    number = desk.ticket(now=NOON).ticket_id
    note(number, content="First", by=desk.rep, now=after(hours=1))
    note(number, content="Second", by=desk.rep2, now=after(days=3))
    escalate(number, reason="angry", by=desk.supervisor, now=after(days=3, hours=1))

    def shown(model, query):
        page = supervisor.get(f"/admin/tickets/{model}/?{query}")
        return [
            getattr(row, "content", None) or row.reason or row.rule
            for row in page.context["cl"].result_list
        ]

    everything = shown("communication", "")
    assert "First" in everything
    assert everything.index("Second") < everything.index("First")
    assert shown("communication", f"person={desk.rep2.user_id}") == ["Second"]
    assert "Second" not in shown("communication", "created_at__lt=2026-11-04")
    assert shown("communication", f"person={desk.rep.user_id}&created_at__gte=2026-11-04") == []
    assert shown("escalation", f"person={desk.supervisor.user_id}") == ["angry"]
    assert "angry" not in shown("escalation", "person=system")
    line = supervisor.get("/admin/tickets/communication/").context["cl"].result_list[0]
    page = supervisor.get(reverse("admin:tickets_communication_change", args=[line.pk]))
    assert 'name="content"' not in page.content.decode()


def test_logs_are_read_only(supervisor, desk):
    desk.ticket(now=this_second())
    for model in ("communication", "escalation"):
        assert supervisor.get(f"/admin/tickets/{model}/add/").status_code == 403
    line = supervisor.get("/admin/tickets/communication/").context["cl"].result_list
    for row in line:
        address = reverse("admin:tickets_communication_change", args=[row.pk])
        assert supervisor.post(address, {"content": "x"}).status_code == 403


def test_representatives_see_none_of_it(desk, client):
    desk.rep_user.is_staff = True
    desk.rep_user.save()
    client.force_login(desk.rep_user)
    for model in (
        "customers/customer",
        "customers/vehicle",
        "tickets/communication",
        "tickets/escalation",
    ):
        assert client.get(f"/admin/{model}/").status_code == 403
    assert "tiles" not in (client.get("/admin/").context or {})


def test_what_an_older_release_wrote_is_brought_into_the_indexes(supervisor, desk):
    from customers.services.refresh import refresh_customers
    from customers.store.items import Vehicle, customer_pk, vehicle_sk
    from tickets.services.maintenance.log_index import index_records
    from tickets.store.items import Communication

    number = desk.ticket(now=this_second()).ticket_id
    [line] = log_of(number)
    line.update(
        actions=[
            Communication.record_key.remove(),
            Communication.person_key.remove(),
            Communication.record_at.remove(),
        ]
    )
    old = Vehicle.get(customer_pk(desk.customer.customer_id), vehicle_sk(desk.vehicle.vehicle_id))
    old.update(actions=[Vehicle.label_key.remove(), Vehicle.shipment_shard.remove()])
    assert rows(supervisor.get("/admin/tickets/communication/")) == []
    assert rows(supervisor.get(VEHICLES)) == []

    assert (index_records(), refresh_customers().vehicles) == (1, 1)
    assert (index_records(), refresh_customers().vehicles) == (0, 0)

    assert len(rows(supervisor.get("/admin/tickets/communication/"))) == 1
    assert rows(supervisor.get(VEHICLES)) == ["2019 Volkswagen Golf"]
