"""What somebody types is theirs: a page that changes beneath them takes no letter of it.

TYPING_RUNS=10 for the long form.
"""

import os
import time
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from helpdesk.clock import this_second
from tests.browser.test_journeys import log_in
from tests.world import log_of, settle, stored
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import CannedReply
from tickets.services.assignment.assign import assign
from tickets.services.conversation.communicate import communicate, respond
from tickets.services.delivery import notifications
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.links_and_merges import merge

pytestmark = pytest.mark.django_db(transaction=True)

RUNS = int(os.environ.get("TYPING_RUNS", "1"))
PACE = 200  # ms a letter: 300 a minute
# Every letter that is a shortcut outside of fields, among them.
TEXT = "s p a c e r n / ? j k x g m resolve as priority can: naps are spare"


@pytest.fixture
def ticket(desk):
    return desk.ticket(priority="Low", now=this_second())


@pytest.mark.parametrize("run", range(RUNS))
def test_a_note_is_typed_while_a_colleague_changes_everything(
    desk, ticket, page: Page, browser, live_server, run, looked_at
):
    number = ticket.ticket_id
    log_in(page, "rosa")
    page.goto(f"/tickets/{number}/")
    page.get_by_role("tab", name="Internal note").click()
    note = page.get_by_role("textbox", name="Internal note")
    context = browser.new_context(base_url=live_server.url)
    context.set_default_timeout(15_000)
    other = context.new_page()
    log_in(other, "tomasz")
    other.goto(f"/tickets/{number}/")

    def answers():
        other.get_by_role("textbox", name="Reply").fill("It is on its way.")
        other.get_by_role("button", name="Send", exact=True).click()
        expect(other.locator("[data-kind=outbound]")).to_be_visible()

    def starts():
        other.get_by_label("More status changes").click()
        other.get_by_role("button", name="Start progress").click()

    changes = [
        lambda: other.get_by_label("Priority").select_option("High"),
        lambda: other.get_by_label("Assigned to").select_option(label="Tomasz Nowak"),
        starts,
        answers,
    ]
    *pieces, last = _cut(TEXT, len(changes) + 1)
    note.click()
    for piece, change_it in zip(pieces, changes, strict=True):
        page.keyboard.type(piece, delay=PACE)  # while the page hears of the change before
        version = stored(number).version
        change_it()
        _until(lambda v=version: stored(number).version > v)
        settle()  # what a worker does at once
    page.keyboard.type(last, delay=PACE)
    expect(page.locator("[data-kind=outbound]")).to_be_visible()  # it has followed

    expect(note).to_have_value(TEXT)
    expect(note).to_be_focused()
    expect(page.get_by_role("tab", name="Internal note")).to_have_attribute("aria-selected", "true")
    assert page.locator("#reply_content").input_value() == "", "letters landed in the reply"
    assert page.url.endswith(f"/tickets/{number}/"), "a shortcut led away"
    context.close()

    note.press("Control+Enter")
    expect(page.locator("[data-kind=note]")).to_contain_text(TEXT)
    after = stored(number)
    assert (after.status, after.priority, after.assigned_to) == (
        "In Progress",
        "High",
        desk.rep2.user_id,
    )
    notes = [line.content for line in log_of(number) if line.type == "Internal Note"]
    replies = [line.content for line in log_of(number) if line.direction == "outbound"]
    assert (notes, replies) == ([TEXT], ["It is on its way."])
    # The composer stays on the note, empty, for the next one.
    expect(page.get_by_role("tab", name="Internal note")).to_have_attribute("aria-selected", "true")
    expect(note).to_have_value("")
    looked_at(f"{len(TEXT)} letters")


def _cut(text, count):
    size = -(-len(text) // count)
    return [text[start : start + size] for start in range(0, len(text), size)]


def _until(holds):
    deadline = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < deadline, "it never happened"


def change_elsewhere(desk, number, text="Here."):
    respond(number, content=text, by=desk.rep2)
    settle()


def test_ones_own_change_of_priority_leaves_the_note_the_caret_and_the_files(
    desk, ticket, page: Page, tmp_path
):
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    page.get_by_role("tab", name="Internal note").click()
    note = page.get_by_role("textbox", name="Internal note")
    note.fill("Half a thought")
    paper = tmp_path / "papers.txt"
    paper.write_text("x")
    page.locator("#note input[type=file]").set_input_files(paper)
    page.get_by_label("Tags, separated by commas").evaluate("field => field.value = 'half typed'")

    page.get_by_label("Priority").focus()
    page.get_by_label("Priority").select_option("High")
    expect(page.locator("#head")).to_contain_text("High")

    expect(note).to_have_value("Half a thought")
    expect(page.get_by_role("tab", name="Internal note")).to_have_attribute("aria-selected", "true")
    assert page.locator("#note input[type=file]").evaluate("field => field.files.length") == 1
    expect(page.get_by_label("Tags, separated by commas")).to_have_value("half typed")
    expect(page.get_by_label("Priority")).to_be_focused()


def test_what_a_colleague_changed_in_a_part_that_one_was_in_is_there_when_one_leaves_it(
    desk, ticket, page: Page
):
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    page.get_by_label("Priority").focus()
    page.get_by_label("Priority").select_option("High")
    expect(page.locator("#head")).to_contain_text("High")
    expect(page.get_by_label("Priority")).to_be_focused()

    assign(ticket.ticket_id, to=desk.rep2.user_id, by=desk.rep2)
    change_elsewhere(desk, ticket.ticket_id)
    expect(page.get_by_text("Here.")).to_be_visible()
    chosen = page.get_by_label("Assigned to").locator("option:checked")
    expect(chosen).not_to_have_text("Tomasz Nowak")

    page.get_by_label("Priority").press("Shift+Tab")  # to the field before it: the same part
    page.get_by_role("textbox", name="Reply").focus()
    expect(chosen).to_have_text("Tomasz Nowak")


def test_where_an_answer_goes_stays_as_chosen_when_the_page_follows(desk, ticket, page: Page):
    number = ticket.ticket_id

    def asks_for(address):
        def write(draft):
            draft.ticket.reply_to = address

        change(number, write, by=desk.rep2)

    asks_for("office@posta.example")
    log_in(page, "rosa")
    page.goto(f"/tickets/{number}/")
    box = page.locator("#reply_to")
    box.uncheck()
    box.blur()

    change_elsewhere(desk, number)
    expect(page.get_by_text("Here.")).to_be_visible()

    expect(box).not_to_be_checked()
    asks_for("other@posta.example")
    change_elsewhere(desk, number, "There.")
    expect(page.locator("#reply_to[value='other@posta.example']")).to_be_checked()


def test_the_place_and_the_selection_stay_when_the_page_follows(desk, ticket, page: Page):
    number = ticket.ticket_id
    for part in range(12):
        communicate(
            number,
            type=CommunicationType.CUSTOMER_RESPONSE,
            direction=Direction.INBOUND,
            content=f"Line {part}\n" * 4,
            by=desk.rep,
        )
    settle()
    log_in(page, "rosa")
    page.goto(f"/tickets/{number}/")
    note_tab = page.get_by_role("tab", name="Internal note")
    note_tab.click()
    note = page.get_by_role("textbox", name="Internal note")
    note.fill("select some of this")
    note.evaluate("field => field.setSelectionRange(7, 11)")
    before = note.bounding_box()["y"]

    change_elsewhere(desk, number)
    expect(page.locator("[data-kind=outbound]")).to_be_visible()

    assert note.evaluate("field => [field.selectionStart, field.selectionEnd]") == [7, 11]
    expect(note).to_be_focused()
    assert abs(note.bounding_box()["y"] - before) < 3, "the field moved away under the hands"


def test_no_shortcut_acts_right_after_typing_in_a_field_that_went_away(desk, ticket, page: Page):
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    note = page.get_by_role("textbox", name="Internal note")
    page.get_by_role("tab", name="Internal note").click()
    note.press_sequentially("abc")

    page.evaluate("document.getElementById('note').remove()")  # the worst that a swap could do
    page.keyboard.type("s rc/")

    assert page.url.endswith(f"/tickets/{ticket.ticket_id}/")
    assert page.evaluate("document.activeElement === document.body")
    assert stored(ticket.ticket_id).status == "Open"


@pytest.mark.parametrize(("seconds", "acts"), [(1.8, False), (2.2, True)])
def test_shortcuts_act_again_two_seconds_after_the_last_letter(
    desk, ticket, page: Page, seconds, acts
):
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    typed_at = this_second()
    page.clock.set_fixed_time(typed_at)
    page.get_by_role("tab", name="Internal note").click()
    page.get_by_role("textbox", name="Internal note").press_sequentially("abc")
    page.evaluate("document.getElementById('note').remove()")

    page.clock.set_fixed_time(typed_at + timedelta(seconds=seconds))
    page.keyboard.press("p")

    there = page.evaluate("document.activeElement.name || document.activeElement.tagName")
    assert there == ("priority" if acts else "BODY")


def test_who_left_a_field_by_escape_goes_on_with_shortcuts_though_it_went_away(
    desk, ticket, page: Page
):
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    page.get_by_label("Priority").focus()
    page.keyboard.press("Escape")

    page.evaluate("document.querySelector('[data-key-priority]').remove()")
    page.keyboard.press("n")

    expect(page.get_by_role("textbox", name="Internal note")).to_be_focused()


def test_the_map_of_keys_closes_and_shortcuts_go_on(desk, ticket, page: Page):
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()

    page.keyboard.press("n")

    expect(page.get_by_role("textbox", name="Internal note")).to_be_focused()


def test_shortcuts_go_on_each_time_the_map_of_keys_was_closed_and_after_a_swap(
    desk, ticket, page: Page
):
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    search = page.locator("[data-key-search]")

    def look_at_the_map():
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#keys")).to_be_hidden()

    for turn in range(3):
        look_at_the_map()
        page.keyboard.press("/")
        expect(search).to_be_focused()
        page.keyboard.press("Escape")  # out of the field
        expect(search).not_to_be_focused()

        look_at_the_map()
        page.keyboard.press("p")
        expect(page.get_by_label("Priority")).to_be_focused()
        page.keyboard.press("Escape")

        change_elsewhere(desk, ticket.ticket_id, f"Turn {turn}")
        expect(page.get_by_text(f"Turn {turn}")).to_be_visible()

    # While the map is open the page beneath it follows, too.
    page.keyboard.press("?")
    change_elsewhere(desk, ticket.ticket_id, "Beneath the map")
    expect(page.get_by_text("Beneath the map")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("u")
    page.wait_for_url("**/tickets/?view=unassigned")


def test_a_canned_reply_that_could_not_be_fetched_says_so(desk, ticket, page: Page, errors):
    CannedReply.objects.create(name="Papers", text="Please send us the papers.")
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    page.context.set_offline(True)

    page.get_by_label("Canned reply").select_option("Papers")

    expect(page.locator("#said")).to_contain_text("Can’t reach the server")
    page.context.set_offline(False)
    errors.clear()  # the browser notes that it was offline
    page.get_by_label("Canned reply").select_option("Papers")
    reply = page.get_by_role("textbox", name="Reply")
    expect(reply).to_have_value("Please send us the papers.")


def test_a_change_that_could_not_be_sent_shows_what_is_saved(desk, ticket, page: Page, errors):
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    page.context.set_offline(True)

    page.get_by_label("Priority").select_option("Critical")

    expect(page.locator("#said")).to_contain_text("Can’t reach the server")
    expect(page.get_by_label("Priority")).to_have_value("Low")
    page.context.set_offline(False)
    errors.clear()  # the browser notes that it was offline


def test_a_resolved_ticket_is_not_offered_to_be_resolved_again(desk, ticket, page: Page):
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    expect(page.get_by_role("button", name="Send & resolve")).to_be_visible()

    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.locator("#head")).to_contain_text("Resolved")

    expect(page.get_by_role("button", name="Send & resolve")).to_have_count(0)


def test_a_merged_ticket_is_not_offered_to_be_resolved(desk, ticket, page: Page):
    target = desk.ticket(now=this_second()).ticket_id
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    expect(page.get_by_role("button", name="Send & resolve")).to_be_visible()

    merge(ticket.ticket_id, into=target, by=desk.rep2)
    settle()

    expect(page.get_by_text("Closed as a duplicate.")).to_be_visible()
    for again in range(2):
        expect(page.get_by_role("button", name="Send", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Send & resolve")).to_have_count(0)
        expect(page.get_by_role("button", name="Send & set waiting")).to_have_count(0)
        if not again:
            page.reload()


def test_a_notification_is_read_once_its_ticket_was_opened(desk, ticket, page: Page):
    assign(ticket.ticket_id, to=desk.rep.user_id, by=desk.rep2)
    settle()
    assert notifications.unread_count(by=desk.rep) >= 1
    log_in(page, "rosa")
    page.goto("/notifications/")

    with page.expect_response("**/live/"):
        page.locator(f"main a[href$='/tickets/{ticket.ticket_id}/']").first.click()

    _until(lambda: notifications.unread_count(by=desk.rep) == 0)


def test_an_answer_that_was_overtaken_does_not_bring_an_older_page_back(
    desk, ticket, page: Page, errors
):
    held = []
    log_in(page, "rosa")
    page.goto(f"/tickets/{ticket.ticket_id}/")
    page.route("**/parts/", lambda route: held.append((route, route.fetch())))
    page.evaluate("document.body.dispatchEvent(new Event('ticket-changed'))")
    _until(lambda: page.evaluate("1") and held)  # the server has answered with the page as it is

    page.get_by_role("textbox", name="Reply").fill("It is on its way.")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("[data-kind=outbound]")).to_be_visible()
    with page.expect_event("requestfinished", lambda one: one.url.endswith("/parts/")):
        for route, answer in held:
            route.fulfill(response=answer)
    page.wait_for_function("document.querySelectorAll('.htmx-request').length === 0")

    expect(page.locator("[data-kind=outbound]")).to_be_visible()
    assert page.locator("header [data-status]").inner_text() == "In Progress"
