"""Single sign-on: who gets in as whom, with which role, and for how long."""

import re
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from joserfc.jwk import OctKey

from helpdesk.accounts.models import REPRESENTATIVES, SUPERVISORS, User
from helpdesk.accounts.session_models import Identity, UserSession
from helpdesk.accounts.sso import checking
from tests.security.identity_provider import CLIENT, ROTATED, SECRET, IdentityProvider
from tests.security.test_confirm import age
from tests.security.test_second_factor import SETUP

START, CALLBACK, LOGOUT = "/accounts/sso/", "/accounts/sso/callback/", "/accounts/sso/logout/"
PAGE, TOKENS = "/accounts/preferences/", "/accounts/tokens/"


@pytest.fixture
def provider(desk, settings):
    made = IdentityProvider()
    settings.OIDC_ISSUER = made.issuer
    settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = CLIENT, SECRET
    settings.OIDC_NAME = "Harbour ID"
    settings.OIDC_GROUPS = {"agents": REPRESENTATIVES, "leads": SUPERVISORS}
    settings.DESK_URL = ""
    checking._away_until.clear()
    yield made
    made.stop()


def come_in(client, provider, wanted="/tickets/"):
    there = client.get(START, {"next": wanted})
    return client.get(provider.authorize(there["Location"]))


def signed_in(client):
    return client.get(PAGE).status_code == 200


def later(**span):
    UserSession.objects.update(checked_at=timezone.now() - timedelta(**span), check_from=None)


def test_a_first_sign_in_makes_an_account_with_the_role_of_the_group(client, provider):
    page = client.get("/accounts/login/?next=/tickets/").content.decode()
    assert 'href="/accounts/sso/?next=/tickets/"' in page
    assert "Log in with Harbour ID" in page
    answer = come_in(client, provider)

    assert answer["Location"] == "/tickets/"
    assert client.get("/tickets/").status_code == 200
    mira = Identity.objects.get(subject="4711").user
    assert (mira.username, mira.display_name) == ("mira", "Mira Okafor")
    assert mira.email == "mira@posta.example"
    assert [group.name for group in mira.groups.all()] == [REPRESENTATIVES]
    assert not mira.has_usable_password()
    assert not mira.is_staff
    come_in(Client(), provider)
    assert Identity.objects.count() == 1


def test_roles_follow_the_groups_and_superusers_do_not_come_of_them(client, provider):
    provider.claims["groups"] = ["agents", "leads", "superusers"]
    come_in(client, provider)
    mira = User.objects.get(username="mira")
    assert mira.is_staff
    assert not mira.is_superuser
    assert client.get("/admin/").status_code == 200

    provider.claims["groups"] = "agents"
    come_in(Client(), provider)
    mira.refresh_from_db()
    assert [group.name for group in mira.groups.all()] == [REPRESENTATIVES]
    assert not mira.is_staff
    assert client.get("/admin/").status_code == 302, "what she was when she signed in is over"


def test_whoever_has_no_group_gets_no_account(client, provider):
    del provider.claims["groups"]
    answer = come_in(client, provider)
    assert answer.status_code == 403
    assert "no role" in answer.content.decode()
    assert not Identity.objects.exists()
    assert not signed_in(client)


def test_without_groups_in_the_settings_roles_are_the_admins(client, provider, settings):
    settings.OIDC_GROUPS = {}
    come_in(client, provider)
    assert client.get("/tickets/").status_code == 403
    assert signed_in(client)


@pytest.mark.parametrize("verified", [True, False, None])
def test_neither_name_nor_email_make_one_somebody_else(client, desk, provider, verified):
    User.objects.filter(pk=desk.rep_user.pk).update(email="rosa@posta.example")
    provider.claims |= {"preferred_username": "rosa", "email": "rosa@posta.example"}
    provider.claims["email_verified"] = verified
    come_in(client, provider)

    made = Identity.objects.get().user
    assert made != desk.rep_user
    assert made.username == "rosa2"
    assert made.email == ("rosa@posta.example" if verified else "")


def test_a_verified_address_finds_an_account_where_that_is_on(client, desk, provider, settings):
    settings.OIDC_LINK_BY_EMAIL = True
    User.objects.filter(pk=desk.rep_user.pk).update(email="rosa@posta.example")
    provider.claims["email"] = "rosa@posta.example"
    provider.claims["email_verified"] = False
    come_in(client, provider)
    assert Identity.objects.get().user != desk.rep_user
    provider.claims |= {"sub": "4712", "email_verified": True}
    come_in(Client(), provider)
    assert Identity.objects.get(subject="4712").user == desk.rep_user


def test_an_address_never_finds_a_superuser(client, provider, settings):
    settings.OIDC_LINK_BY_EMAIL = True
    User.objects.create_superuser("root", "mira@posta.example", "demo")
    come_in(client, provider)
    assert not Identity.objects.get().user.is_superuser


def test_who_is_deactivated_here_stays_out(client, provider):
    come_in(client, provider)
    User.objects.filter(username="mira").update(is_active=False)
    answer = come_in(Client(), provider)
    assert answer.status_code == 403
    assert "deactivated" in answer.content.decode()


@pytest.mark.parametrize(
    "broken",
    [
        {"iss": "https://evil.example"},
        {"aud": "another"},
        {"aud": ["another", CLIENT], "azp": "another"},
        {"exp": int(time.time()) - 3600},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": "4712"},
    ],
    ids=str,
)
def test_an_id_token_that_is_not_for_this_sign_in_lets_nobody_in(client, provider, broken):
    provider.broken = broken
    assert come_in(client, provider).status_code == 403
    assert not signed_in(client)
    assert not Identity.objects.exists()


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_a_signature_without_a_public_key_counts_for_nothing(client, provider, algorithm):
    provider.algorithm = algorithm
    provider.key = OctKey.import_key(SECRET, {"kid": "one"})
    provider.sign = lambda claims: _encoded(claims, algorithm)
    assert come_in(client, provider).status_code in (403, 503)
    assert not Identity.objects.exists()


def _encoded(claims, algorithm):
    from joserfc import jwt
    from joserfc.jws import JWSRegistry

    registry = JWSRegistry(algorithms=["HS256", "none"])
    key = OctKey.import_key(SECRET, {"kid": "one"})
    return jwt.encode({"alg": algorithm, "kid": "one"}, claims, key, registry=registry)


def test_a_new_key_of_the_provider_is_fetched(client, provider):
    come_in(client, provider)
    provider.key = ROTATED
    other = Client()
    come_in(other, provider)
    assert signed_in(other)


def test_a_state_is_good_once_and_in_its_own_browser(client, provider):
    there = client.get(START)["Location"]
    back = provider.authorize(there)
    stranger = Client()
    assert stranger.get(back).status_code == 403, "somebody else's sign-in was slipped in"
    assert client.get(back).status_code == 302
    client.logout()
    assert client.get(back).status_code == 403
    assert client.get(CALLBACK).status_code == 403
    assert client.get(f"{CALLBACK}?error=access_denied&state=x").status_code == 403


def test_the_verifier_is_that_of_the_challenge(client, provider):
    there = client.get(START)["Location"]
    back = provider.authorize(there)
    for asked in provider.codes.values():
        asked["code_challenge"] = "another"
    assert client.get(back).status_code == 403


@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_it_leads_to_no_other_site(client, provider, wanted):
    assert come_in(client, provider, wanted)["Location"] == "/"


def test_no_provider_no_pages(client, desk):
    for path in (START, CALLBACK):
        assert client.get(path).status_code == 404
    assert client.post(LOGOUT).status_code == 404
    assert "/accounts/sso/" not in client.get("/accounts/login/").content.decode()


def test_a_provider_that_is_away_is_said_to_be(client, provider):
    provider.away = True
    answer = client.get(START)
    assert answer.status_code == 503
    assert "unavailable" in answer.content.decode()


def test_another_issuer_at_the_address_is_not_trusted(client, provider, settings):
    settings.OIDC_ISSUER = f"{provider.issuer}/"
    assert client.get(START).status_code == 503


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
        {"exp": int(time.time()) - 3600},
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


def test_the_provider_is_asked_again_instead_of_the_password(client, provider):
    come_in(client, provider)
    age(client)
    asked = client.get(SETUP)
    there = client.get(asked["Location"])
    back = provider.authorize(there["Location"])
    assert (provider.asked["prompt"], provider.asked["max_age"]) == ("login", "0")
    again = client.get(client.get(back)["Location"])
    assert again["Location"] == SETUP
    assert client.get(SETUP).status_code == 200


def test_a_form_waits_for_the_provider_in_another_tab(client, provider):
    come_in(client, provider)
    age(client)
    form = {"name": "Booking", "scope": "read", "days": "30"}
    page = client.post(TOKENS, form).content.decode()
    assert 'name="confirm_password"' not in page
    assert "Harbour ID" in page
    assert client.post(TOKENS, {**form, "confirm_password": "x"}).status_code in (403, 422)
    [tab] = re.findall(r'href="(/accounts/confirm/[^"]+)" target="_blank"', page)
    there = client.get(tab)
    back = client.get(provider.authorize(there["Location"]))
    done = client.get(client.get(back["Location"])["Location"])
    assert "Close this tab" in done.content.decode()
    assert client.post(TOKENS, form).status_code == 200


@pytest.mark.parametrize("trick", ["old", "silent", "another"])
def test_an_old_sign_in_or_anothers_confirms_nothing(client, provider, trick):
    come_in(client, provider)
    age(client)
    there = client.get(client.get(SETUP)["Location"])
    back = provider.authorize(there["Location"])
    if trick == "old":
        provider.auth_time = time.time() - 3600
    elif trick == "silent":
        provider.broken = {"auth_time": None}
    else:
        provider.claims["sub"] = "4712"
    assert client.get(back).status_code == 403
    assert client.get(SETUP).status_code == 302


def test_an_old_sign_in_at_the_provider_is_no_fresh_one_here(client, provider):
    provider.auth_time = time.time() - 3600
    come_in(client, provider)
    assert client.get(SETUP).status_code == 302


def test_passwords_can_be_switched_off_but_for_superusers(client, desk, provider, settings):
    settings.PASSWORD_LOGIN = False
    page = client.get("/accounts/login/").content.decode()
    assert 'name="password"' not in page
    assert "password/reset" not in page
    login = {"username": "rosa", "password": "demo"}
    assert client.post("/accounts/login/", login).status_code == 200
    assert not signed_in(client)
    assert client.get("/accounts/password/reset/").status_code == 404

    User.objects.create_superuser("root", "root@posta.example", "demo")
    assert 'name="password"' in client.get("/accounts/login/?password=1").content.decode()
    client.post("/accounts/login/", {"username": "root", "password": "demo"})
    assert signed_in(client)


def test_whoever_signs_in_there_has_no_password_here(client, provider):
    come_in(client, provider)
    assert client.get("/accounts/password/").status_code == 403
    assert "/accounts/password/" not in client.get(PAGE).content.decode()


def test_the_provider_asks_for_its_own_second_factor(client, provider, settings):
    settings.SECOND_FACTOR_FOR = "everybody"
    come_in(client, provider)
    assert signed_in(client)
