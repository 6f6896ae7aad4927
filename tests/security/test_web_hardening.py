"""Doors that are tried first: redirects, frames, sessions, logs, methods."""

import json
import logging

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from helpdesk.accounts.tokens import make_token
from helpdesk.clock import this_second
from helpdesk.logs import logging_config
from tests.security.test_every_url import GET, POST, addresses  # noqa: F401 (a fixture)
from tests.world import log_of
from tickets.services.conversation.attachments import kept
from tickets.services.conversation.communicate import note

HEADERS = {
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "https:evil.example",
    ],
)
def test_logging_in_leads_to_no_other_site(client, desk, elsewhere):
    desk.rep_user.set_password("long enough")
    desk.rep_user.save()

    answer = client.post(
        "/accounts/login/",
        {"username": "rosa", "password": "long enough", "next": elsewhere},
    )

    assert (answer.status_code, answer["Location"]) == (302, "/")


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/", "/api/tickets", "/api/docs"])
def test_no_page_is_framed_sniffed_or_scripted_from_elsewhere(client, desk, path):
    client.force_login(desk.supervisor_user)
    answer = client.get(path)

    login = path == "/accounts/login/"  # whoever is signed in is led on
    assert answer.status_code == (302 if login else 200)
    assert {name: answer[name] for name in HEADERS} == HEADERS
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    # Nothing of it stays in the browser, and what is JSON is never shown as a page.
    assert "no-store" in answer["Cache-Control"]
    json = 'attachment; filename="api.json"' if path == "/api/tickets" else None
    assert answer.get("Content-Disposition") == json


def test_logging_in_makes_a_new_session(client, desk):
    desk.rep_user.set_password("long enough")
    desk.rep_user.save()
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    before = session.session_key

    client.post("/accounts/login/", {"username": "rosa", "password": "long enough"})

    assert client.session.session_key != before
    assert client.session["_auth_user_id"] == desk.rep.user_id


def test_a_changed_password_ends_other_sessions(desk):
    mine, theirs = Client(), Client()
    mine.force_login(desk.rep_user)
    theirs.force_login(desk.rep_user)
    desk.rep_user.set_password("another one")
    desk.rep_user.save()

    assert theirs.get("/").status_code == 302


def test_cookies_are_for_this_site_alone():
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == settings.CSRF_COOKIE_SAMESITE == "Lax"


def test_passwords_are_kept_with_argon2():
    from django.contrib.auth.hashers import Argon2PasswordHasher
    from django.utils.module_loading import import_string

    from helpdesk import settings as real

    assert issubclass(import_string(real.PASSWORD_HASHERS[0]), Argon2PasswordHasher)


def test_no_secret_is_in_a_log(client, desk, caplog):
    caplog.set_level(logging.DEBUG)
    made, text = make_token(desk.rep_user, name="x")
    client.get("/api/tickets", headers={"Authorization": f"Bearer {text}"})
    client.get("/api/tickets", headers={"Authorization": "Bearer hd_not-a-token-of-ours"})
    client.post("/accounts/login/", {"username": "rosa", "password": "hunter2-the-secret"})
    number = desk.ticket(now=this_second()).ticket_id
    note(number, content="the customer's own words", by=desk.rep)

    said = caplog.text
    for secret in (text, "not-a-token-of-ours", "hunter2-the-secret", "customer's own words"):
        assert secret not in said
    assert made.digest not in said


def test_a_line_of_the_log_stays_one_line():
    config = logging_config(json=True, level="INFO")
    formatter = config["formatters"]["structured"]
    made = formatter["()"](
        processors=formatter["processors"], foreign_pre_chain=formatter["foreign_pre_chain"]
    )
    record = logging.LogRecord("x", logging.INFO, "x", 1, 'bad\n{"event": "forged"}', (), None)

    line = made.format(record)

    assert "\n" not in line
    assert json.loads(line)["event"].startswith("bad\n")


def test_a_file_name_breaks_no_header(rep_client, desk):
    number = desk.ticket(now=this_second()).ticket_id
    file = SimpleUploadedFile("a.pdf", b"%PDF-")
    file._name = 'a"\r\nX-Forged: 1\r\n.pdf'  # what no browser sends
    with kept(number, [file]) as attachments:
        note(number, content="x", attachments=attachments, by=desk.rep)
    line = next(line for line in log_of(number) if line.attachments)

    answer = rep_client.get(reverse("ticket_file", args=[number, line.communication_id, 0]))

    assert answer.status_code == 200
    assert "X-Forged" not in answer.headers
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE"])
def test_no_page_takes_other_methods(rep_client, addresses, method):  # noqa: F811
    taken = {
        name
        for name in GET | set(POST)
        if rep_client.generic(method, addresses(name)).status_code != 405
    }

    assert taken == set()
