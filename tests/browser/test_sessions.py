"""An idle page leads to the login by itself, and what was typed is there for the same user."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Page, expect

from helpdesk.accounts.session_models import UserSession
from tests.browser.test_journeys import log_in
from tests.security.test_login import code_of
from tests.security.test_sessions import pass_time

pytestmark = pytest.mark.django_db(transaction=True)


def test_drafts_survive_an_idle_sign_out_for_the_same_user(desk, page: Page):
    number = desk.ticket().ticket_id
    log_in(page, "ingrid")
    page.goto("/customers/new/")
    page.get_by_label("Company").fill("Bianchi SpA")
    page.goto(f"/tickets/{number}/?x=1")
    page.locator("#reply_content").fill("Your car has left Genoa.")
    pass_time(active=timedelta(minutes=31))

    # Nobody touches the page: its next question to the desk leads to the login.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("You were signed out because you were not active")).to_be_visible()
    expect(page.get_by_text("Your car has left Genoa.")).to_have_count(0)
    log_in_here(page, "ingrid")

    expect(page).to_have_url(f"{page.url.partition('/tickets')[0]}/tickets/{number}/?x=1")
    expect(page.locator("#reply_content")).to_have_value("Your car has left Genoa.")
    page.goto("/customers/new/")
    expect(page.get_by_label("Company")).to_have_value("Bianchi SpA")

    page.goto("about:blank")  # an open page would lead itself to the login meanwhile
    pass_time(active=timedelta(minutes=31))
    page.goto(f"/tickets/{number}/")
    log_in_here(page, "rosa")
    expect(page.locator("#reply_content")).to_have_value("")


def log_in_here(page: Page, username: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def test_what_open_pages_ask_by_themselves_is_no_activity(desk, page: Page):
    ticket = desk.ticket()
    log_in(page, "rosa")

    def idle_while(path: str) -> timedelta:
        with page.expect_response(lambda answer: urlsplit(answer.url).path == path) as found:
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
            page.evaluate("document.body.dispatchEvent(new Event('desk-changed'))")
        assert found.value.status in (200, 204)
        return timezone.now() - UserSession.objects.get().active_at

    for shown, asked in (
        (f"/tickets/{ticket.ticket_id}/", f"/tickets/{ticket.ticket_id}/live/"),
        ("/sla/", "/sla/"),
        ("/sla/", "/live/"),
    ):
        page.goto(shown)
        pass_time(active=timedelta(minutes=20))
        assert idle_while(asked) >= timedelta(minutes=20), f"{asked} on {shown}"

    page.goto("/tickets/new/")
    pass_time(active=timedelta(minutes=20))
    with page.expect_response(lambda answer: "/customers" in urlsplit(answer.url).path):
        page.locator("input[hx-trigger^='input']").press_sequentially("Bia")
    assert timezone.now() - UserSession.objects.get().active_at < timedelta(minutes=1)


def test_one_signs_out_elsewhere(desk, page: Page, browser, live_server):
    elsewhere = browser.new_context(base_url=live_server.url).new_page()
    log_in(elsewhere, "rosa")
    elsewhere.goto("about:blank")
    log_in(page, "rosa")
    page.goto("/accounts/preferences/")
    page.get_by_role("link", name="Sessions").click()
    expect(page.get_by_role("listitem").filter(has_text="Signed in")).to_have_count(2)
    page.get_by_role("button", name="Sign out elsewhere").click()
    expect(page.get_by_text("Signed out of 1 other session.")).to_be_visible()

    elsewhere.goto("/accounts/preferences/")
    expect(elsewhere.get_by_role("heading", name="Sign in")).to_be_visible()
    elsewhere.context.close()


def test_a_required_second_factor_is_set_up_first_and_a_recovery_code_lets_in_once(
    desk, page: Page, axe, settings
):
    settings.SECOND_FACTOR_FOR = "supervisors"
    page.goto("/tickets/")
    log_in_until(page, "ingrid", "Your role requires two-factor authentication.")
    page.goto("/admin/")
    expect(page.get_by_role("heading", name="Two-factor authentication")).to_be_visible()
    assert axe() == {}
    device = TOTPDevice.objects.get(user=desk.supervisor_user)
    page.get_by_label("Authentication code").fill(code_of(device))
    page.get_by_role("button", name="Turn on").click()

    shown = page.locator("[data-recovery-code]")
    expect(shown).to_have_count(10)
    codes = shown.all_inner_texts()
    assert axe() == {}
    page.get_by_role("link", name="I saved the codes").click()
    expect(page.get_by_role("heading", name="My work")).to_be_visible()

    for nth in (1, 2):
        page.get_by_role("button", name="Sign out").click()
        log_in_until(page, "ingrid", "Lost your device? Enter a recovery code")
        page.get_by_label("Authentication code").fill(codes[0])
        page.get_by_role("button", name="Sign in").click()
        if nth == 1:
            expect(page.get_by_role("heading", name="My work")).to_be_visible()
    expect(page.get_by_text("Invalid or already used code.")).to_be_visible()


def log_in_until(page: Page, username: str, words: str) -> None:
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text(words)).to_be_visible()
