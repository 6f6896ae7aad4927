"""Whoever is somewhere on a page is still there after it has followed a colleague's change.

FOCUS_PLACES=1000 tries every place; else so many, drawn anew each time.
"""

import os
import random

import pytest
from playwright.sync_api import Page, Route, expect

from helpdesk.clock import this_second
from tests.browser.test_journeys import log_in
from tests.world import settle, team
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import CannedReply
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.lifecycle.links_and_merges import link

pytestmark = pytest.mark.django_db(transaction=True)

PLACES = int(os.environ.get("FOCUS_PLACES", "15"))

FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex]"

FIELDS = "input, textarea, select"

# Everything that the keyboard reaches, with every fold open.
STANDS = f"""() => {{
  for (const fold of document.querySelectorAll("main details")) fold.open = true;
  return [...document.querySelectorAll("{FOCUSABLE}")].filter(
    (one) => one.checkVisibility({{ visibilityProperty: true }}) && !one.disabled
  );
}}"""

# The page follows as swaps.js lets it; resolved when all it asked for has been swapped in.
FOLLOW = """(events) => new Promise((done) => {
  let asked = 0;
  const begun = () => (asked += 1);
  const ended = () => { asked -= 1; if (!asked) finish(); };
  const finish = () => {
    document.removeEventListener("htmx:beforeRequest", begun);
    document.removeEventListener("htmx:afterRequest", ended);
    setTimeout(done, 50);
  };
  document.addEventListener("htmx:beforeRequest", begun);
  document.addEventListener("htmx:afterRequest", ended);
  for (const name of events) document.body.dispatchEvent(new Event(name));
})"""


def lost_places(page: Page, *events: str, swapped: str) -> tuple[int, list[str]]:
    """Focus things and let the page follow: how many there are, and which lost the focus."""
    page.evaluate("document.body.dataset.live = ''")  # follows when it is told, and only then
    count = page.evaluate(f"({STANDS})().length")
    lost = []
    for place in sorted(random.sample(range(count), min(PLACES, count))):
        said = page.evaluate(
            f"""(place) => {{
              const one = ({STANDS})()[place];
              one.focus();
              return one === document.activeElement ? one.outerHTML.slice(0, 200) : "";
            }}""",
            place,
        )
        if not said:
            continue  # cannot have it
        # A part that had to wait while the focus was in it follows now.
        page.wait_for_function("() => !document.querySelector('.htmx-request')")
        page.evaluate("part => { document.querySelector(part).wasHere = true }", swapped)
        page.evaluate(FOLLOW, list(events))
        # It waits while somebody is in one of its own fields.
        waits = page.evaluate(
            f"part => !!document.activeElement.closest(`${{part}} :is({FIELDS})`)", swapped
        )
        stayed = page.evaluate("part => !!document.querySelector(part).wasHere", swapped)
        assert stayed == waits, f"{said} stands in what was to be swapped: {waits}"
        now = page.evaluate(
            f"""() => {{
              const at = document.activeElement;
              return [({STANDS})().indexOf(at), at.outerHTML.slice(0, 200)];
            }}"""
        )
        if now != [place, said]:
            lost.append(said)
    return count, lost


@pytest.fixture
def ticket(desk):
    """A ticket with all that its page can show."""
    now = this_second()
    other = desk.ticket(now=now).ticket_id
    made = desk.ticket(
        vehicle_id=desk.vehicle.vehicle_id, tags=["port", "urgent"], now=now
    ).ticket_id
    CannedReply.objects.create(name="Papers", text="Send papers.", team=team("Money"))
    CannedReply.objects.create(name="Thanks", text="Thank you.")
    for text in ("Where is it?", "Hello?"):
        communicate(
            made,
            type=CommunicationType.CUSTOMER_RESPONSE,
            direction=Direction.INBOUND,
            content=text,
            by=desk.rep,
        )
    respond(made, content="We [look](https://x.example).", by=desk.rep)
    note(made, content=f"See #{other}.", by=desk.rep2)
    link(made, other_id=other, by=desk.rep)
    settle()
    return made


def test_everything_on_a_ticket_keeps_the_focus_when_the_page_follows(
    desk, ticket, page: Page, looked_at
):
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket}/")

    count, lost = lost_places(page, "ticket-changed", "desk-changed", swapped="#head")

    looked_at(f"{min(PLACES, count)} of {count} places")
    assert count > 50
    assert lost == []


def test_everything_on_the_dashboard_keeps_the_focus_when_it_updates(
    desk, ticket, page: Page, looked_at
):
    log_in(page, "ingrid")
    page.goto("/sla/")

    count, lost = lost_places(page, "desk-changed", swapped="#sla-dashboard")

    looked_at(f"{min(PLACES, count)} of {count} places")
    assert count > 25
    assert lost == []


def test_focus_stays_on_the_same_thing_when_others_come_before_it(desk, ticket, page: Page):
    third = desk.ticket(now=this_second()).ticket_id
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket}/")
    to_link = page.locator("#facts").get_by_role("button", name="Link", exact=True)
    to_link.focus()

    link(ticket, other_id=third, by=desk.rep2)
    settle()
    expect(page.get_by_role("button", name=f"Unlink ticket {third}")).to_be_visible()

    expect(to_link).to_be_focused()


def test_an_answer_whose_form_was_replaced_meanwhile_is_shown(desk, ticket, page: Page):
    """A colleague's change comes in between a click and its answer."""
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket}/")
    page.evaluate("document.body.dataset.live = ''")
    held: list[Route] = []

    def hold(answer: Route) -> None:
        held.append(answer)

    page.route("**/follow/", hold)
    follow = page.locator("#follow")
    with page.expect_request("**/follow/"):
        follow.click()
    note(ticket, content="Asked the port.", by=desk.rep2)
    page.evaluate("document.body.dispatchEvent(new Event('ticket-changed'))")
    expect(page.get_by_text("Asked the port.")).to_be_visible()

    [answer] = held
    answer.continue_()

    expect(follow).to_have_attribute("aria-pressed", "true")
