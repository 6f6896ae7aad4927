"""Single sign-on with a real provider (npm's oidc-provider), in Chromium."""

import json
import os
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from helpdesk.accounts.models import REPRESENTATIVES, SUPERVISORS, User
from helpdesk.accounts.session_models import UserSession
from helpdesk.accounts.sso import checking
from tests.security.identity_provider import CLIENT, SECRET

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).parents[2]
NODE = shutil.which("node", path=f"{os.environ['PATH']}{os.pathsep}{ROOT / '.venv/bin'}")
MIRA = {
    "active": True,
    "given_name": "Mira",
    "family_name": "Okafor",
    "preferred_username": "mira",
    "email": "mira@posta.example",
    "email_verified": True,
    "groups": ["desk-leads"],
}


@pytest.fixture
def provider(desk, live_server, settings) -> Iterator[str]:
    """The address of a provider that has started. Another name than the desk's: another site."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    desk_url = live_server.url.replace("127.0.0.1", "localhost")
    assert NODE, "no node"
    process = subprocess.Popen(
        [NODE, str(Path(__file__).with_name("identity_provider.mjs")), str(port), desk_url],
        env={**os.environ, "PEOPLE": json.dumps({"mira": MIRA}), "NODE_ENV": "test"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert any(line.strip() == "ready" for line in process.stdout), "the provider did not start"
    settings.OIDC_ISSUER = f"http://127.0.0.1:{port}"
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    settings.OIDC_SCOPES = "openid profile email groups"
    settings.OIDC_NAME = "Harbour ID"
    settings.OIDC_GROUPS = {"desk-agents": REPRESENTATIVES, "desk-leads": SUPERVISORS}
    settings.DESK_URL = desk_url
    checking._away_until.clear()
    yield settings.OIDC_ISSUER
    process.kill()
    process.wait()


def change(provider: str, **what: Any) -> None:
    body = json.dumps(what).encode()
    urllib.request.urlopen(urllib.request.Request(f"{provider}/people/mira", body)).close()


def sign_in(page: Page, name: str = "mira") -> None:
    expect(page.get_by_role("heading", name="Harbour ID")).to_be_visible()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Sign in").click()


def time_to_ask() -> None:
    ago = timezone.now() - timedelta(minutes=4)
    UserSession.objects.update(checked_at=ago, check_from=None)


def test_in_with_a_role_asked_again_out_when_deactivated_and_out_at_both(
    provider: str, settings: Any, page: Page, axe: Any
):
    settings.PASSWORD_LOGIN = False
    page.goto(f"{settings.DESK_URL}/admin/")
    expect(page.get_by_label("Password")).to_have_count(0)
    assert axe() == {}
    page.get_by_role("link", name="Sign in with Harbour ID").click()
    sign_in(page)

    # The role is that of the group, and the page is the one that was wanted.
    expect(page).to_have_url(f"{settings.DESK_URL}/admin/")
    mira = User.objects.get(username="mira")
    assert [group.name for group in mira.groups.all()] == [SUPERVISORS]
    assert UserSession.objects.get().refresh_token

    # What asks for the password asks the provider, in a tab of its own where a form waits.
    page.goto(f"{settings.DESK_URL}/accounts/tokens/")
    _forget_confirmation()
    page.get_by_label("Name").fill("Booking")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    assert axe() == {}
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Sign in with Harbour ID").click()
    tab = opened.value
    sign_in(tab)
    expect(tab.get_by_text("Close this tab")).to_be_visible()
    tab.close()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Token “Booking” created")).to_be_visible()

    # Each check has a new refresh token; a group that is gone takes the role and the session.
    time_to_ask()
    page.goto(f"{settings.DESK_URL}/admin/")
    expect(page.get_by_role("heading", name="Sign in")).to_have_count(0)
    change(provider, groups=["desk-agents"])
    page.goto("about:blank")  # an open page would lead itself to the login meanwhile
    time_to_ask()
    page.goto(f"{settings.DESK_URL}/tickets/")
    expect(page.get_by_text("Your role has changed.")).to_be_visible()
    page.get_by_role("link", name="Sign in with Harbour ID").click()
    expect(page.get_by_role("searchbox").first).to_be_visible()
    assert [group.name for group in mira.groups.all()] == [REPRESENTATIVES]

    # Deactivated there means out here: the open page finds out by itself.
    change(provider, active=False)
    time_to_ask()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_text("Your organization ended your session.")).to_be_visible()
    change(provider, active=True)

    # Signing out here signs out there.
    page.get_by_role("link", name="Sign in with Harbour ID").click()
    expect(page.get_by_role("searchbox").first).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.get_by_role("link", name="Sign in with Harbour ID")).to_be_visible()
    page.get_by_role("link", name="Sign in with Harbour ID").click()
    expect(page.get_by_role("heading", name="Harbour ID")).to_be_visible()


def test_logging_out_there_logs_out_here(provider: str, settings: Any, page: Page):
    page.goto(f"{settings.DESK_URL}/tickets/")
    page.get_by_role("link", name="Sign in with Harbour ID").click()
    sign_in(page)
    expect(page.get_by_role("searchbox").first).to_be_visible()

    page.goto(f"{provider}/session/end")
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page.get_by_text("Signed out.")).to_be_visible()
    assert UserSession.objects.get().ended_at
    page.goto(f"{settings.DESK_URL}/tickets/")
    expect(page.get_by_text("You were signed out.")).to_be_visible()


def _forget_confirmation() -> None:
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session

    for row in Session.objects.all():
        store = SessionStore(row.session_key)
        if "confirmed_at" in store:
            store["confirmed_at"] = 0
            store.save()
