"""The page of a new ticket: its steps without scripts, and what it says when something is wrong."""

import re
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.services.create import create_customer
from customers.services.read import find_customers, vehicles_of
from helpdesk.clock import this_second
from tests.custom_fields.definitions import define
from tests.world import log_of, stored, team
from tickets.models import TicketTemplate
from tickets.services.conversation.attachments import opened
from tickets.services.lifecycle.status import change_status
from tickets.store import ticket_numbers

PAGE = "/tickets/new/"
HTMX = {"HX-Request": "true"}
PDF = b"%PDF-1.4 papers"


def typed(desk, **fields):
    return {
        "customer": desk.customer.customer_id,
        "vehicle": "",
        "subject": "Customs asks for papers",
        "description": "Which papers?",
        "category": "Customs",
        "priority": "Medium",
        "channel": "phone",
        "assigned_to": "",
        "tags": "",
        "linked_to": "",
        "token": "t",
        **fields,
    }


def new_caller(desk, **fields):
    given = {
        "customer": "new",
        "new_customer-name": "Nora Lindqvist",
        "new_customer-email": "nora@posta.example",
        "new_customer-segment": "Individual",
        "new_vehicle-vin": "WVWZZZ1K0AW000077",
        "new_vehicle-shipment_status": "In Transit",
    }
    return typed(desk, **{**given, **fields})


def text_of(answer):
    return unescape(answer.content.decode())


def test_everything_that_the_form_has_is_on_the_ticket(rep_client, desk):
    other, money = desk.ticket(), team("Money", desk.rep2_user)
    form = typed(
        desk,
        vehicle=desk.vehicle.vehicle_id,
        channel="walk-in",
        tags="Port, papers",
        assigned_to=desk.rep2.user_id,
        linked_to=f"#{other.ticket_id}",
        files=[SimpleUploadedFile("papers.pdf", PDF)],
    )

    answer = rep_client.post(PAGE, form, follow=True)

    ticket = stored("2")
    assert "Ticket 2 created." in text_of(answer)
    assert (ticket.channel, ticket.tags) == ("walk-in", ["papers", "port"])
    assert (ticket.assigned_to, ticket.related) == (desk.rep2.user_id, [other.ticket_id])
    [note] = [line for line in log_of("2") if line.attachments]
    assert (note.type, note.attachments[0].name) == ("Internal Note", "papers.pdf")
    assert opened(note.attachments[0]).read() == PDF

    rep_client.post(PAGE, typed(desk, assigned_to=f"team-{money.pk}", token="other"))
    assert stored("3").team_id == str(money.pk)


def test_create_and_reply_leads_to_the_composer(rep_client, desk):
    answer = rep_client.post(PAGE, typed(desk, then="reply"))

    assert answer["Location"] == "/tickets/1/#reply_content"
    assert 'id="reply_content"' in text_of(rep_client.get("/tickets/1/"))


def test_a_new_caller_is_a_customer_with_a_vehicle_and_a_repeat_is_none(rep_client, desk):
    for _time in range(2):
        answer = rep_client.post(PAGE, new_caller(desk), follow=True)

    assert "Ticket 1 created. Customer added: Nora Lindqvist. Vehicle added." in text_of(answer)
    assert ticket_numbers.last_ticket_number() == 1
    [customer] = find_customers("Lindqvist")
    [vehicle] = vehicles_of(customer.customer_id)
    assert (vehicle.make, vehicle.shipment_status) == ("Volkswagen", "In Transit")
    assert stored("1").vehicle_id == vehicle.vehicle_id


def test_of_a_vehicle_nothing_has_to_be_said(rep_client, desk):
    rep_client.post(PAGE, new_caller(desk, **{"new_vehicle-vin": " "}))

    assert stored("1").vehicle_id is None


def test_errors_stand_beside_their_fields_and_keep_every_word(rep_client, desk):
    form = new_caller(
        desk,
        subject="",
        tags="x" * 41,
        linked_to="4711",
        files=[SimpleUploadedFile("run.exe", b"MZ"), SimpleUploadedFile("b.pdf", PDF)],
        **{"new_customer-phone": "12", "new_vehicle-vin": "short", "new_vehicle-year": "twelve"},
    )

    answer = rep_client.post(PAGE, form)

    page, shown = answer.context["page"], text_of(answer)
    assert answer.status_code == 422
    assert set(page.form.errors) == {"subject", "tags", "linked_to", "files"}
    assert set(page.customer_form.errors) == {"phone"}
    assert set(page.vehicle_form.errors) == {"vin", "confirm_vin", "make", "year"}
    for word in (
        "Nora Lindqvist",
        "nora@posta.example",
        "short",
        "twelve",
        "4711",
        "Which papers?",
    ):
        assert word in shown
    assert "Choose them again: run.exe, b.pdf" in shown
    assert re.search(r"<details open>", shown), "what is folded and wrong is seen"
    assert find_customers("Lindqvist") == []
    assert ticket_numbers.last_ticket_number() == 0, "no number is lost"


def test_whoever_has_the_address_name_or_vin_is_offered_and_taken(rep_client, desk):
    same_name = create_customer(name="nora LINDQVIST", by=desk.rep, now=this_second())
    form = new_caller(desk, **{"new_vehicle-vin": desk.vehicle.vin})

    asked = rep_client.post(PAGE, form)
    offered = {one.customer.customer_id for one in asked.context["alike"]}
    assert asked.status_code == 409
    assert offered == {desk.customer.customer_id, same_name.customer_id}
    assert "has a vehicle with this VIN" in text_of(asked)

    # Who is offered while somebody types is seen, too, and does not stop them again.
    live = rep_client.post(f"{PAGE}alike/", form, headers=HTMX)
    [seen] = re.findall(r'name="seen" value="([^"]*)"', text_of(live))
    assert set(seen.split()) == offered
    refused = rep_client.post(PAGE, {**form, "seen": seen})
    assert refused.status_code == 422
    assert "A vehicle of Giulia Bianchi already has this VIN." in text_of(refused)

    use = f"{desk.customer.customer_id} {desk.vehicle.vehicle_id}"
    used = rep_client.post(PAGE, {**form, "use": use})
    assert used.context["customer"] == desk.customer.customer_id
    assert used.context["vehicle"] == desk.vehicle.vehicle_id
    assert "Which papers?" in text_of(used)
    rep_client.post(PAGE, {**form, "seen": seen, "new_vehicle-vin": ""})
    assert len(find_customers("Nora Lindqvist")) == 2, "somebody else of that name"


def test_a_search_keeps_who_is_chosen_and_its_words_begin_a_new_customer(rep_client, desk):
    def asked(text, customer=""):
        query = {"customer_search": text, "customer": customer}
        return text_of(rep_client.get(f"{PAGE}customers/", query, headers=HTMX))

    assert "Giulia Bianchi" in asked("nobody", desk.customer.customer_id)
    assert "No customers found." in asked("nobody")
    for text, field, value in (
        ("Nora Lind", "new_customer-name", "Nora Lind"),
        ("nora@posta.example", "new_customer-email", "nora@posta.example"),
        ("+46 8 5550", "new_customer-phone", "+46 8 5550"),
        ("wvw-zzz1k0aw000077", "new_vehicle-vin", "WVWZZZ1K0AW000077"),
    ):
        assert f'data-fills="{field}" data-with="{value}"' in asked(text)


def test_open_tickets_that_it_may_repeat_are_shown(rep_client, desk):
    of_vehicle = desk.ticket(vehicle_id=desk.vehicle.vehicle_id, subject="Scratch").ticket_id
    alike = desk.ticket(subject="Held at the port of Genoa").ticket_id
    done = desk.ticket(subject="Held at the port of Genoa, too").ticket_id
    change_status(done, to="Closed", by=desk.rep)
    desk.ticket(subject="An invoice")

    def shown(subject, vehicle=""):
        form = {"customer": desk.customer.customer_id, "vehicle": vehicle, "subject": subject}
        answer = rep_client.post(f"{PAGE}likely/", form, headers=HTMX)
        return re.findall(r'href="/tickets/(\d+)/"', text_of(answer))

    assert shown("Genoa port: still held") == [alike]
    assert shown("", desk.vehicle.vehicle_id) == [of_vehicle]
    assert shown("At the of") == shown("") == []
    assert (
        rep_client.post(f"{PAGE}likely/", {"customer": "new", "subject": "port"}).status_code == 200
    )


def test_custom_fields_of_all_three_are_there_and_required(rep_client, desk):
    for record in ("customer", "vehicle"):
        define(record, f"{record}_no", "text", label=f"No. of {record}", required="creation")
    ours, theirs = "new_customer-customFields.customer_no", "new_vehicle-customFields.vehicle_no"
    form = new_caller(desk, **{ours: "", theirs: "kept"})

    refused = rep_client.post(PAGE, form)

    assert refused.status_code == 422
    assert list(refused.context["page"].customer_form.errors) == ["customFields.customer_no"]
    assert 'value="kept"' in text_of(refused)
    rep_client.post(PAGE, {**form, ours: "C-1"})
    [customer] = find_customers("Lindqvist")
    [vehicle] = vehicles_of(customer.customer_id)
    assert customer.custom_fields == {"customer_no": "C-1"}
    assert vehicle.custom_fields == {"vehicle_no": "kept"}


@pytest.fixture
def template(desk):
    TicketTemplate.objects.create(name="Others", team=team("Money", desk.rep2_user))
    return TicketTemplate.objects.create(
        name="Papers",
        subject="Customs asks for papers",
        text="Asked for:\n\n- ",
        category="Customs",
        priority="High",
        tags="papers",
    )


def test_a_template_fills_in_what_is_empty_and_asks_before_it_replaces(rep_client, desk, template):
    shown = text_of(rep_client.get(PAGE))
    assert ">Tomasz Nowak</option>" in shown
    assert ">Papers</option>" in shown
    assert ">Others</option>" not in shown, "of a team that one is not in"
    begun = {"template": str(template.pk), "fill": "1", "priority": "Medium"}

    page = rep_client.post(PAGE, begun).context["form"]
    assert [page[name].value() for name in ("subject", "category", "priority", "tags")] == [
        *("Customs asks for papers", "Customs", "High", "papers")
    ]
    assert page["description"].value() == "Asked for:\n\n- "

    own = {**begun, "subject": "Mine", "category": "Payment"}
    answer = rep_client.post(PAGE, own)
    assert "What you typed stayed: Subject, Category." in text_of(answer)
    assert answer.context["form"]["subject"].value() == "Mine"
    assert answer.context["form"]["tags"].value() == "papers"
    replaced = rep_client.post(PAGE, {**own, "replace": "1"}).context["form"]
    assert replaced["subject"].value() == "Customs asks for papers"


def test_another_template_replaces_what_the_first_filled_in(rep_client, desk, template):
    other = TicketTemplate.objects.create(name="Bill", subject="A bill", priority="Low")
    first = {**template.fills(), "filled_by": str(template.pk)}

    answer = rep_client.post(PAGE, {**first, "template": str(other.pk), "fill": "1"})

    form = answer.context["form"]
    assert (form["subject"].value(), form["priority"].value()) == ("A bill", "Low")
    assert form["tags"].value() == "papers", "what the second does not say stays"
    assert answer.context["stayed"] == []
