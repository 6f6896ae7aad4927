"""A form to a third party belongs to who fills it in: neither a colleague's change nor a refusal
takes from it, or ticks again what was unticked."""

import pytest
from playwright.sync_api import Page, expect

from helpdesk.clock import this_second
from tests.browser.test_journeys import log_in
from tests.email.conftest import SUPPORT, send, take
from tests.email.test_files import file, with_files
from tests.world import log_of, settle, stored
from tickets.models import Mailbox
from tickets.services.conversation.communicate import respond
from tickets.services.email.participation.side_threads import forward

pytestmark = pytest.mark.django_db(transaction=True)

CARRIER, BOSS = "desk@carrier.example", "boss@carrier.example"


def test_what_was_chosen_in_a_form_to_a_third_party_stays(desk, page: Page, mailoutbox, tmp_path):
    Mailbox.objects.create(name="support", address=SUPPORT)
    papers = with_files(file("passport.pdf", b"%PDF 1"), file("bill.pdf", b"%PDF 2"))
    number = take(**papers, now=this_second()).ticket_id
    forward(number, to=[CARRIER], content="Where?", by=desk.rep, now=this_second())
    [asked] = send(mailoutbox, this_second())
    take(
        sender=CARRIER,
        to=asked.extra_headers["Reply-To"],
        cc=BOSS,
        message_id="a@carrier.example",
        now=this_second(),
    )
    settle()
    log_in(page, "rosa")
    page.goto(f"/tickets/{number}/")

    def follows(text):
        respond(number, content=text, by=desk.rep2)
        settle()
        expect(page.get_by_text(text)).to_be_visible()

    inbound = page.locator("[data-kind=inbound]")
    inbound.get_by_text("Forward to a third party").click()
    passport = inbound.locator("[name=with_file][value='0']")  # also while it is folded
    passport.uncheck()
    paper = tmp_path / "terms.txt"
    paper.write_text("x")
    inbound.locator("input[type=file]").set_input_files(paper)
    inbound.get_by_label("Message", exact=True).fill("See the bill.")
    inbound.get_by_label("Email addresses").fill("desk@carrier")
    answered = page.locator("[data-third-party]").nth(1)
    answered.get_by_text("Write to the third party").click()
    boss = answered.get_by_role("checkbox", name=BOSS)
    boss.check()
    boss.blur()

    def everything_is_there():
        expect(passport).not_to_be_checked()
        expect(inbound.get_by_role("checkbox", name="bill.pdf")).to_be_checked()
        expect(inbound.get_by_label("Message", exact=True)).to_have_value("See the bill.")
        expect(inbound.get_by_label("Email addresses")).to_have_value("desk@carrier")
        expect(inbound.locator("[data-chosen-files]")).to_contain_text("terms.txt")
        expect(inbound.locator("input[type=file]")).to_have_js_property("files.length", 1)
        expect(boss).to_be_checked()

    follows("Here.")
    everything_is_there()
    inbound.get_by_role("button", name="Send to third party").click()
    expect(inbound.get_by_role("alert")).to_contain_text("Enter a valid email address")
    expect(page.locator("#alerts [role=alert]")).to_have_count(0)
    everything_is_there()
    follows("There.")
    everything_is_there()

    inbound.get_by_label("Email addresses").fill("terms@carrier.example")
    inbound.get_by_role("button", name="Send to third party").click()
    expect(page.locator("[data-third-party]")).to_have_count(3)
    expect(inbound.get_by_label("Message", exact=True)).to_be_hidden()
    expect(inbound.get_by_label("Message", exact=True)).to_have_value("")
    expect(inbound.locator("[data-chosen-files] li")).to_have_count(0)
    expect(inbound.locator("summary", has_text="Forward")).to_be_focused()
    expect(passport).to_be_checked()
    expect(boss).to_be_checked()  # of the other form
    names = [one.name for one in log_of(number)[-1].attachments]
    assert (sorted(names), stored(number).side_threads) == (["bill.pdf", "terms.txt"], 2)
