"""The wallboard on a television: its panels take turns, and it says when it is cut off."""

from playwright.sync_api import Page, expect

from helpdesk.clock import this_second
from reporting.services import televisions
from tests.world import settle

WALL = "**/sla/wall/"
SHARE = """
() => Math.min(...[...document.querySelectorAll('#wall dd, #wall tbody td')]
  .map(one => parseFloat(getComputedStyle(one).fontSize) / innerHeight))
"""
CUT = """
() => [...document.querySelectorAll('#wall dd, #wall tbody td')]
  .filter(one => one.checkVisibility() && one.scrollWidth > one.clientWidth + 1)
  .map(one => one.textContent)
"""


def test_a_television_shows_figures_until_it_is_revoked(desk, page: Page, errors, axe):
    desk.ticket(priority="Critical", now=this_second())
    settle()
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(reduced_motion="reduce")
    page.clock.install()
    page.goto("/sla/wall/")
    code = page.locator(".wall-sign").inner_text()
    assert axe() == {}
    made = televisions.pair(code=code, name="Hall", by=desk.supervisor, now=this_second())

    page.clock.run_for(5_000)
    expect(page.locator("[data-panel]:visible")).to_have_count(1)
    expect(page.get_by_role("heading", name="Now")).to_be_visible()
    assert page.evaluate(SHARE) >= 0.12, "figures are read from six metres"
    assert page.evaluate(
        "getComputedStyle(document.querySelector('#wall')).transitionDuration"
    ) == ("0s")
    assert axe() == {}
    page.clock.run_for(12_000)
    expect(page.get_by_role("heading", name="Next deadlines")).to_be_visible()
    expect(page.get_by_role("heading", name="Now")).to_be_hidden()
    assert page.evaluate("document.querySelector('#wall').style.translate") != "", (
        "nothing burns in"
    )
    assert page.evaluate(CUT) == []
    page.get_by_role("button", name="Pause").click()
    page.clock.run_for(30_000)
    expect(page.get_by_role("heading", name="Next deadlines")).to_be_visible()

    page.route(WALL, lambda route: route.abort())
    page.clock.run_for(10_000)
    expect(page.locator("#wall-lost")).to_contain_text("No connection since")
    expect(page.get_by_role("heading", name="Next deadlines")).to_be_visible()
    errors.clear()  # the browser notes what was cut off
    page.unroute(WALL)
    page.clock.run_for(10_000)
    expect(page.locator("#wall-lost")).to_be_hidden()

    televisions.revoke(made.pk, by=desk.supervisor)
    page.clock.run_for(10_000)
    expect(page.locator(".wall-sign")).to_be_visible()
    expect(page.locator("[data-panel]")).to_have_count(0)
