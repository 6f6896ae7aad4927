"""Logs tell what happened to whose account, by id; never what a person wrote, and no secret.

Read as production writes them, with LOG_LEVEL at its most talkative.
"""

import io
import json
import logging
import logging.config
import re

import pytest
from celery import shared_task
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from helpdesk.accounts.models import User
from helpdesk.accounts.tokens import make_token
from helpdesk.clock import this_second
from helpdesk.logs import logging_config
from helpdesk.mail import delivery
from tests.security.test_confirm import TOKENS
from tests.security.test_login import code_of
from tests.world import log_of, settle
from tickets.services.lists import search as search_service

MARKER = "Ilyushin"
MAIL = f"{MARKER}@posta.example"
PASSWORD = f"{MARKER}-secret-words-91"


class Lines(list):
    def __init__(self, stream):
        self.stream = stream

    @property
    def text(self):
        return self.stream.getvalue()

    def of(self, event):
        lines = [json.loads(line) for line in self.text.splitlines()]
        return [line for line in lines if line["event"] == event]


@pytest.fixture
def logged():
    """All that is logged, as text."""
    stream = io.StringIO()
    config = logging_config(json=True, level="DEBUG")
    config["handlers"]["console"]["stream"] = stream
    logging.config.dictConfig(config)
    yield Lines(stream)
    logging.config.dictConfig(settings.LOGGING)


@pytest.fixture
def rosa(desk):
    desk.rep_user.email = MAIL
    desk.rep_user.set_password(PASSWORD)
    desk.rep_user.save()
    return desk.rep_user


def log_in(client, password=PASSWORD, name="rosa"):
    return client.post("/accounts/login/", {"username": name, "password": password})


def test_pages_and_api_write_nothing_that_a_person_wrote(logged, desk, rosa, client):
    log_in(client, MARKER, MARKER)
    log_in(client)
    client.post("/accounts/password/reset/", {"email": MAIL})
    delivery.send_due(now=this_second())
    fields = {"name": MARKER, "email": MAIL, "company": MARKER, "segment": "VIP"}
    fields |= {"phone": "+46 8 555 0100", "notes": MARKER}
    made = client.post("/customers/new/", fields)
    assert made.status_code == 302, made.content.decode()
    customer = made["Location"].rstrip("/").rpartition("/")[2]
    ticket = {
        "customer": customer,
        "subject": MARKER,
        "description": MARKER,
        "category": "Shipping",
        "priority": "High",
        "token": "from-the-form",
    }
    number = client.post("/tickets/new/", ticket)["Location"].strip("/").rpartition("/")[2]
    page = f"/tickets/{number}/"
    file = SimpleUploadedFile(f"{MARKER}.pdf", b"%PDF")
    client.post(f"{page}reply/", {"content": MARKER, "attachments": file})
    client.post(f"{page}note/", {"content": f"{MARKER} @rosa @{MARKER}"})
    client.post(f"{page}escalate/", {"reason": MARKER})
    client.post(f"{page}merge/", {"other": MARKER})
    for address in (page, "/tickets/", "/customers/", "/reports/", f"/nowhere/{MAIL}/"):
        headers = {"User-Agent": MARKER, "Referer": f"http://x/?q={MARKER}"}
        headers |= {"X-Request-ID": MARKER, "X-Correlation-ID": MARKER}
        headers |= {"X-Forwarded-For": MARKER, "Traceparent": MARKER}
        client.get(f"{address}?q={MARKER}&customer={MARKER}", headers=headers)
    bearer = {"Authorization": f"Bearer {make_token(rosa, name=MARKER)[1]}"}
    api = Client(headers=bearer)
    assert api.get(f"/api/tickets?q={MARKER}").status_code == 200
    api.post("/api/tickets", {"subject": MARKER, "x": MARKER}, content_type="application/json")
    api.post("/api/tickets", f'{{"{MARKER}', content_type="application/json")
    api.post("/api/customers", fields, content_type="application/json")
    api.get(f"/api/customers/{MAIL}")
    api.get(f"/api/tickets?{MARKER}={MARKER}")
    Client(headers={"Authorization": f"Bearer {MARKER}"}).get("/api/tickets")
    client.get("/", headers={"Host": f"{MARKER}.example"})
    client.post(f"/tickets/?q={MARKER}", {"x": "y" * 3_000_000, "z": MARKER})
    settle()
    delivery.send_due(now=this_second())

    assert sum(MARKER in str(line.content) for line in log_of(number)) >= 3, "nothing was written"
    assert logged.of("request_finished"), "nothing was logged"
    assert MARKER.lower() not in logged.text.lower(), found(logged)
    assert "hd_" not in logged.text


def found(logged):
    return [line for line in logged.text.splitlines() if MARKER.lower() in line.lower()][:5]


def boom(*_args, **_kwargs):
    try:
        raise KeyError(MARKER)
    except KeyError as error:
        raise DatabaseError(f'duplicate key: (email)=({MAIL}) {{"text": "{MARKER}"}}') from error


@pytest.mark.parametrize("address", ["/customers/", "/api/customers"])
@pytest.mark.parametrize(
    "layer", ["request_cache.OnceAPageMiddleware", "accounts.middleware.ReaderMiddleware"]
)
def test_an_error_is_logged_with_its_place_and_without_its_words(
    logged, desk, rosa, monkeypatch, address, layer
):
    monkeypatch.setattr(f"helpdesk.{layer}.__call__", boom)
    client = Client(raise_request_exception=False)
    client.force_login(rosa)
    client.get(f"{address}?q={MARKER}")

    assert "DatabaseError" in logged.text, "the error is not in the log at all"
    assert "KeyError" in logged.text, "nor what it came from"
    assert "in boom" in logged.text, "nor where it happened"
    assert MARKER not in logged.text, found(logged)


@shared_task(name="tests.fails")
def fails(text):
    boom(text)


def test_a_task_that_fails_is_logged_without_its_words_and_arguments(logged):
    fails.apply(args=[MARKER], kwargs={}, throw=False)

    assert "tests.fails" in logged.text
    assert "DatabaseError" in logged.text
    assert MARKER not in logged.text, found(logged)


def test_an_index_that_cannot_be_written_is_no_place_for_words(logged, desk, monkeypatch):
    monkeypatch.setattr("tickets.store.search.index_tickets", boom)
    search_service.index_at_once([])
    assert logged.of("index_not_followed")
    assert MARKER not in logged.text, found(logged)


@pytest.mark.parametrize(
    ("logger", "message", "arguments"),
    [
        ("urllib3.connectionpool", '%s "POST %s"', ("https://x", f"/hook?key={MARKER}")),
        ("botocore.endpoint", "Making request with params: %s", ({"body": MARKER},)),
        ("django.request", "Internal Server Error: %s", (f"/x/{MARKER}",)),
        ("django.security.DisallowedHost", f"Invalid HTTP_HOST header: '{MARKER}'.", ()),
        ("gunicorn.error", "Error handling request %s %s", ("GET", f"/tickets/?q={MARKER}")),
        ("gunicorn.error", f"Invalid request from ip=127.0.0.1: Invalid Header: {MARKER}", ()),
        ("gunicorn.access", '%(h)s "%(r)s"', ({"h": "1.2.3.4", "r": f"GET /?q={MARKER}"},)),
        ("celery.worker", "Received and deleted unknown message: %s", (MARKER,)),
        ("kombu", "Cannot connect to %s: %s", (f"redis://:{MARKER}@x", ValueError(MARKER))),
        ("whoever", "%s", (ValueError(MARKER),)),
    ],
)
def test_what_libraries_fill_into_their_lines_is_left_out(logged, logger, message, arguments):
    logging.getLogger(logger).error(message, *arguments)
    logging.getLogger(logger).debug(message, *arguments)
    assert MARKER not in logged.text
    if logger != "gunicorn.access":
        assert logged.text.count('"error"') == 1, "the line itself is there"


def test_numbers_and_kinds_of_errors_stay_in_the_lines_of_libraries(logged):
    logging.getLogger("kombu").error("Lost %s after %d: %s", MARKER, 7, ValueError(MARKER))
    assert "Lost … after 7: ValueError" in json.loads(logged.text)["event"]


def test_gunicorn_still_says_where_it_listens(logged):
    logging.getLogger("gunicorn.error").setLevel("INFO")
    logging.getLogger("gunicorn.error").info("Listening at: %s (%s)", "http://127.0.0.1:8000", 7)
    assert "http://127.0.0.1:8000" in logged.text


def test_a_mailed_link_stands_in_no_line(logged, rosa, client, settings):
    from django.core import mail

    settings.DESK_URL = "https://desk.example"
    client.post("/accounts/password/reset/", {"email": MAIL})
    delivery.send_due(now=this_second())
    [link] = re.findall(r"https://desk\.example(/\S+)", mail.outbox[-1].body)
    client.get(link, follow=True)
    assert "/accounts/password/reset/" in logged.text
    assert link.rstrip("/").rpartition("/")[2] not in logged.text


def test_what_happens_to_an_account_is_one_line_each_with_its_id(
    logged, desk, rosa, client, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        me = str(rosa.pk)
        log_in(client, "wrong")
        log_in(client, name="nobody at all")
        for _ in range(11):
            log_in(Client(REMOTE_ADDR="203.0.113.9"), "wrong", "tomasz")
        log_in(client)
        client.post(TOKENS, {"name": MARKER, "scope": "read", "days": "30"})
        token, text = make_token(rosa, name="Booking")
        for _ in range(2):
            Client(headers={"Authorization": f"Bearer {text}"}).get("/api/tickets")
        client.post(f"/accounts/tokens/{token.pk}/revoke/")
        client.get(f"/customers/{desk.customer.customer_id}/export/")
        client.get("/accounts/second-factor/")
        device = TOTPDevice.objects.get()
        client.post("/accounts/second-factor/", {"code": "000000"})
        TOTPDevice.objects.update(throttling_failure_count=0)
        client.post("/accounts/second-factor/", {"code": code_of(device)})
        device.refresh_from_db()
        client.post("/accounts/second-factor/", {"code": code_of(device, step=1)})
        client.post("/accounts/logout/")
        boss = Client()
        boss.force_login(desk.supervisor_user)
        boss.post(f"/customers/{desk.customer.customer_id}/erase/", {"sure": desk.customer.name})

    expected = {
        "login_failed": [me, None, str(desk.rep2_user.pk)],
        "locked": [str(desk.rep2_user.pk)],
        "login": [me, str(desk.supervisor_user.pk)],
        "token_made": [me],
        "token_first_used": [me],
        "token_revoked": [me],
        "customer_exported": [me],
        "code_failed": [me],
        "second_factor_added": [me],
        "second_factor_removed": [me],
        "logout": [me],
        "customer_erased": [str(desk.supervisor_user.pk)],
    }
    seen = {event: [line["account"] for line in logged.of(event)] for event in expected}
    assert {event: list(dict.fromkeys(who)) for event, who in seen.items()} == expected
    assert len(seen["token_first_used"]) == 1
    assert logged.of("locked")[0]["address"] == "203.0.113.9"
    assert logged.of("customer_exported")[0]["customer"] == desk.customer.customer_id
    assert MARKER not in logged.text


@pytest.mark.django_db(transaction=True)
def test_a_new_password_and_the_end_of_an_account_are_lines_once_they_are_written(logged, desk):
    rosa = User.objects.get(pk=desk.rep_user.pk)
    rosa.set_password(PASSWORD)
    rosa.save()
    User.objects.filter(pk=rosa.pk).update(is_active=False)
    assert [line["account"] for line in logged.of("password_changed")] == [str(rosa.pk)]
    assert [line["account"] for line in logged.of("account_deactivated")] == [str(rosa.pk)]
