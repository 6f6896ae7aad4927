"""The ticket page as somebody works on it: the composer at the foot, files, third parties, and
nothing that jumps."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import Page, expect

from helpdesk.clock import this_second
from tests.browser.test_journeys import log_in
from tests.email.conftest import SUPPORT, send, take
from tests.email.test_files import file, with_files
from tests.world import log_of, settle, stored
from tickets.domain.ticket import Channel, CommunicationType, Direction
from tickets.models import CannedReply, Mailbox
from tickets.services.conversation.communicate import communicate, respond
from tickets.services.delivery import attention

pytestmark = pytest.mark.django_db(transaction=True)

LARGEST_SHIFT = 0.02
CARRIER = "desk@carrier.example"

SHIFTS = """() => {
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) if (!one.hadRecentInput) window.shifted += one.value;
  }).observe({ type: "layout-shift" });
}"""

# A page that is not looked at: else what is new is soon seen, and its mark gone with the next swap.
SEES_NOTHING = "addEventListener('DOMContentLoaded', () => { document.body.dataset.live = '' })"

# A file that is dropped; and how much of what is sent each bar has shown, in percent.
DROP = """(target, name) => {
  const dataTransfer = new DataTransfer();
  const text = "%PDF " + "x".repeat(200000);
  dataTransfer.items.add(new File([text], name, { type: "application/pdf" }));
  const how = { dataTransfer, bubbles: true, cancelable: true };
  target.dispatchEvent(new DragEvent("dragover", how));
  if (!target.closest(".dropping")) throw new Error("nothing shows where it may be dropped");
  target.dispatchEvent(new DragEvent("drop", how));
}"""
WATCH_BARS = """() => {
  window.bars = [];
  document.addEventListener("htmx:xhr:progress", () => {
    window.bars.push(document.querySelector("[data-files] progress:not([hidden])")?.value);
  });
}"""

# What a clipboard has after a screenshot: a picture, and no text.
PASTE = """(text) => new Promise((done) => {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 8;
  canvas.toBlob((blob) => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([blob], "image.png", { type: "image/png" }));
    const how = { clipboardData, bubbles: true, cancelable: true };
    text.dispatchEvent(new ClipboardEvent("paste", how));
    done();
  });
})"""


def conversation(desk, *, messages):
    number = desk.ticket(now=this_second()).ticket_id
    for place in range(messages):
        communicate(
            number,
            type=CommunicationType.CUSTOMER_RESPONSE,
            direction=Direction.INBOUND,
            content=f"Line {place}\n" * 5,
            by=desk.rep,
        )
    settle()
    attention.see(number, stored(number).last_id, by=desk.rep)
    return number


def test_a_long_ticket_opens_at_its_end_and_nothing_jumps_when_others_write(
    desk, page: Page, looked_at
):
    number = conversation(desk, messages=10)
    log_in(page, "rosa")
    page.goto(f"/tickets/{number}/")
    reply = page.get_by_role("textbox", name="Reply")
    last = page.locator("[data-kind=inbound]").last
    expect(last).to_be_in_viewport(ratio=1)
    expect(reply).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Resolve", exact=True)).to_be_in_viewport(ratio=1)

    page.mouse.wheel(0, -900)  # to read what was said before
    read = page.get_by_text("Line 5")
    expect(read).to_be_in_viewport()
    expect(reply).to_be_in_viewport(ratio=1)
    page.wait_for_timeout(600)  # a shift so soon after input would not count
    page.evaluate(SHIFTS)
    before = read.bounding_box()["y"]
    for text in ("Here.", "There."):
        respond(number, content=text, by=desk.rep2)
        settle()
        page.evaluate("document.body.dispatchEvent(new Event('ticket-changed'))")  # as live.js does
        expect(page.locator("[data-kind=outbound]").filter(has_text=text)).to_be_attached()

    assert abs(read.bounding_box()["y"] - before) < 2
    shifted = page.evaluate("window.shifted")
    looked_at(f"layout shift {shifted:.4f}")
    assert shifted <= LARGEST_SHIFT

    page.goto("/")
    attention.see(number, stored(number).last_id, by=desk.rep)
    for text in ("Back again.", "Line\n" * 60):
        respond(number, content=text, by=desk.rep2)
    page.add_init_script(SEES_NOTHING)
    page.goto(f"/tickets/{number}/")
    unread = page.locator("#conversation [data-unread]")
    expect(unread).to_contain_text("Back again.")
    expect(unread).to_contain_text("New")
    expect(unread).to_be_in_viewport(ratio=1)


# A desk's windows, and a tablet's, where the side is below the conversation.
SIZES = ((1280, 720), (1440, 900), (1920, 1080), (768, 1024))

# Of what is in the page: how far its lower edge is above the window's, in pixels.
ABOVE_THE_FOOT = "one => innerHeight - one.getBoundingClientRect().bottom"


def test_composer_and_side_end_at_the_foot_of_every_window(desk, page: Page):
    short, long = conversation(desk, messages=0), conversation(desk, messages=8)
    log_in(page, "rosa")
    side, composer = page.locator(".side"), page.locator(".composer")
    reply = page.get_by_role("textbox", name="Reply")
    for number in (short, long):
        page.goto(f"/tickets/{number}/")
        expect(page.get_by_role("tab", name="Reply")).to_be_visible()
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            beside = width >= 1024
            for end in (0, 1):
                page.evaluate(f"scrollTo(0, {end} * document.documentElement.scrollHeight)")
                page.evaluate("() => new Promise(done => requestAnimationFrame(done))")
                where = f"ticket {number}, {width} × {height}, {'end' if end else 'beginning'}"
                expect(reply).to_be_in_viewport(ratio=1)
                if beside or not end:
                    assert abs(composer.evaluate(ABOVE_THE_FOOT)) <= 1, where
                if beside:
                    assert abs(side.evaluate(ABOVE_THE_FOOT)) <= 1, where
            if beside and number == short:
                spare = "document.documentElement.scrollHeight - innerHeight"
                assert page.evaluate(spare) == 0, f"{width} × {height}: scrolls for nothing"


# A phone on which the keyboard lies over the page: the window keeps its height, less of it is seen.
KEYBOARD_LIES_OVER = """
const seen = Object.assign(new EventTarget(), { height: innerHeight, offsetTop: 0, scale: 1 });
Object.defineProperty(window, "visualViewport", { value: seen });
"""
KEYBOARD = """height => {
  visualViewport.height = innerHeight - height;
  visualViewport.dispatchEvent(new Event("resize"));
}"""


def test_the_composer_stands_above_a_keyboard_that_lies_over_the_page(desk, page: Page):
    number = conversation(desk, messages=6)
    log_in(page, "rosa")
    page.set_viewport_size({"width": 390, "height": 844})
    page.add_init_script(KEYBOARD_LIES_OVER)
    page.goto(f"/tickets/{number}/")
    reply, composer = page.get_by_role("textbox", name="Reply"), page.locator(".composer")
    last = page.locator("[data-kind=inbound]").last
    reply.focus()
    page.evaluate(KEYBOARD, 0)
    assert page.locator("html").get_attribute("style") is None, "there is no keyboard"

    page.evaluate(KEYBOARD, 336)
    assert composer.evaluate(ABOVE_THE_FOOT) == 336
    ends = last.evaluate("one => one.getBoundingClientRect().bottom")
    begins = composer.evaluate("one => one.getBoundingClientRect().top")
    assert begins - 40 < ends <= begins, "the last message is not above the composer"

    page.evaluate(KEYBOARD, 0)
    assert composer.evaluate(ABOVE_THE_FOOT) == 0


def test_a_picture_is_pasted_looked_at_taken_out_and_sent(desk, page: Page):
    number = conversation(desk, messages=0)
    log_in(page, "rosa")
    page.goto(f"/tickets/{number}/")
    page.get_by_role("tab", name="Internal note").click()
    note = page.get_by_role("textbox", name="Internal note")
    note.fill("The scratch, see the second picture.")

    for _twice in range(2):
        note.evaluate(PASTE)
    chosen = page.locator("#note [data-chosen-files]")
    expect(chosen.locator("canvas")).to_have_count(2)
    expect(chosen).to_contain_text("image-2.png")
    chosen.get_by_role("button", name="Remove image.png").click()
    expect(chosen.get_by_role("listitem")).to_have_count(1)
    note.evaluate(DROP, "bill.pdf")
    expect(chosen.get_by_role("listitem")).to_have_count(2)
    expect(page.locator(".dropping")).to_have_count(0)
    page.evaluate(WATCH_BARS)
    page.get_by_role("button", name="Add note").click()

    picture = page.locator("[data-kind=note] img")
    expect(picture).to_have_attribute("alt", "image-2.png")
    expect(picture).to_have_js_property("naturalWidth", 8)
    expect(chosen.get_by_role("listitem")).to_have_count(0)
    names = [one.name for one in log_of(number)[-1].attachments]
    assert names == ["image-2.png", "bill.pdf"]
    assert 100 in page.evaluate("bars"), "no bar says how much has been sent"
    expect(page.locator("#note progress")).to_be_hidden()


def test_back_to_the_list_and_on_in_it(desk, page: Page):
    for name in ("First", "Second", "Third"):
        desk.ticket(subject=name, now=this_second())
    settle()
    log_in(page, "rosa")
    page.goto("/tickets/?view=unassigned")
    rows = page.locator("#rows a.row-link")
    expect(rows).to_have_count(3)
    names = rows.all_inner_texts()
    rows.first.click()
    expect(page.get_by_role("heading", name=names[0])).to_be_visible()
    expect(page.locator("#walk")).to_contain_text("1 / 3")
    expect(page.get_by_label("Previous ticket")).to_be_disabled()

    page.get_by_label("Next ticket").click()
    expect(page.get_by_role("heading", name=names[1])).to_be_visible()
    expect(page.locator("#walk")).to_contain_text("2 / 3")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name=names[2])).to_be_visible()
    expect(page.get_by_label("Next ticket")).to_be_disabled()
    page.get_by_role("link", name="Back to list").click()
    page.wait_for_url("**/tickets/?view=unassigned")


def test_canned_replies_and_colleagues_are_found_by_typing(desk, page: Page):
    CannedReply.objects.create(name="Papers", text="Dear {first_name}, please send the papers.")
    CannedReply.objects.create(name="Arrived", text="It has arrived.")
    number = conversation(desk, messages=0)
    log_in(page, "rosa")
    page.goto(f"/tickets/{number}/")

    options = page.locator("#completion").get_by_role("option")
    reply = page.get_by_role("textbox", name="Reply")
    reply.press_sequentially("/pap")
    expect(options).to_have_text(["Papers"])
    expect(page.locator("[data-preview]")).to_have_text("Dear Giulia, please send the papers.")
    reply.press("Enter")
    expect(reply).to_have_value("Dear Giulia, please send the papers.")

    page.get_by_role("tab", name="Internal note").click()
    note = page.get_by_role("textbox", name="Internal note")
    note.press_sequentially("Ask @tom")
    expect(options).to_contain_text(["Tomasz Nowak"])
    note.press("Tab")
    expect(note).to_have_value("Ask @tomasz ")
    expect(note).to_be_focused()
    note.press_sequentially("and @ro")
    expect(options).to_have_count(1)
    note.press("Escape")
    expect(options).to_have_count(0)
    expect(note).to_be_focused()
    assert page.locator("#reply_content").input_value().startswith("Dear Giulia")


def test_a_message_is_forwarded_to_a_carrier_whose_answer_stands_apart(
    desk, page: Page, mailoutbox, axe
):
    Mailbox.objects.create(name="support", address=SUPPORT)
    outside = CannedReply.Audience.THIRD_PARTY
    CannedReply.objects.create(name="Where is it", text="Where is the {vehicle}?", audience=outside)
    mail = take(
        **with_files(file("passport.pdf", b"%PDF 1"), file("bill.pdf", b"%PDF 2")),
        now=this_second(),
    )
    log_in(page, "rosa")
    page.goto(f"/tickets/{mail.ticket_id}/")

    page.get_by_text("Forward to a third party").click()
    page.get_by_label("Email addresses").fill(CARRIER)
    page.get_by_label("Template").select_option("Where is it")
    expect(page.get_by_label("Message", exact=True)).to_have_value(re.compile("^Where is the "))
    page.get_by_role("checkbox", name="passport.pdf").uncheck()
    page.get_by_role("button", name="Send to third party").click()
    ours = page.locator("[data-third-party]")
    expect(ours).to_contain_text("The customer does not see this.")
    [sent] = send(mailoutbox, this_second())
    assert (sent.to, [one.get_filename() for one in sent.attachments]) == ([CARRIER], ["bill.pdf"])

    take(
        sender=f"Carrier <{CARRIER}>",
        to=sent.extra_headers["Reply-To"],
        message_id="a@carrier.example",
        body="It is in Antwerp.",
        now=this_second(),
    )
    settle()
    theirs = ours.filter(has_text="It is in Antwerp.")
    expect(theirs).to_contain_text("With a third party, no. 1")
    expect(page.locator("[data-kind=inbound]")).to_have_count(1)
    apart = [
        one.evaluate("one => getComputedStyle(one).backgroundColor")
        for one in (theirs, page.locator("[data-kind=inbound]"))
    ]
    assert apart[0] != apart[1]
    assert axe() == {}

    by_phone = desk.ticket(
        description="She wants the **gate** pass.",
        channel=Channel.PHONE,
        files=[SimpleUploadedFile("pass.pdf", b"%PDF 3")],
        now=this_second(),
    )
    page.goto(f"/tickets/{by_phone.ticket_id}/")
    page.get_by_role("link", name="Forward to a third party").click()
    page.get_by_label("Email addresses").fill(CARRIER)
    page.get_by_label("Template").select_option("Where is it")
    expect(page.get_by_label("Message", exact=True)).to_have_value(re.compile("^Where is the "))
    page.get_by_role("checkbox", name="Quote it").check()
    page.get_by_role("checkbox", name="pass.pdf").check()
    assert axe() == {}
    quote = page.locator("blockquote").inner_text()
    page.get_by_role("button", name="Send to third party").click()
    expect(ours).to_contain_text("With a third party, no. 1")
    [sent] = send(mailoutbox, this_second())
    assert sent.body.splitlines()[-1] == "> She wants the **gate** pass." == quote.splitlines()[-1]
    assert [one.get_filename() for one in sent.attachments] == ["pass.pdf"]
