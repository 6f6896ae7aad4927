"""Single sign-on: how long a session lasts, and how the provider ends it."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.utils import timezone

from helpdesk.accounts.models import REPRESENTATIVES, User
from helpdesk.accounts.people import can_work_now
from helpdesk.accounts.session_models import Identity, UserSession
from helpdesk.accounts.sso import checking
from helpdesk.accounts.tokens import make_token
from helpdesk.mail import delivery
from tests.security.sign_on import LOGOUT, PAGE, come_in, signed_in
from tests.world import after
from tickets.services.delivery import outbox
from tickets.services.lifecycle.escalate import sweep


def later(**span):
    UserSession.objects.update(checked_at=timezone.now() - timedelta(**span), check_from=None)


def test_tokens_are_in_no_cookie_and_encrypted_in_the_database(client, provider, caplog):
    come_in(client, provider)
    session = UserSession.objects.get()
    assert session.refresh_token == "refresh-0"
    assert session.id_token.count(".") == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_usersession")
        stored = str(cursor.fetchall())
        cursor.execute("SELECT session_data FROM django_session")
        stored += str([client.session.decode(row[0]) for row in cursor.fetchall()])
    secrets = ("refresh-0", "access-0", session.id_token)
    assert not any(one in stored for one in secrets)
    assert not any(one in str(client.cookies) + caplog.text for one in secrets)


def test_deactivated_there_means_out_here_within_five_minutes(client, provider):
    come_in(client, provider)
    provider.deactivated = True
    later(minutes=3)
    assert signed_in(client), "asked with each request"
    later(minutes=4)
    answer = client.get(PAGE)

    assert answer["Location"] == "/accounts/login/?next=/accounts/preferences/&ended=provider"
    provider.deactivated = False
    assert not signed_in(client)
    row = UserSession.objects.get()
    assert (row.access_token, row.refresh_token, row.id_token) == ("", "", "")


def test_deactivated_there_is_away_here_too_and_without_tokens(client, desk, provider, settings):
    def answer():
        bearer = {"Authorization": f"Bearer {text}"}
        return Client().get("/api/tickets", headers=bearer).status_code

    come_in(client, provider)
    mira = User.objects.get(username="mira")
    key, today = str(mira.pk), timezone.localdate()
    text = make_token(mira, name="Booking")[1]
    desk.ticket(assigned_to=key)
    provider.deactivated = True
    assert answer() == 200
    later(minutes=4)
    assert not signed_in(client)

    assert answer() == 401, "her token works"
    assert can_work_now([key], day=today) == set()
    sweep(now=after(hours=7))
    outbox.dispatch()
    delivery.send_due(now=after(hours=7))
    to = [sent.to[0] for sent in mail.outbox]
    assert any("ingrid" in one for one in to), "a ticket of somebody who is away is forgotten"
    assert not any("mira" in one for one in to)
    root = Client()
    root.force_login(User.objects.create_superuser("root", "root@posta.example", "demo"))
    page = f"/admin/accounts/user/{key}/change/"
    assert "refused the account on" in root.get(page).content.decode()
    settings.OIDC_ISSUER = ""
    assert answer() == 200, "who is asked no longer is believed"

    settings.OIDC_ISSUER = provider.issuer
    provider.deactivated = False
    come_in(client, provider)
    assert answer() == 200
    assert can_work_now([key], day=today) == {key}
    assert "confirmed on" in root.get(page).content.decode()


def test_the_last_word_counts_and_an_old_access_token_is_none(client, provider):
    come_in(client, provider)
    UserSession.objects.update(refresh_token="")
    later(minutes=4)
    provider.deactivated = True
    assert not signed_in(client)
    assert Identity.objects.get().refused_at is None

    provider.deactivated = False
    come_in(client, provider)
    Identity.objects.update(refused_at=timezone.now())
    later(minutes=4)
    assert signed_in(client)
    assert Identity.objects.get().refused_at is None, "another session of hers was asked later"


def test_a_poll_asks_too(client, provider):
    come_in(client, provider)
    provider.deactivated = True
    later(minutes=4)
    answer = client.get("/live/", headers={"Helpdesk-Background": "1"})
    assert answer["HX-Redirect"].endswith("&ended=provider")


def test_checks_use_each_refresh_token_once_and_roles_follow(client, provider):
    provider.claims["groups"] = ["leads"]
    come_in(client, provider)
    for number in (1, 2):
        later(minutes=4)
        assert signed_in(client)
        assert UserSession.objects.get().refresh_token == f"refresh-{number}"
    assert signed_in(client)
    assert provider.refreshed == 2

    provider.claims["groups"] = ["agents"]
    later(minutes=4)
    assert client.get(PAGE)["Location"].endswith("&ended=role")
    mira = User.objects.get(username="mira")
    assert [group.name for group in mira.groups.all()] == [REPRESENTATIVES]


def test_without_a_refresh_token_the_userinfo_decides(client, provider):
    come_in(client, provider)
    UserSession.objects.update(refresh_token="")
    later(minutes=4)
    assert signed_in(client)
    assert provider.refreshed == 0
    provider.deactivated = True
    later(minutes=4)
    assert not signed_in(client)


def test_another_account_is_no_confirmation(client, provider):
    come_in(client, provider)
    provider.claims["sub"] = "4712"
    later(minutes=4)
    assert not signed_in(client)


def test_while_the_provider_is_away_sessions_go_on_for_a_bounded_time(client, provider, settings):
    settings.OIDC_AWAY_MINUTES = 15
    come_in(client, provider)
    provider.away = True
    asked = len(provider.requests)
    later(minutes=18)
    assert signed_in(client)
    assert signed_in(client)
    assert len(provider.requests) == asked + 1, "each request waits for who is away"
    checking._away_until.clear()
    later(minutes=19)
    assert not signed_in(client)


def test_one_request_of_a_session_asks_at_a_time(client, provider):
    come_in(client, provider)
    later(minutes=4)
    UserSession.objects.update(check_from=timezone.now() + timedelta(seconds=20))
    assert signed_in(client)
    assert provider.refreshed == 0


def test_switching_it_off_ends_its_sessions(client, provider, settings):
    come_in(client, provider)
    settings.OIDC_ISSUER = ""
    assert not signed_in(client)


def test_a_logout_there_ends_the_session_here(client, provider):
    come_in(client, provider)
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(LOGOUT, {"logout_token": provider.logout_token()})
    assert (answer.status_code, answer["Cache-Control"].count("no-store")) == (200, 1)
    assert not signed_in(client)


def test_a_logout_token_without_a_session_ends_all_of_the_account(client, provider):
    come_in(client, provider)
    Client().post(LOGOUT, {"logout_token": provider.logout_token(sid=None)})
    assert not signed_in(client)


@pytest.mark.parametrize(
    "broken",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"events": {}},
        {"nonce": "x"},
        {"sub": None, "sid": None},
        {"exp": 1_600_000_000},
    ],
    ids=str,
)
def test_what_is_no_logout_token_ends_nothing(client, provider, broken):
    come_in(client, provider)
    answer = Client().post(LOGOUT, {"logout_token": provider.logout_token(**broken)})
    assert answer.status_code == 400
    assert Client().post(LOGOUT, {"logout_token": provider.id_token()}).status_code == 400
    assert Client().post(LOGOUT).status_code == 400
    assert signed_in(client)


def test_logging_out_leads_to_the_provider_and_back(client, provider):
    come_in(client, provider)
    answer = client.post("/accounts/logout/")
    [address] = re.findall(r'content="0;url=([^"]+)"', answer.content.decode())

    assert address.startswith(f"{provider.issuer}/end?id_token_hint=")
    assert "post_logout_redirect_uri=http%3A%2F%2Ftestserver%2Faccounts%2Flogin%2F" in address
    assert not signed_in(client)


def test_logging_out_works_while_the_provider_is_away(client, provider):
    come_in(client, provider)
    from helpdesk.accounts.sso.provider import _client_of

    _client_of.cache_clear()
    provider.away = True
    assert client.post("/accounts/logout/")["Location"] == "/accounts/login/"
    assert not signed_in(client)
