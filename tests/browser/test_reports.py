"""Reports on paper and on a phone: nothing is cut off."""

from collections import Counter
from datetime import timedelta
from io import BytesIO
from itertools import product

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

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

SHOWN = """
() => [...document.querySelectorAll('#report td, #report th, #report text, #report dt, #report dd')]
  .filter(one => one.checkVisibility()).map(one => one.innerText ?? one.textContent)
"""

CUT = """
() => [...document.querySelectorAll('#report td, #report th, #report dt, #report dd')]
  .filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .map(one => one.innerText)
"""
MOST_PAGES = 8
SIDES = ("top", "right", "bottom", "left")


@pytest.fixture
def history(desk):
    for number in range(10):
        at = this_second() - timedelta(days=3 * number, hours=2)
        ticket = desk.ticket(now=at, assigned_to=str(desk.rep_user.pk))
        respond(ticket.ticket_id, content="x", by=desk.rep, now=at + timedelta(minutes=30))
    settle()
    while rollups.roll_up():
        pass


def test_a_printed_report_is_cut_off_nowhere(desk, history, page: Page, subtests):
    """Its layout at the width of each paper, and the file that a browser prints of it."""
    log_in(page, desk.supervisor_user.username)
    page.emulate_media(media="print")
    page.goto("/reports/")
    for paper, across in product(PAPERS, (False, True)):
        width, height = PAPERS[paper][::-1] if across else PAPERS[paper]
        with subtests.test(paper, across=across):
            page.set_viewport_size({"width": width - 76, "height": height})  # margins of 1 cm
            assert page.evaluate(WIDER) == [], "it lies beyond the paper's edge"
            assert page.evaluate(CUT) == [], "it reaches into the next column"
            pages, reach = _printed(page, paper, across=across)
            assert all(pages), "an empty page"
            assert len(pages) <= MOST_PAGES
            assert 0 < min(reach) < 0.1 < 0.8 < max(reach) < 1, "it does not fill the paper"
            text = "".join(pages)
            shown = Counter(map(_letters, page.evaluate(SHOWN)))
            assert len(shown) > 50, "nothing was looked at"
            assert {one for one, times in shown.items() if text.count(one) < times} == set()


def _printed(page: Page, paper: str, *, across: bool) -> tuple[list[str], list[float]]:
    """Return the letters on each page of the report's PDF, and where on the paper each text begins:
    0 is its left edge, 1 its right one."""
    file = page.pdf(format=paper, landscape=across, margin=dict.fromkeys(SIDES, "1cm"))
    pages, reach = [], []
    for sheet in PdfReader(BytesIO(file)).pages:
        width = float(sheet.mediabox.width)

        def visit(text, outer, inner, *_more, width=width):
            if text.strip():
                reach.append((outer[0] * inner[4] + outer[4]) / width)

        pages.append(_letters(sheet.extract_text(visitor_text=visit)))
    return pages, reach


def _letters(text: str) -> str:
    return "".join(text.split())


def test_the_filters_of_a_report_are_on_the_screen_of_a_phone(desk, page: Page):
    log_in(page, desk.supervisor_user.username)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto("/reports/")
    fields = page.locator("#report form :is(input, select, button):visible").all()
    assert len(fields) > 8
    for field in fields:
        box = field.bounding_box()
        assert box, field
        assert 0 <= box["x"] <= box["x"] + box["width"] <= 390, field
