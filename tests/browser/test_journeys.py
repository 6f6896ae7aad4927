"""What people do, in a real browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from helpdesk.clock import this_second
from helpdesk.mail import delivery
from tests.world import log_of, settle
from tickets.models import CannedReply
from tickets.services.assignment.assign import assign
from tickets.services.conversation.communicate import note, respond
from tickets.services.email.replies import recipients
from tickets.services.lists.saved_views import save_view

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(page: Page, username: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="My work")).to_be_visible()
    page.wait_for_load_state()  # keys work once the script is there


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
    page.get_by_role("button", name="Create ticket").click()
    expect(page.get_by_role("heading", name="The car is held at the port")).to_be_visible()


def call_the_customer(page: Page) -> None:
    """The next message that is logged is neither a call of ours, nor of the same time."""
    page.get_by_role("tab", name="Log message").click()
    how, at = page.locator("#heard select"), page.get_by_label("At", exact=True)
    said = page.get_by_role("textbox", name="Call or message")
    how.select_option(label="Call to customer")
    at.fill("2100-01-01T10:00")
    said.fill("They come at noon.")
    page.locator("#heard [data-send]").click()
    why = page.locator("#composer-errors")
    expect(why).to_be_in_viewport(ratio=1)
    expect(why).to_have_text(re.compile("future"))
    expect(page.locator("#alerts [role=alert]")).to_have_count(0)
    expect(said).to_have_value("They come at noon.")
    at.fill(f"{this_second() - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    page.locator("#heard [data-send]").click()
    expect(page.locator("[data-kind=outbound]").last).to_contain_text("Called the customer")
    expect(why).to_be_empty()
    expect(how.locator("option:checked")).to_have_text("Phone")
    expect(at).to_have_value("")
    expect(said).to_have_value("")


def test_a_ticket_lives_its_whole_life(desk, page: Page):
    desk.ticket(priority="Low", subject="Something less urgent", now=this_second())
    log_in(page, "rosa")
    open_critical_ticket(page)

    page.goto("/tickets/?view=active")
    first = page.locator("#rows [data-ticket]").first
    expect(first).to_contain_text("The car is held at the port")
    expect(first).to_contain_text("left")
    first.get_by_role("link").click()

    answer = page.get_by_role("textbox", name="Reply")
    answer.fill("We are on it.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("We are on it.")).to_be_visible()
    expect(page.locator("header [data-status]")).to_have_text("In Progress")

    page.get_by_role("tab", name="Internal note").click()
    page.get_by_role("textbox", name="Internal note").fill("Broker called.")
    page.get_by_role("button", name="Add note").click()
    expect(page.locator("[data-kind=note]")).to_contain_text("Broker called.")

    call_the_customer(page)

    page.get_by_label("Assigned to").select_option(label="Tomasz Nowak")
    expect(page.locator("[data-kind=system]").last).to_contain_text("Tomasz Nowak")

    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator("header [data-status]")).to_have_text("Resolved")
    page.get_by_role("button", name="Close", exact=True).click()
    expect(page.locator("header [data-status]")).to_have_text("Closed")

    log = page.get_by_role("region", name="Conversation")
    for step in ("Open → In Progress", "In Progress → Resolved", "Resolved → Closed", "Rosa Marin"):
        expect(log).to_contain_text(step)


def test_a_colleague_who_was_quicker_is_not_overwritten(desk, page: Page):
    number = desk.ticket(now=this_second()).ticket_id
    log_in(page, "rosa")
    page.goto(f"/tickets/{number}/")
    assign(number, to=desk.rep2.user_id, by=desk.rep2)

    page.get_by_role("button", name="Resolve", exact=True).click()

    expect(
        page.get_by_role("alert").filter(has_text="This ticket was updated while you were editing")
    ).to_be_visible()
    expect(page.locator("header [data-status]")).to_have_text("Open")


def test_what_was_typed_wrong_stays_and_says_why(desk, page: Page):
    log_in(page, "rosa")
    page.goto("/tickets/new/")
    page.get_by_label("Description").fill("Typed with care.")

    page.get_by_role("button", name="Create ticket").click()

    expect(page.get_by_label("Description")).to_have_value("Typed with care.")
    expect(page.get_by_label("Subject")).to_have_attribute("aria-invalid", "true")


def test_a_car_is_found_by_the_end_of_its_vin(desk, page: Page):
    desk.ticket(vehicle_id=desk.vehicle.vehicle_id, subject="Scratch on the door")
    desk.ticket(subject="Something else")
    settle()
    log_in(page, "rosa")

    page.keyboard.press("/")
    page.keyboard.type("000001")
    page.keyboard.press("Enter")

    expect(page.locator("#rows [data-ticket]")).to_have_count(1)
    expect(page.locator("#rows [data-ticket]")).to_contain_text("Scratch on the door")


def test_filters_become_a_view(desk, page: Page):
    desk.ticket(priority="High", category="Customs", subject="Papers are missing")
    desk.ticket(priority="Low")
    settle()
    log_in(page, "rosa")
    page.get_by_role("link", name="All active").click()

    page.locator("summary", has_text="Filter").click()
    page.get_by_role("checkbox", name="High").check()
    page.get_by_role("checkbox", name="Customs").check()
    page.get_by_role("button", name="Apply filters").click()
    expect(page.locator("#rows [data-ticket]")).to_have_count(1)
    page.locator("summary", has_text="Save view").click()
    page.get_by_label("Name").fill("Hot customs")
    page.get_by_role("button", name="Save", exact=True).click()

    page.goto("/")
    page.get_by_role("link", name="Hot customs").click()
    expect(page.locator("#rows [data-ticket]")).to_have_count(1)
    expect(page.locator("#rows [data-ticket]")).to_contain_text("Papers are missing")
    save_view(name="Another", query="view=overdue", by=desk.rep)
    page.get_by_role("link", name="Edit", exact=True).click()
    items = page.locator("[data-sortable] li")
    expect(items.first).to_contain_text("Another")
    items.nth(1).locator(".handle").drag_to(items.first, target_position={"x": 20, "y": 5})
    expect(items.first).to_contain_text("Hot customs")
    page.get_by_role("button", name="Move up: Another").press("Enter")
    expect(items.first).to_contain_text("Another")


def test_an_answer_with_a_canned_text_and_a_file(desk, page: Page):
    CannedReply.objects.create(name="Papers", text="Dear {first_name}, the papers for {ticket}.")
    number = desk.ticket(now=this_second()).ticket_id
    log_in(page, "rosa")
    page.goto(f"/tickets/{number}/")

    page.get_by_label("Canned reply").select_option(label="Papers")
    answer = page.get_by_role("textbox", name="Reply")
    expect(answer).to_have_value(f"Dear Giulia, the papers for #{number}.")
    page.locator("#reply input[type=file]").set_input_files(
        {"name": "papers.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    page.get_by_role("button", name="Send & resolve").click()

    expect(page.locator("[data-kind=outbound]")).to_contain_text("Dear Giulia")
    expect(page.locator("header [data-status]")).to_have_text("Resolved")
    with page.expect_download() as download:
        page.get_by_role("link", name="papers.pdf").click()
    assert download.value.suggested_filename == "papers.pdf"


def test_two_browsers_on_one_ticket(desk, page: Page, browser, live_server):
    number = desk.ticket(now=this_second()).ticket_id
    settle()
    log_in(page, "rosa")
    other = browser.new_context(base_url=live_server.url).new_page()
    log_in(other, "tomasz")
    page.goto(f"/tickets/{number}/")
    other.goto(f"/tickets/{number}/")
    expect(page.locator("#others")).to_contain_text("Tomasz Nowak is also viewing")
    mine = page.get_by_role("textbox", name="Reply")
    mine.fill("I have called the port.")
    expect(other.locator("#others")).to_contain_text("Rosa Marin is typing")

    theirs = other.get_by_role("textbox", name="Reply")
    theirs.fill("We are looking into it.")
    other.get_by_role("button", name="Send", exact=True).click()
    expect(other.locator("[data-kind=outbound]")).to_be_visible()
    page.get_by_role("button", name="Send", exact=True).click()

    expect(page.locator("#alerts")).to_contain_text("We are looking into it.")
    expect(mine).to_have_value("I have called the port.")
    expect(page.locator("[data-kind=outbound]")).to_have_count(1)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("[data-kind=outbound]")).to_have_count(2)
    expect(mine).to_have_value("")

    settle()
    expect(other.locator("[data-kind=outbound]")).to_have_count(2)  # without a reload
    other.context.close()


def test_a_draft_survives_a_reload_and_goes_when_it_is_sent(desk, page: Page):
    number = desk.ticket(now=this_second()).ticket_id
    log_in(page, "rosa")
    page.goto(f"/tickets/{number}/")
    page.keyboard.press("n")
    page.keyboard.type("Half a tho")
    page.reload()
    page.get_by_role("tab", name="Internal note").click()
    note = page.get_by_role("textbox", name="Internal note")
    expect(note).to_have_value("Half a tho")

    note.press_sequentially("ught")
    note.press("Control+Enter")

    expect(page.locator("[data-kind=note]")).to_contain_text("Half a thought")
    page.reload()
    page.get_by_role("tab", name="Internal note").click()
    expect(note).to_have_value("")


def test_triage_with_the_keyboard_alone(desk, page: Page):
    for subject in ("First car", "Second car"):
        desk.ticket(subject=subject, now=this_second())
    settle()
    log_in(page, "rosa")
    keys = page.keyboard

    keys.press("g")
    keys.press("u")
    expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()
    page.wait_for_load_state()
    keys.press("j")
    keys.press("j")
    expect(page.locator("#rows [data-ticket]").nth(1).get_by_role("link")).to_be_focused()
    keys.press("x")
    expect(page.locator("[data-bulk-bar]")).to_be_visible()
    keys.press("x")
    expect(page.locator("[data-bulk-bar]")).to_be_hidden()
    page.locator("#rows [data-ticket]").nth(1).get_by_role("link").focus()
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Second car")).to_be_visible()
    page.wait_for_load_state()  # the heading is there before the keys are
    keys.press("a")
    expect(page.locator("[data-key-assign]")).to_be_focused()
    keys.type("Ros")  # a closed list takes what is typed at once
    expect(page.locator("[data-kind=system]").last).to_contain_text("Assigned to Rosa Marin")
    keys.press("Escape")
    expect(page.locator("select:focus")).to_have_count(0)
    keys.press("r")
    expect(page.get_by_role("textbox", name="Reply")).to_be_focused()
    keys.type("We have it.")
    keys.press("Control+Enter")
    expect(page.locator("[data-kind=outbound]")).to_contain_text("We have it.")
    keys.press("Escape")
    keys.press("s")
    expect(page.get_by_role("button", name="Resolve", exact=True)).to_be_focused()
    keys.press("Enter")
    expect(page.locator("header [data-status]")).to_have_text("Resolved")
    keys.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()


@pytest.mark.parametrize("where", ["/tickets/{number}/", "/tickets/{number}/log/?before={last}"])
def test_a_mail_is_sent_again_from_each_page_that_shows_it(desk, page: Page, monkeypatch, where):
    number = desk.ticket(now=this_second()).ticket_id
    monkeypatch.setattr(recipients, "get_customer", lambda customer_id: None)
    respond(number, content="Here.", by=desk.rep)
    settle()
    delivery.send_due()
    monkeypatch.undo()
    last = note(number, content="It did not arrive.", by=desk.rep).last_id
    log_in(page, "rosa")

    page.goto(where.format(number=number, last=last))
    page.get_by_role("button", name="Resend").click()

    expect(page.locator("#conversation")).to_contain_text("Sending…")
    assert "failed" not in [line.delivery for line in log_of(number)]
