"""What is typed into the form of a whole page outlives an engine that is away, and a reload."""

import pytest
from django.db import OperationalError
from playwright.sync_api import Page, expect

from customers.admin.customer import CustomerAdmin, VehicleAdmin
from customers.services import imports
from customers.services.create import create_customer, edit_customer
from customers.services.read import get_customer
from helpdesk.clock import this_second
from reporting.services import simulation
from tests.browser.test_journeys import log_in
from tickets.admin.ticket import TicketAdmin
from tickets.services.customer_records import merge_and_erase
from tickets.services.lifecycle.create import create_ticket
from tickets.store import ticket_numbers
from tickets.web import create

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_ticket_that_could_not_be_created_is_there_again_and_is_made_once(
    desk, page: Page, errors, monkeypatch
):
    def away(**fields):
        create_ticket(**fields)  # it was made, and its answer got lost
        raise OperationalError("server closed the connection")

    monkeypatch.setattr(create, "create_ticket", away)
    log_in(page, "rosa")
    page.goto("/tickets/new/")
    page.get_by_role("searchbox", name="Customer").press_sequentially("giulia")
    page.get_by_role("radio", name="Giulia Bianchi").check()
    page.get_by_label("Subject").fill("Where is my car?")
    page.get_by_label("Description").fill("It left Genoa on the first.")
    page.get_by_label("Category").select_option("Customs")
    page.get_by_role("radio", name="High").check(force=True)

    page.get_by_role("button", name="Create ticket").click()
    expect(page.get_by_text("Can’t reach the server.")).to_be_visible()
    errors.clear()  # the console says that the answer was 503
    monkeypatch.undo()
    expect(page.get_by_label("Subject")).to_have_value("Where is my car?")
    page.reload()

    expect(page.get_by_text("Your unsaved draft was restored.")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Where is my car?")
    expect(page.get_by_label("Description")).to_have_value("It left Genoa on the first.")
    expect(page.get_by_label("Category")).to_have_value("Customs")
    expect(page.get_by_role("radio", name="High")).to_be_checked()
    expect(page.get_by_role("radio", name="Giulia Bianchi")).to_be_checked()
    page.get_by_role("button", name="Create ticket").click()

    expect(page.get_by_text("Ticket 1 created.")).to_be_visible()
    assert ticket_numbers.last_ticket_number() == 1, "it was made twice"
    page.goto("/tickets/new/")
    expect(page.get_by_label("Subject")).to_have_value("")


@pytest.fixture
def away(monkeypatch, errors):
    """A database that is away while somebody presses a button, and then is back."""

    def gone(*_args, **_fields):
        raise OperationalError("server closed the connection")

    def press(page: Page, module, function: str, button: str) -> None:
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(module, function, gone)
            page.get_by_role("button", name=button, exact=True).click()
            expect(page.get_by_text("Your text is saved in this browser")).to_be_visible()
        errors.clear()  # the console says that the answer was 503
        page.get_by_role("link", name="Back to the form").click()
        expect(page.get_by_text("Your unsaved draft was restored.")).to_be_visible()

    return press


def test_a_merge_that_could_not_begin_is_there_again_as_it_was(desk, page: Page, away):
    known = {"company": "Bianchi & Figli", "notes": "Calls on Fridays."}
    double = create_customer(name="G. B.", **known, by=desk.rep, now=this_second()).customer_id
    edit_customer(desk.customer.customer_id, company="Bianchi SpA", notes="VIP", by=desk.rep)
    log_in(page, "rosa")
    page.goto(f"/customers/{double}/merge/")
    page.get_by_label("Which customer do you want to keep?").fill("giulia")
    page.get_by_role("button", name="Search", exact=True).click()
    page.get_by_role("radio", name="Company: Bianchi & Figli").check()
    page.get_by_role("radio", name="Notes: VIP").check()

    away(page, merge_and_erase, "start_merge", "Merge into Giulia Bianchi")

    expect(page.get_by_label("Which customer do you want to keep?")).to_have_value("giulia")
    expect(page.get_by_role("radio", name="Company: Bianchi & Figli")).to_be_checked()
    expect(page.get_by_role("radio", name="Notes: VIP")).to_be_checked()
    page.get_by_role("button", name="Merge into Giulia Bianchi").click()
    expect(page.get_by_text("The merge has started.")).to_be_visible()
    expect(page.get_by_text("Done.")).to_be_visible()
    kept = get_customer(desk.customer.customer_id)
    assert (kept.company, kept.notes) == ("Bianchi & Figli", "VIP")
    assert drafts(page) == []


def test_import_erasure_and_simulation_that_could_not_begin_are_there_again(desk, page: Page, away):
    log_in(page, "ingrid")
    page.goto("/reports/simulation/")
    page.get_by_label("Critical: First reply").fill("17m")
    page.reload()
    expect(page.get_by_label("Critical: First reply")).to_have_value("17m")
    away(page, simulation, "start", "Run simulation")
    expect(page.get_by_label("Critical: First reply")).to_have_value("17m")
    page.get_by_role("button", name="Run simulation").click()
    expect(page.get_by_text("Simulation started.")).to_be_visible()
    page.goto("/reports/simulation/")
    expect(page.get_by_label("Critical: First reply")).not_to_have_value("17m")

    table = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"owner,vin\nx@x.example,1\n"}
    page.goto("/customers/import/")
    page.get_by_role("radio", name="Vehicles").check()
    page.get_by_label("File", exact=True).set_input_files(table)
    away(page, imports, "upload", "Preview import")
    expect(page.get_by_role("radio", name="Vehicles")).to_be_checked()
    page.get_by_label("File", exact=True).set_input_files(table)
    page.get_by_role("button", name="Preview import").click()
    expect(page.get_by_text("File checked.")).to_be_visible()

    customer = desk.customer.customer_id
    page.goto(f"/customers/{customer}/erase/")
    sure = page.get_by_label("Enter the customer’s name to confirm")
    sure.fill("Giulia Bianchi")
    page.reload()
    expect(sure).to_have_value("")  # a confirmation that was not sent is none
    sure.fill("Giulia Bianchi")
    away(page, merge_and_erase, "start_erasure", "Erase")
    expect(sure).to_have_value("Giulia Bianchi")
    page.locator("main").get_by_role("link", name="Back").click()
    page.goto(f"/customers/{customer}/erase/")
    expect(sure).to_have_value("")
    sure.fill("Giulia Bianchi")
    page.get_by_role("button", name="Erase").click()
    expect(page.get_by_text("Erasure started.")).to_be_visible()
    assert drafts(page) == [], "the name is on this machine no more"


@pytest.mark.parametrize("kind", ["customer", "vehicle", "ticket"])
def test_a_form_of_the_admin_that_could_not_be_saved_is_there_again(desk, page: Page, away, kind):
    owner, label, address = {
        "customer": (CustomerAdmin, "Company", f"customers/customer/{desk.customer.customer_id}"),
        "vehicle": (VehicleAdmin, "Model", f"customers/vehicle/{desk.vehicle.vehicle_id}"),
        "ticket": (TicketAdmin, "Subject", f"tickets/ticket/{desk.ticket().ticket_id}"),
    }[kind]
    log_in(page, "ingrid")
    page.goto(f"/admin/{address}/change/")
    page.get_by_label(label, exact=False).first.fill("Typed in vain")

    away(page, owner, "write", "Save")

    field = page.get_by_label(label, exact=False).first
    expect(field).to_have_value("Typed in vain")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert drafts(page) == []
    page.goto(f"/admin/{address}/change/")
    expect(field).to_have_value("Typed in vain")
    expect(page.get_by_text("Your unsaved draft was restored.")).to_be_hidden()

    # What is thrown away, or another's, is not back.
    field.fill("Never mind")
    page.reload()
    expect(field).to_have_value("Never mind")
    page.get_by_role("button", name="Discard").click()
    expect(field).to_have_value("Typed in vain")
    field.fill("Mine")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_function("!Object.keys(localStorage).some(key => key.startsWith('draft:'))")


def drafts(page: Page) -> list[str]:
    return page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:'))")


def test_what_is_discarded_or_anothers_is_not_back(desk, page: Page):
    log_in(page, "rosa")
    page.goto("/customers/new/")
    page.get_by_label("Company").fill("Bianchi SpA")
    page.reload()
    expect(page.get_by_label("Company")).to_have_value("Bianchi SpA")

    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_label("Company")).to_have_value("")
    page.get_by_label("Company").fill("Verdi")
    page.get_by_role("button", name="Sign out").click()
    log_in(page, "tomasz")
    page.goto("/customers/new/")
    expect(page.get_by_label("Company")).to_have_value("")


def test_what_a_colleague_changed_meanwhile_is_not_written_over_by_what_is_back(desk, page: Page):
    customer = desk.customer.customer_id
    log_in(page, "rosa")
    page.goto(f"/customers/{customer}/edit/")
    page.get_by_label("Company").fill("Typed Ltd")
    edit_customer(customer, company="Meanwhile Ltd", by=desk.rep2)
    page.reload()
    expect(page.get_by_text("Your unsaved draft was restored.")).to_be_visible()

    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_text("Someone else updated this record.")).to_be_visible()
    expect(page.get_by_text("Meanwhile Ltd")).to_be_visible()
    expect(page.get_by_label("Company")).to_have_value("Typed Ltd")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Customer saved.")).to_be_visible()

    # Several forms of one page keep what is theirs.
    page.goto(f"/vehicles/{desk.vehicle.vehicle_id}/edit/")
    page.get_by_label("Model").fill("Passat")
    page.get_by_label("Email address or name of the new owner").fill("zoe@x.example")
    page.reload()
    expect(page.get_by_label("Model")).to_have_value("Passat")
    expect(page.get_by_label("Email address or name of the new owner")).to_have_value(
        "zoe@x.example"
    )
