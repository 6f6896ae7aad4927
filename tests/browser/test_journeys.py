"""What people do, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

AXE = Path(__file__).parents[2] / "theme/static_src/node_modules/axe-core/axe.min.js"

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(page: Page, username: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="My work")).to_be_visible()


def open_critical_ticket(page: Page) -> None:
    # Phones have a link of their own outside the navigation; this is the desktop's.
    page.locator("nav a[data-key-new]").click()
    page.get_by_label("Customer", exact=True).press_sequentially("giu")
    page.get_by_text("Giulia Bianchi").click()
    page.get_by_text("2019 Volkswagen Golf").click()
    page.get_by_label("Subject").fill("The car is held at the port")
    page.get_by_label("Description").fill("Customs wants papers that nobody has named.")
    page.get_by_label("Category").select_option("Shipping")
    page.get_by_text("Critical").click()
    page.get_by_role("button", name="Open the ticket").click()
    expect(page.get_by_role("heading", name="The car is held at the port")).to_be_visible()


def test_a_ticket_lives_its_whole_life(desk, page: Page):
    from helpdesk.moments import this_second

    desk.ticket(priority="Low", subject="Something less urgent", now=this_second())
    log_in(page, "rosa")
    open_critical_ticket(page)

    page.goto("/tickets/?view=active")
    first = page.locator("#rows li").first
    expect(first).to_contain_text("The car is held at the port")
    expect(first).to_contain_text("left")
    first.get_by_role("link").click()

    answer = page.get_by_role("textbox", name="Answer the customer")
    answer.fill("We are on it.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("We are on it.")).to_be_visible()
    expect(page.locator("header [data-status]")).to_have_text("In Progress")

    page.get_by_role("tab", name="Internal note").click()
    page.get_by_role("textbox", name="Internal note").fill("Broker called.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("[data-kind=note]")).to_contain_text("Broker called.")

    page.get_by_label("Assigned to").select_option(label="Tomasz Nowak")
    expect(page.locator("[data-kind=system]").last).to_contain_text("Tomasz Nowak")

    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator("header [data-status]")).to_have_text("Resolved")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("header [data-status]")).to_have_text("Closed")

    log = page.get_by_role("region", name="Log")
    for step in ("Open → In Progress", "In Progress → Resolved", "Resolved → Closed", "Rosa Marin"):
        expect(log).to_contain_text(step)


def test_a_colleague_who_was_quicker_is_not_overwritten(desk, page: Page):
    from helpdesk.moments import this_second
    from tickets.services.assign import assign

    number = desk.ticket(now=this_second()).ticket_id
    log_in(page, "rosa")
    page.goto(f"/tickets/{number}/")
    assign(number, to=desk.rep2.user_id, by=desk.rep2)

    page.get_by_role("button", name="Resolve", exact=True).click()

    expect(
        page.get_by_role("alert").filter(has_text="Somebody else was here in the meantime")
    ).to_be_visible()
    expect(page.locator("header [data-status]")).to_have_text("Open")


def test_what_was_typed_wrong_stays_and_says_why(desk, page: Page):
    log_in(page, "rosa")
    page.goto("/tickets/new/")
    page.get_by_label("Description").fill("Typed with care.")

    page.get_by_role("button", name="Open the ticket").click()

    expect(page.get_by_label("Description")).to_have_value("Typed with care.")
    expect(page.get_by_label("Subject")).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_any_page(desk, page: Page, scheme):
    from helpdesk.moments import this_second
    from tickets.services.communicate import note, respond

    number = desk.ticket(priority="Critical", vehicle_id=desk.vehicle.vehicle_id).ticket_id
    respond(number, content="On its way.", by=desk.rep, now=this_second())
    note(number, content="Ask the port.", by=desk.rep)
    desk.ticket(now=this_second(), assigned_to=desk.rep.user_id)
    page.emulate_media(color_scheme=scheme)
    log_in(page, "rosa")
    found = {}
    for address in (
        "/",
        "/tickets/?view=active",
        "/tickets/?view=closed",
        "/tickets/new/",
        f"/tickets/{number}/",
        f"/tickets/{number}/why/",
        "/notices/",
        "/tickets/4711/",
    ):
        page.goto(address)
        page.evaluate(AXE.read_text())
        violations = page.evaluate("axe.run().then(result => result.violations)")
        found |= {
            f"{address} {violation['id']}": violation["nodes"][0]["html"]
            for violation in violations
        }
    assert found == {}
