"""A new ticket in one place: who calls for the first time is a customer at its end."""

import re

import pytest
from playwright.sync_api import Page, expect

from customers.services.read import find_customers, get_vehicle
from tests.browser.test_journeys import log_in
from tests.browser.test_ticket_page import DROP, PASTE
from tests.world import log_of, stored
from tickets.models import TicketTemplate

pytestmark = pytest.mark.django_db(transaction=True)

MOST_ACTIONS = 14


class Hands:
    """Counts what is done beside typing text: keys pressed and clicks."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions: list[str] = []

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)
        self.actions.append(key)

    def tab_to(self, label: str) -> None:
        """Press Tab until the field has the focus, and count each."""
        field = self.page.get_by_label(label, exact=True)
        for _ in range(MOST_ACTIONS):
            self.press("Tab")
            if field.evaluate("field => field === document.activeElement"):
                return
        raise AssertionError(f"{label} is out of reach of {MOST_ACTIONS} keys")

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)


def test_a_new_caller_with_a_new_vehicle_in_one_form(desk, page: Page, axe):
    log_in(page, "rosa")
    hands = Hands(page)

    hands.press("c")
    expect(page.get_by_role("searchbox", name="Customer")).to_be_focused()
    page.wait_for_load_state()  # Enter finds a customer once the script is there
    hands.type("Nora Lindqvist")
    hands.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Nora Lindqvist")
    expect(page.get_by_label("Email address")).to_be_focused()
    hands.type("nora@posta.example")
    hands.tab_to("Phone")
    hands.type("+46 8 5550 1842")
    hands.tab_to("VIN")
    hands.type("WVWZZZ1K0AW000077")
    hands.tab_to("Subject")
    hands.type("Held at the port of Gothenburg")
    hands.tab_to("Description")
    hands.type("The terminal asks for papers that nobody has named.")
    hands.tab_to("Category")
    hands.type("Cus")
    assert axe() == {}
    hands.press("Control+Enter")

    expect(
        page.get_by_text("Ticket 1 created. Customer added: Nora Lindqvist. Vehicle added.")
    ).to_be_visible()
    assert len(hands.actions) <= MOST_ACTIONS, hands.actions
    [customer] = find_customers("1842")
    ticket = stored("1")
    assert ticket.customer_id == customer.customer_id
    assert get_vehicle(customer.customer_id, ticket.vehicle_id).make == "Volkswagen"


def test_files_are_dropped_pasted_sent_with_a_bar_and_outlive_an_error(desk, page: Page, axe):
    log_in(page, "rosa")
    page.goto(f"/tickets/new/?customer={desk.customer.customer_id}")
    subject = page.get_by_label("Subject")
    subject.fill("A scratch")
    subject.evaluate(DROP, "bill.pdf")
    subject.evaluate(PASTE)
    chosen = page.locator("[data-chosen-files]")
    expect(chosen.locator("canvas")).to_have_count(1)
    assert axe() == {}
    page.get_by_role("button", name="Create ticket").click()

    expect(
        page.get_by_role("alert").filter(has_text="Check the highlighted fields")
    ).to_be_focused()
    expect(page.locator("#id_category_error")).to_have_text("Required.")
    expect(page).to_have_url(re.compile("/tickets/new/"))
    expect(chosen.get_by_role("listitem")).to_have_count(2)
    expect(page.get_by_text("Choose them again")).to_have_count(0)
    page.get_by_label("Category").select_option("Shipping")
    page.get_by_label("Description").fill("On the left door.")
    with page.expect_response(lambda answer: answer.request.method == "POST") as sent:
        page.get_by_role("button", name="Create and reply").click()
    assert sent.value.status == 204
    expect(page.get_by_role("textbox", name="Reply")).to_be_focused()
    expect(page.get_by_role("link", name="bill.pdf")).to_be_visible()
    assert [one.name for one in log_of("1")[-1].attachments] == ["bill.pdf", "image.png"]


def test_of_a_known_customer_nothing_is_typed_twice_and_nothing_is_lost(desk, page: Page):
    desk.ticket(subject="Held at the port of Genoa")
    words = {"subject": "Papers", "text": "Asked for:", "tags": "papers"}
    TicketTemplate.objects.create(name="Papers", **words)
    log_in(page, "rosa")
    page.goto("/tickets/new/")

    # Words of somebody new outlive a reload, and stay when it is somebody known after all.
    page.get_by_label("New customer").check()
    page.get_by_label("Company").fill("Lindqvist AB")
    page.reload()
    expect(page.get_by_text("Your unsaved draft was restored.")).to_be_visible()
    expect(page.get_by_label("Company")).to_have_value("Lindqvist AB")
    page.get_by_label("Customer", exact=True).press_sequentially("bianchi")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Giulia Bianchi")).to_be_focused()
    expect(page.get_by_label("Company")).to_be_hidden()
    expect(page.get_by_text("2019 Volkswagen Golf")).to_be_visible()

    page.get_by_label("Subject").press_sequentially("Still held in the port")
    expect(page.get_by_role("link", name="#1 Held at the port of Genoa")).to_be_visible()
    page.keyboard.press("Enter")  # sends no form that is half filled in
    page.get_by_label("Template").select_option("Papers")
    expect(page.get_by_text("What you typed stayed: Subject.")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("Asked for:")
    expect(page.get_by_label("Subject")).to_have_value("Still held in the port")
    page.get_by_label("Category").select_option("Shipping")
    page.get_by_role("button", name="Create and reply").click()

    expect(page.get_by_text("Ticket 2 created.")).to_be_visible()
    expect(page.get_by_role("textbox", name="Reply")).to_be_focused()
    assert stored("2").tags == ["papers"]
