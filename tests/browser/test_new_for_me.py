"""What is new for a user, in a real browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from helpdesk.accounts.actors import SYSTEM
from helpdesk.clock import this_second
from tests.browser.test_journeys import log_in
from tests.world import settle, stored
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.delivery import snooze

pytestmark = pytest.mark.django_db(transaction=True)


RECORDED = """
window.Notification = class extends Notification {
  constructor(title, options) {
    super(title, options);
    window.told = this;
    document.documentElement.dataset.told = `${options.body}: ${title}`;
  }
};
"""
HIDDEN = "Object.defineProperty(document, 'hidden', { get: () => true })"


def test_a_reply_is_seen_and_a_ticket_sleeps_until_it_wakes(desk, page: Page, axe):
    now = this_second()
    number = desk.ticket(
        assigned_to=desk.rep.user_id, subject="Held at the port", priority="Low", now=now
    ).ticket_id
    respond(number, content="Which port?", by=desk.rep)
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="Antwerp, since Monday.",
        by=SYSTEM,
    )
    note(number, content="@rosa please call them", by=desk.rep2)
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="Any news?",
        by=SYSTEM,
    )
    settle()
    log_in(page, "rosa")

    home, row = page.locator("#home"), page.locator("#rows [data-ticket]")
    expect(row).to_contain_text("New reply")
    expect(home.locator("section").nth(0)).to_contain_text("Held at the port")
    expect(home.locator("#mentions")).to_contain_text("please call them")
    expect(page).to_have_title("(2) My work · Helpdesk")  # a reply to write, and a mention
    assert axe() == {}

    page.goto("/notifications/")
    expect(page.get_by_role("main")).to_contain_text("Giulia Bianchi")
    expect(page.get_by_role("main")).to_contain_text("Antwerp, since Monday.")
    assert axe() == {}

    page.goto(f"/tickets/{number}/")
    expect(page).to_have_title(f"(1) #{number} Held at the port · Helpdesk")  # the mention is read
    page.locator("#follow").click()
    expect(page.locator("#follow")).to_have_attribute("aria-pressed", "true")
    page.locator("#snooze summary").click()
    assert axe() == {}
    page.get_by_role("button", name="Tomorrow at 9:00").click()
    expect(page.get_by_role("button", name="Wake")).to_be_visible()

    page.goto("/")
    expect(page.get_by_text("No tickets assigned to you.")).to_be_visible()
    expect(page).to_have_title("My work · Helpdesk")
    snooze.notify_due(now=stored(number).created_at + timedelta(days=2))
    page.reload()
    expect(row).to_contain_text("Held at the port")
    expect(row).not_to_contain_text("New reply")
    expect(page).to_have_title("(1) My work · Helpdesk")

    # The browser tells what is new, once it was asked to and nobody looks.
    page.context.grant_permissions(["notifications"])
    page.add_init_script(RECORDED)
    page.goto("/notifications/")
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_text("On in this browser")).to_be_visible()
    assert axe() == {}
    expect(page.locator("[data-bell]")).to_be_visible()
    page.evaluate(HIDDEN)
    note(number, content="@rosa they called again", by=desk.rep2)
    settle()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    root = page.locator("html")
    expect(root).to_have_attribute("data-told", f"Ticket {number}: You were mentioned")
    with page.context.expect_page() as opened:
        page.evaluate("told.onclick()")
    expect(opened.value).to_have_url(re.compile(f"/tickets/{number}/$"))
    page.get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("button", name="Turn on")).to_be_visible()
