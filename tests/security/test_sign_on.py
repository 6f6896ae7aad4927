"""Single sign-on: who gets in as whom, and with which role."""

import pytest
from django.test import Client
from joserfc.jwk import OctKey

from helpdesk.accounts.models import REPRESENTATIVES, User
from helpdesk.accounts.session_models import Identity
from tests.security.identity_provider import CLIENT, ROTATED, SECRET
from tests.security.sign_on import CALLBACK, LOGOUT, PAGE, START, come_in, signed_in


def test_a_first_sign_in_makes_an_account_with_the_role_of_the_group(client, provider):
    page = client.get("/accounts/login/?next=/tickets/").content.decode()
    assert 'href="/accounts/sso/?next=/tickets/"' in page
    assert "Sign in with Harbour ID" in page
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
        {"exp": 1_600_000_000},
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


def test_passwords_can_be_switched_off_but_for_superusers(client, desk, provider, settings):
    client.post("/accounts/login/", {"username": "rosa", "password": "demo"})
    assert signed_in(client)
    settings.PASSWORD_LOGIN = False
    assert not signed_in(client), "a session of a password goes on"
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
