"""Single sign-on: the provider confirms who it is, where a password would."""

import re
import time

import pytest

from tests.security.sign_on import come_in
from tests.security.test_confirm import age
from tests.security.test_second_factor import SETUP

TOKENS = "/accounts/tokens/"


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
