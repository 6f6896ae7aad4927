"""Mailboxes of Google and Microsoft: XOAUTH2 with a refresh token, against a stand-in of theirs."""

import json
import socket
import threading
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
from django.core.mail import EmailMessage

from helpdesk.mail.smtp import ServerAway, mail_server
from tests.email.conftest import raw
from tests.email.imap_server import USER, ImapServer
from tests.mail import smtp_server
from tickets.domain.mail.fetching import Problem
from tickets.models import Mailbox
from tickets.services.email.fetching import oauth
from tickets.services.email.fetching.fetch import Fetcher
from tickets.services.email.fetching.imap import Unfetchable

REFUSAL = b64encode(b'{"status":"401","schemes":"bearer"}')


class Provider:
    """Gives access tokens for refresh tokens, and an IMAP server that wants them."""

    def __init__(self):
        self.asked, self.good = [], {"at-1"}
        self.answers = lambda form: (200, {"access_token": "at-1", "expires_in": 3_600})
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: value for name, [value] in parse_qs(body).items()}
                outer.asked.append(form)
                status, answer = outer.answers(form)
                text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args):
                pass

        self._web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._web.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._web.server_port}/token"
        self.imap = ImapServer()
        self.imap.meddle = self._meddle
        self.tokens = []

    def _meddle(self, line):
        if line == b"AUTHENTICATE XOAUTH2":
            return b"+ \r\n"
        if line or self.imap.line == b"DONE":
            return None
        if not self.imap.line:  # after the challenge that says why
            return b"{last} NO [AUTHENTICATIONFAILED] Invalid credentials\r\n"
        user, token, *_end = b64decode(self.imap.line).decode().split("\1")
        self.tokens.append(token.removeprefix("auth=Bearer "))
        known = user == f"user={USER}" and self.tokens[-1] in self.good
        return self.imap.LOGIN if known else b"+ " + REFUSAL + b"\r\n"

    def close(self):
        self.imap.close()
        self._web.shutdown()
        self._web.server_close()


@pytest.fixture
def provider(settings):
    settings.IMAP_WITHOUT_TLS = settings.WEBHOOKS_TO_PRIVATE_ADDRESSES = True
    oauth._tokens.clear()
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def of_provider(mailbox, provider):
    mailbox.imap_host, mailbox.imap_port, mailbox.imap_user = "127.0.0.1", provider.imap.port, USER
    mailbox.login, mailbox.imap_secret = Mailbox.Login.OAUTH2, "rt-1"
    mailbox.oauth_token_url = provider.url
    mailbox.oauth_client_id, mailbox.oauth_client_secret = "desk", "client secret"
    mailbox.save()
    return mailbox


def failure(mailbox):
    with pytest.raises(Unfetchable) as failed:
        Fetcher(mailbox).once()
    return failed.value.problem, failed.value.detail


def test_a_refresh_token_opens_the_mailbox_and_is_used_once_an_hour(desk, of_provider, provider):
    Fetcher(of_provider).once()
    provider.imap.deliver(raw())

    assert Fetcher(Mailbox.objects.get()).once() == 1
    assert provider.asked == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "rt-1",
            "client_id": "desk",
            "client_secret": "client secret",
        }
    ]


def test_an_access_token_that_ends_is_replaced(desk, of_provider, provider):
    ends = {"access_token": "at-1", "expires_in": oauth.SPARE}
    provider.answers = lambda form: (200, ends)
    for _ in range(2):
        Fetcher(of_provider).once()

    assert len(provider.asked) == 2


def test_a_refresh_token_that_is_replaced_is_kept(desk, of_provider, provider):
    renewed = {"access_token": "at-1", "expires_in": 1, "refresh_token": "rt-2"}
    provider.answers = lambda form: (200, renewed)
    Fetcher(of_provider).once()

    stored = Mailbox.objects.get()
    assert (of_provider.imap_secret, stored.imap_secret) == ("rt-2", "rt-2")
    Fetcher(stored).once()
    assert provider.asked[-1]["refresh_token"] == "rt-2"


def test_a_refresh_token_that_a_person_entered_meanwhile_stays(desk, of_provider, provider):
    provider.answers = lambda form: (200, {"access_token": "at-1", "refresh_token": "rt-2"})
    held = Mailbox.objects.get()  # as a fetcher has read it
    of_provider.imap_secret = "rt-new"
    of_provider.save()
    oauth.access_token(held)

    assert Mailbox.objects.get().imap_secret == "rt-new"


@pytest.mark.parametrize(
    ("status", "answer", "problem", "detail"),
    [
        (400, {"error": "invalid_grant"}, Problem.REFRESH_TOKEN, "invalid_grant"),
        (401, {"error": "invalid_client"}, Problem.REFRESH_TOKEN, "invalid_client"),
        (200, {"token_type": "Bearer"}, Problem.REFRESH_TOKEN, "200"),
        (503, {"error": "temporarily_unavailable"}, Problem.PROVIDER_UNAVAILABLE, "HTTP 503"),
        (429, b"slow down", Problem.PROVIDER_UNAVAILABLE, "HTTP 429"),
        (200, b"<html>Log in to the hotel's network", Problem.PROVIDER_UNAVAILABLE, "HTTP 200"),
        (200, [], Problem.PROVIDER_UNAVAILABLE, "HTTP 200"),
    ],
)
def test_what_the_provider_refuses_is_said(
    desk, of_provider, provider, status, answer, problem, detail
):
    provider.answers = lambda form: (status, answer)

    assert failure(of_provider) == (problem, detail)
    assert provider.tokens == []


def test_a_provider_that_is_away(desk, of_provider, provider):
    of_provider.oauth_token_url = "http://127.0.0.1:1/token"

    assert failure(of_provider)[0] is Problem.PROVIDER_UNAVAILABLE


def test_an_access_token_that_the_server_refuses_is_not_used_again(desk, of_provider, provider):
    """It was revoked, say: within its hour the desk asks for another one."""
    provider.good = {"at-2"}
    problem, said = failure(of_provider)
    assert problem is Problem.REJECTED
    assert "Invalid credentials" in said

    provider.answers = lambda form: (200, {"access_token": "at-2"})
    Fetcher(of_provider).once()

    assert provider.tokens == ["at-1", "at-2"]


def test_no_secret_is_in_what_is_shown_of_a_failure(desk, of_provider, provider):
    provider.answers = lambda form: (400, {"error": "invalid_grant", "hint": form})

    shown = " ".join(failure(of_provider))

    assert "rt-1" not in shown
    assert "client secret" not in shown


@pytest.fixture
def sends_by_oauth2(of_provider, settings):
    with smtp_server.running() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_TIMEOUT = 5
        settings.EMAIL_OAUTH2_MAILBOX = of_provider.name
        running.logins = {f"{USER} at-1"}
        yield running


def give():
    with mail_server() as there:
        return there.give(EmailMessage("Hi", "Hello", "desk@x.example", ["a@x.example"]))


def test_mail_is_sent_with_the_token_of_a_mailbox(desk, sends_by_oauth2, provider):
    with mail_server() as there:
        for _ in range(2):
            there.give(EmailMessage("Hi", "Hello", "desk@x.example", ["a@x.example"]))

    assert len(sends_by_oauth2.taken) == 2
    assert sends_by_oauth2.heard_logins == [f"{USER} at-1"], "once a connection"
    assert len(provider.asked) == 1


def test_a_token_that_the_mail_server_refuses_is_renewed_once(desk, sends_by_oauth2, provider):
    give()
    sends_by_oauth2.logins = {f"{USER} at-2"}
    provider.answers = lambda form: (200, {"access_token": "at-2", "expires_in": 3_600})

    give()

    assert len(sends_by_oauth2.taken) == 2
    assert sends_by_oauth2.heard_logins[1:] == [f"{USER} at-1", f"{USER} at-2"]


def test_without_access_mail_waits_and_the_reason_is_told(
    desk, sends_by_oauth2, provider, settings
):
    sends_by_oauth2.logins = set()
    with pytest.raises(ServerAway, match="rejected the configured"):
        give()

    oauth._tokens.clear()
    provider.answers = lambda form: (400, {"error": "invalid_grant"})
    with pytest.raises(ServerAway, match="mailbox support: invalid_grant"):
        give()

    settings.EMAIL_OAUTH2_MAILBOX = "sales"
    with pytest.raises(ServerAway, match="no mailbox sales with OAuth2"):
        give()
    assert sends_by_oauth2.taken == []


def test_a_token_is_never_sent_without_tls_over_a_network(
    desk, sends_by_oauth2, settings, monkeypatch
):
    connect, port = socket.create_connection, sends_by_oauth2.port
    settings.EMAIL_HOST = "mail.example"
    monkeypatch.setattr(
        socket, "create_connection", lambda _to, *rest, **more: connect(("127.0.0.1", port), *rest)
    )

    with pytest.raises(ServerAway, match="requires TLS"):
        give()

    assert sends_by_oauth2.connections == 1
    assert sends_by_oauth2.heard_logins == []
