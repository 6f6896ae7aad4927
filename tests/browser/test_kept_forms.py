"""What is typed into the form of a whole page outlives an engine that is away, and a reload."""

import pytest
from django.db import OperationalError
from playwright.sync_api import Page, expect

from customers.services.create import edit_customer
from tests.browser.test_journeys import log_in
from tickets.services.lifecycle.create import create_ticket
from tickets.store import queries
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
    expect(page.get_by_text("What you typed is kept in this browser")).to_be_visible()
    errors.clear()  # the console says that the answer was 503
    monkeypatch.undo()
    page.get_by_role("link", name="Back to the form").click()

    expect(page.get_by_text("What you typed here before is back.")).to_be_visible()
    expect(page.get_by_label("Subject")).to_have_value("Where is my car?")
    expect(page.get_by_label("Description")).to_have_value("It left Genoa on the first.")
    expect(page.get_by_label("Category")).to_have_value("Customs")
    expect(page.get_by_role("radio", name="High")).to_be_checked()
    expect(page.get_by_role("radio", name="Giulia Bianchi")).to_be_checked()
    page.get_by_role("button", name="Create ticket").click()

    expect(page.get_by_text("Ticket 1 was created.")).to_be_visible()
    assert queries.last_ticket_number() == 1, "it was made twice"
    page.goto("/tickets/new/")
    expect(page.get_by_label("Subject")).to_have_value("")


def test_what_is_discarded_or_anothers_is_not_back(desk, page: Page):
    log_in(page, "rosa")
    page.goto("/customers/new/")
    page.get_by_label("Company").fill("Bianchi SpA")
    page.reload()
    expect(page.get_by_label("Company")).to_have_value("Bianchi SpA")

    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_label("Company")).to_have_value("")
    page.get_by_label("Company").fill("Verdi")
    page.get_by_role("button", name="Log out").click()
    log_in(page, "tomasz")
    page.goto("/customers/new/")
    expect(page.get_by_label("Company")).to_have_value("")


def test_what_somebody_else_changed_meanwhile_is_not_written_over_by_what_is_back(desk, page: Page):
    customer = desk.customer.customer_id
    log_in(page, "rosa")
    page.goto(f"/customers/{customer}/edit/")
    page.get_by_label("Company").fill("Typed Ltd")
    edit_customer(customer, company="Meanwhile Ltd", by=desk.rep2)
    page.reload()
    expect(page.get_by_text("What you typed here before is back.")).to_be_visible()

    page.get_by_role("button", name="Save changes").click()

    expect(page.get_by_text("Somebody else changed this in the meantime.")).to_be_visible()
    expect(page.get_by_text("Meanwhile Ltd")).to_be_visible()
    expect(page.get_by_label("Company")).to_have_value("Typed Ltd")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_text("Customer saved.")).to_be_visible()

    # Several forms of one page keep what is theirs.
    page.goto(f"/vehicles/{desk.vehicle.vehicle_id}/edit/")
    page.get_by_label("Model").fill("Passat")
    page.get_by_label("E-mail address or name of the new owner").fill("zoe@x.example")
    page.reload()
    expect(page.get_by_label("Model")).to_have_value("Passat")
    expect(page.get_by_label("E-mail address or name of the new owner")).to_have_value(
        "zoe@x.example"
    )
