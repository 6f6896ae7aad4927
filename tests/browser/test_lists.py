"""Lists by the keyboard alone, and one change to all that match."""

import os

import pytest
from playwright.sync_api import Page, expect

from helpdesk.clock import this_second
from tests.browser.test_journeys import log_in
from tests.world import settle, stored
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.conversation.communicate import communicate

pytestmark = pytest.mark.django_db(transaction=True)

LARGEST_SHIFT = 0.02

SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) window.shifted += one.value;
  }).observe({ type: "layout-shift", buffered: true });
"""

MANY = int(os.environ.get("BULK_CLOSED", "60"))


def test_all_that_match_are_closed_with_progress(desk, page: Page, looked_at):
    made = [desk.ticket(now=this_second()).ticket_id for _ in range(MANY)]
    settle()
    log_in(page, "rosa")
    page.goto("/tickets/?view=unassigned")
    page.wait_for_load_state()
    expect(page.locator("[data-bulk-bar]")).to_be_hidden()
    keys = page.keyboard

    page.get_by_label("Select all on this page").focus()
    keys.press("Space")
    expect(page.get_by_text("50 selected")).to_be_visible()
    all_that_match = page.get_by_label(f"Select all {MANY:,} that match")
    expect(all_that_match).to_be_visible()
    keys.press("Tab")
    expect(all_that_match).to_be_focused()
    keys.press("Space")
    expect(page.get_by_text(f"{MANY:,} selected")).to_be_visible()
    page.get_by_label("Select ticket 3", exact=True).uncheck()
    expect(page.get_by_text("49 selected")).to_be_visible()
    expect(page.get_by_text("that match")).to_be_hidden()
    page.get_by_label("Select all on this page").check()
    all_that_match.check()

    page.get_by_role("button", name="Apply").focus()
    keys.press("Enter")
    expect(page.locator("[data-bulk-action]")).to_be_focused()  # nothing is chosen for one
    keys.press("Escape")
    keys.press("s")
    expect(page.locator("[data-bulk-value=status]")).to_be_focused()
    keys.type("Clo")
    keys.press("Enter")
    expect(page.get_by_text(f"{MANY:,} tickets will be changed.")).to_be_visible()
    expect(page.get_by_role("heading", name="Change status to Closed")).to_be_visible()
    expect(page.get_by_role("link", name="Cancel")).to_be_focused()
    keys.press("Shift+Tab")
    expect(page.get_by_role("button", name=f"Change {MANY:,} tickets")).to_be_focused()
    keys.press("Enter")

    expect(page.get_by_role("progressbar", name="Progress")).to_be_visible()
    expect(page.get_by_text(f"{MANY} tickets changed.")).to_be_visible(timeout=10_000 + MANY * 200)
    assert {stored(number).status for number in made} == {"Closed"}
    settle()
    page.get_by_role("link", name="Back to list").click()
    expect(page.get_by_text("No unassigned tickets.")).to_be_visible()
    looked_at(f"{MANY:,} tickets closed by one change from the list")


def test_ten_tickets_are_triaged_by_the_keyboard_alone(desk, page: Page):
    numbers = [
        desk.ticket(subject=f"Car {place}", now=this_second()).ticket_id for place in range(10)
    ]
    settle()
    log_in(page, "rosa")
    page.add_init_script(SHIFTS)
    page.goto("/tickets/?view=active")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.shifted") <= LARGEST_SHIFT
    keys, said = page.keyboard, page.get_by_role("status")

    def at(place):
        expect(page.get_by_role("link", name=f"Car {place}")).to_be_focused()

    keys.press("g")
    keys.press("u")
    expect(page.get_by_role("heading", name="Unassigned")).to_be_visible()
    page.wait_for_load_state()
    keys.press("j")
    at(0)
    keys.press("a")
    keys.type("Ros")
    keys.press("Enter")
    expect(said).to_contain_text("Assign to Rosa Marin: 1 ticket changed.")
    at(1)  # the first has left the list
    keys.press("p")
    keys.type("Crit")
    keys.press("Enter")
    expect(said).to_contain_text("Change priority to Critical: 1 ticket changed.")
    at(1)
    for _ in range(2, 5):
        keys.press("j")
        keys.press("x")
    expect(page.get_by_text("3 selected")).to_be_visible()
    keys.press("a")
    keys.type("Tom")
    keys.press("Enter")
    expect(page.get_by_text("3 tickets will be changed.")).to_be_visible()
    expect(page.get_by_role("button", name="Change 3 tickets")).to_be_focused()
    keys.press("Enter")
    expect(said).to_contain_text("Assign to Tomasz Nowak: 3 tickets changed.")
    at(5)
    keys.press("s")
    keys.press("Escape")
    at(5)
    keys.press("x")
    expect(page.locator("[data-bulk-bar]")).to_be_hidden()
    keys.press("o")
    expect(page.get_by_role("heading", name="Car 5")).to_be_visible()
    page.wait_for_load_state()
    page.go_back()
    page.wait_for_load_state()
    at(5)
    for _ in range(5, 10):
        keys.press("x")
        keys.press("j")
    keys.press("s")
    keys.type("Clo")
    keys.press("Enter")
    expect(page.get_by_role("link", name="Cancel")).to_be_focused()  # they would be closed
    keys.press("Shift+Tab")
    expect(page.get_by_role("button", name="Change 5 tickets")).to_be_focused()
    keys.press("Enter")
    expect(said).to_contain_text("Change status to Closed: 5 tickets changed.")

    found = [stored(number) for number in numbers]
    assert found[0].assigned_to == desk.rep.user_id
    assert found[1].priority == "Critical"
    assert {ticket.assigned_to for ticket in found[2:5]} == {desk.rep2.user_id}
    assert {ticket.status for ticket in found[5:]} == {"Closed"}


def test_the_palette_leads_anywhere_and_acts_on_the_ticket(desk, page: Page, axe):
    number = desk.ticket(subject="Papers of the Golf", now=this_second()).ticket_id
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="Where are they?",
        by=desk.rep,
    )
    settle()
    log_in(page, "rosa")
    keys = page.keyboard
    field = page.get_by_role("combobox", name="Go to, or do with this ticket")

    keys.press("Control+k")
    expect(field).to_be_focused()
    keys.type("golf")
    option = page.get_by_role("option", name=f"#{number} Papers of the Golf")
    expect(option).to_have_attribute("aria-selected", "true")
    assert axe() == {}
    keys.press("Enter")
    expect(page.get_by_role("heading", name="Papers of the Golf")).to_be_visible()
    page.wait_for_load_state()

    keys.press("Control+k")
    keys.type("crit")
    option = page.get_by_role("option", name="Change priority to Critical")
    expect(option).to_have_attribute("aria-selected", "true")
    keys.press("Enter")
    expect(page.locator("header [data-priority]")).to_have_text("Critical")
    expect(page.locator("#palette")).to_be_hidden()
    keys.press("Control+k")
    keys.type("my tea")
    expect(page.get_by_role("option", name="My teams")).to_have_attribute("aria-selected", "true")
    keys.press("Enter")
    expect(page.get_by_role("heading", name="My teams")).to_be_visible()

    page.goto(f"/tickets/{number}/")
    page.wait_for_load_state()

    def choose(text, option):
        keys.press("Control+k")
        keys.type(text)
        shown = page.get_by_role("option", name=option, exact=True)
        expect(shown).to_have_attribute("aria-selected", "true")
        keys.press("Enter")

    choose("snooz", "Snooze…")
    expect(page.get_by_role("button", name="In three hours").first).to_be_focused()
    keys.press("Escape")
    choose("foll", "Follow")
    expect(page.get_by_role("button", name="Following")).to_be_visible()
    choose("unfo", "Unfollow")
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    choose("assign tom", "Assign to Tomasz Nowak")
    expect(page.locator("#assigned_to")).to_have_value(desk.rep2.user_id)
    choose("forw", "Forward to a third party…")
    expect(page.locator("[name=to]").first).to_be_focused()
    choose("merg", "Merge…")
    expect(page.get_by_role("heading", name=f"Merge ticket {number}")).to_be_visible()

    page.goto("/tickets/?view=active")
    page.wait_for_load_state()
    keys.press("j")
    expect(page.get_by_role("link", name="Papers of the Golf")).to_be_focused()
    choose("assign me", "Assign to me")
    expect(page.get_by_role("status")).to_contain_text("Assign to Rosa Marin: 1 ticket changed.")
    choose("tag", "Add tags…")
    expect(page.locator("[data-bulk-value=tag]")).to_be_focused()
