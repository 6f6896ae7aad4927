"""Reports on paper and on a phone: nothing is cut off."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page

from helpdesk.clock import this_second
from reporting.services import rollups
from tests.browser.test_journeys import log_in
from tests.world import settle
from tickets.services.conversation.communicate import respond

PAPERS = {"A4": (794, 1123), "Letter": (816, 1056)}
WIDER = """
() => [...document.querySelectorAll('#report td, #report th, #report text, #report dd')]
  .filter(one => one.checkVisibility() && one.getBoundingClientRect().right > innerWidth + 1)
  .map(one => one.textContent.trim())
"""


@pytest.fixture
def history(desk):
    for number in range(10):
        at = this_second() - timedelta(days=3 * number, hours=2)
        ticket = desk.ticket(now=at, assigned_to=str(desk.rep_user.pk))
        respond(ticket.ticket_id, content="x", by=desk.rep, now=at + timedelta(minutes=30))
    settle()
    while rollups.roll_up():
        pass


@pytest.mark.parametrize("paper", PAPERS)
@pytest.mark.parametrize("across", [False, True], ids=["upright", "across"])
def test_a_printed_report_is_cut_off_nowhere(desk, history, page: Page, paper, across):
    log_in(page, desk.supervisor_user.username)
    width, height = PAPERS[paper][::-1] if across else PAPERS[paper]
    page.set_viewport_size({"width": width - 76, "height": height})  # margins of 1 cm
    page.emulate_media(media="print")
    page.goto("/reports/")
    assert page.evaluate(WIDER) == [], "it lies beyond the paper's edge"


def test_the_filters_of_a_report_are_on_the_screen_of_a_phone(desk, page: Page):
    log_in(page, desk.supervisor_user.username)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/reports/")
    for field in page.locator("#report form :is(input, select, button)").all():
        box = field.bounding_box()
        assert box, field
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390, field
