"""Custom fields in a browser: those of a category come with it, and one is changed in place."""

import pytest
from playwright.sync_api import Page, expect

from helpdesk.custom_fields.definition import Kind
from tests.browser.test_journeys import log_in
from tests.custom_fields.definitions import define
from tests.world import stored

pytestmark = pytest.mark.django_db(transaction=True)


def test_they_follow_the_category_and_are_changed_in_place(desk, page: Page) -> None:
    define("ticket", "port", Kind.CHOICE, label="Port", choices="Antwerp\nBremerhaven")
    define("ticket", "form", Kind.TEXT, label="Form", categories=["Customs"])
    ticket = desk.ticket(custom_fields={"port": "Antwerp"}).ticket_id
    log_in(page, "rosa")
    page.goto("/tickets/new/")
    expect(page.get_by_label("Port")).to_be_visible()
    page.get_by_label("Category").select_option("Shipping")
    expect(page.get_by_label("Form", exact=True)).to_be_hidden()
    page.get_by_label("Category").select_option("Customs")
    expect(page.get_by_label("Form", exact=True)).to_be_visible()

    page.goto(f"/tickets/{ticket}/")
    panel = page.locator("#custom-fields")
    expect(panel.get_by_role("button")).to_be_hidden()
    panel.get_by_label("Port").select_option("Bremerhaven")
    expect(page.get_by_text("Antwerp →")).to_be_visible()
    expect(page.locator("#custom-fields").get_by_label("Port")).to_have_value("Bremerhaven")
    assert stored(ticket).custom_fields == {"port": "Bremerhaven"}
