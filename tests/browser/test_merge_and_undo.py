"""A day's mistakes are mended: a merge and a closing are undone, by mouse and without a script."""

import re

import pytest
from playwright.sync_api import Page, expect

from helpdesk.clock import this_second
from tests.browser.test_journeys import log_in
from tests.world import settle, stored
from tickets.domain.ticket import Status

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_ticket_is_found_merged_unmerged_closed_and_not_closed(desk, page: Page):
    now = this_second()
    source = desk.ticket(subject="Papers are missing", now=now).ticket_id
    other = desk.ticket(subject="Customs at Bremerhaven", now=now).ticket_id
    settle()
    log_in(page, "rosa")
    page.goto(f"/tickets/{source}/merge/")
    page.get_by_label("Which ticket continues?").fill("bremer")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Customs at Bremerhaven").click()
    page.get_by_role("link", name="Swap direction").click()
    expect(page.get_by_role("button", name=f"Merge #{other} into #{source}")).to_be_visible()
    page.get_by_role("link", name="Swap direction").click()
    page.get_by_role("button", name=f"Merge #{source} into #{other}").click()
    expect(page).to_have_url(re.compile(rf"/tickets/{other}/$"))
    assert stored(source).merged_into == other

    page.get_by_role("button", name="Undo").click()

    expect(page).to_have_url(re.compile(rf"/tickets/{source}/$"))
    assert (stored(source).merged_into, stored(source).status) == (None, Status.OPEN)

    # Wherever the page has it, in a menu that is closed, too.
    page.locator("button[name=status][value=Closed]").first.evaluate("one => one.click()")
    expect(page.get_by_text("Ticket closed.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Ticket closed.")).to_have_count(0)
    expect(page.get_by_text("Closing undone")).to_have_count(1)
    assert stored(source).status is Status.OPEN
