"""Signing in: guessing locks, a second device is asked for, and there is one way in."""

import logging
import threading
import time
from contextlib import suppress

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_totp.models import TOTPDevice

from helpdesk.accounts.models import Tries
from helpdesk.accounts.throttle import PAIR

LOGIN, CODE, SETUP = "/accounts/login/", "/accounts/login/code/", "/accounts/second-factor/"


@pytest.fixture(autouse=True)
def rosa(desk):
    return desk.rep_user


def log_in(client, password=None, name="rosa"):
    return client.post(LOGIN, {"username": name, "password": password or "demo"})


def code_of(device, *, step=0):
    totp = TOTP(device.bin_key, device.step, device.t0, device.digits, device.drift)
    totp.time = time.time() + step * device.step
    return f"{totp.token():06d}"


@pytest.fixture
def device(rosa):
    return TOTPDevice.objects.create(user=rosa, name="phone", confirmed=True)


def signed_in(client):
    return client.get("/accounts/preferences/").status_code == 200


def test_guessing_locks_a_name_for_that_address_and_says_so():
    guesser = Client(REMOTE_ADDR="203.0.113.9")
    for _ in range(PAIR.free + 1):
        answer = log_in(guesser, "wrong")
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 800
    assert "Try again in 15 minutes" in answer.content.decode()
    assert log_in(guesser).status_code == 429, "the right password no longer helps"

    assert log_in(Client(REMOTE_ADDR="203.0.113.10")).status_code == 302, "its owner, elsewhere"
    assert log_in(guesser, name="tomasz").status_code == 302, "somebody else at that address"


def test_a_right_password_forgets_the_wrong_ones(client):
    for _ in range(3):
        for _ in range(PAIR.free - 1):
            log_in(client, "wrong")
        assert log_in(client).status_code == 302
        client.logout()


def test_an_administrator_unlocks_a_name(client, desk):
    from django.urls import reverse

    from helpdesk.accounts.models import User

    for _ in range(PAIR.free + 1):
        log_in(client, "wrong")
    assert log_in(client).status_code == 429
    boss = Client()
    boss.force_login(User.objects.create_superuser("ada", password="demo"))
    for lock in Tries.objects.filter(user__username="rosa"):
        assert "rosa" in boss.get(reverse("admin:accounts_tries_changelist")).content.decode()
        boss.post(reverse("admin:accounts_tries_delete", args=[lock.pk]), {"post": "yes"})

    assert log_in(client).status_code == 302


def test_a_second_device_is_asked_for_and_nobody_is_in_before(client, device):
    answer = client.post(
        f"{LOGIN}?next=/reports/", {"username": "rosa", "password": "demo", "next": "/reports/"}
    )
    assert answer["Location"] == CODE
    assert not signed_in(client)

    wrong = client.post(CODE, {"code": "000000"})
    assert wrong.status_code == 422
    assert "Invalid or already used" in wrong.content.decode(), "one wrong code is not too often"
    assert not signed_in(client)
    TOTPDevice.objects.update(throttling_failure_count=0)
    right = client.post(CODE, {"code": code_of(device)})

    assert right["Location"] == "/reports/"
    assert signed_in(client)


def test_a_code_counts_once(client, device):
    code = code_of(device)
    log_in(client)
    client.post(CODE, {"code": code})
    other = Client()
    log_in(other)

    assert other.post(CODE, {"code": code}).status_code == 422


def test_a_code_counts_once_for_as_many_as_send_it_at_once(rosa, transactional_db, monkeypatch):
    device = TOTPDevice.objects.create(user=rosa, name="phone", confirmed=True)
    code, clients, answers = code_of(device), [Client() for _ in range(4)], []
    for one in clients:
        log_in(one)
    together = threading.Barrier(len(clients))
    allowed = TOTPDevice.verify_is_allowed

    def all_have_looked(self):
        with suppress(threading.BrokenBarrierError):  # where one waits for the other
            together.wait(timeout=0.5)
        return allowed(self)

    monkeypatch.setattr(TOTPDevice, "verify_is_allowed", all_have_looked)

    def enter(one):
        answers.append(one.post(CODE, {"code": code}).status_code)
        connection.close()

    threads = [threading.Thread(target=enter, args=(one,)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [302, 422, 422, 422]


def test_guessing_codes_makes_the_device_wait(client, device):
    log_in(client)
    for _ in range(4):
        answer = client.post(CODE, {"code": "000000"})
    assert "Too many attempts" in answer.content.decode()
    assert client.post(CODE, {"code": code_of(device)}).status_code == 422


def test_the_code_page_is_nothing_without_a_password(client, device):
    assert client.get(CODE)["Location"] == LOGIN
    assert client.post(CODE, {"code": code_of(device)})["Location"] == LOGIN


def test_the_code_page_does_not_wait_for_ever(client, device):
    log_in(client)
    session = client.session
    session["second_factor"] = {**session["second_factor"], "at": 0}
    session.save()

    assert client.post(CODE, {"code": code_of(device)})["Location"] == LOGIN


def test_a_device_is_tied_to_an_account_by_its_code_and_let_go_by_another(client, rosa):
    client.force_login(rosa)
    page = client.get(SETUP).content.decode()
    assert "data:image/svg+xml" in page
    device = TOTPDevice.objects.get()
    assert client.post(SETUP, {"code": "000000"}).status_code == 422
    TOTPDevice.objects.update(throttling_failure_count=0)
    client.post(SETUP, {"code": code_of(device)})
    assert TOTPDevice.objects.get().confirmed
    assert device.key not in client.get(SETUP).content.decode()

    device.refresh_from_db()
    client.post(SETUP, {"code": code_of(device, step=1)})
    assert not TOTPDevice.objects.filter(confirmed=True).exists()


def test_there_is_one_way_in(client):
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0] == f"{LOGIN}?next=/admin/"
    posted = client.post("/admin/login/", {"username": "rosa", "password": "demo"})
    assert posted["Location"].startswith(LOGIN)
    assert not signed_in(client)


def test_whoever_lacks_the_right_is_told_so_and_not_asked_again(client, rosa):
    client.force_login(rosa)
    assert client.get("/admin/", follow=True).status_code == 403


def test_cookies_and_hashes_are_hard_in_production():
    from importlib import import_module

    from django.contrib.auth.hashers import Argon2PasswordHasher
    from django.utils.module_loading import import_string

    source = import_module("helpdesk.settings")
    assert source.SESSION_COOKIE_SECURE
    assert source.CSRF_COOKIE_SECURE
    assert source.SESSION_COOKIE_SAMESITE == "Lax"
    assert settings.SESSION_COOKIE_HTTPONLY
    assert issubclass(import_string(source.PASSWORD_HASHERS[0]), Argon2PasswordHasher)


def test_a_short_password_is_refused():
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError, match="12 characters"):
        validate_password("kfz9!wqmTp2")
    validate_password("kfz9!wqmTp2x")
    validate_password("kfz9!wqm" * 16)
    with pytest.raises(ValidationError, match="128 characters"):
        validate_password("kfz9!wqm" * 16 + "x")


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via"]
)
def test_metrics_without_a_token_are_not_for_whoever_comes_through_a_proxy(client, header):
    assert client.get("/metrics").status_code == 200
    through = client.get("/metrics", headers={header: "203.0.113.9"})
    assert through.status_code == 404, f"{header} shows that a proxy asks for a stranger"


def test_in_production_metrics_want_a_token_even_on_loopback(client, settings):
    """A proxy on this machine comes from there, and need not show that it is one."""
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/metrics").status_code == 404


def test_behind_a_proxy_metrics_want_a_token(client, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "scraper"
    answer = client.get("/metrics", headers={"Authorization": "Bearer scraper"})
    assert answer.status_code == 200


def test_logs_hold_the_path_and_not_what_was_searched(client, rosa, caplog):
    # What reaches Python's loggers: structlog's own capturing hears nothing of loggers that were
    # in use before the settings were read a second time, as tests of the settings do.
    client.force_login(rosa)
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="django_structlog"):
        client.get("/tickets/?q=picard@example.org")

    lines = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    requests = [line for line in lines if str(line["event"]).startswith("request_")]
    assert [line["event"] for line in requests] == ["request_started", "request_finished"]
    assert all("/tickets/" in str(line["request"]) for line in requests)
    assert "picard" not in str([record.getMessage() for record in caplog.records])
    assert "picard" not in caplog.text
