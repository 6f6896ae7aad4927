"""How a test signs in at the identity provider."""

START, CALLBACK, LOGOUT = "/accounts/sso/", "/accounts/sso/callback/", "/accounts/sso/logout/"
PAGE = "/accounts/preferences/"


def come_in(client, provider, wanted="/tickets/"):
    there = client.get(START, {"next": wanted})
    return client.get(provider.authorize(there["Location"]))


def signed_in(client):
    return client.get(PAGE).status_code == 200
