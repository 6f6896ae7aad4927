"""A second factor can be required by role; recovery codes take a device's place once."""

import re
from hashlib import sha256

import pytest
from django.test import Client
from django.urls import reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from helpdesk.accounts import recovery
from helpdesk.accounts.models import User
from helpdesk.accounts.session_models import RecoveryCode
from tests.security.test_login import CODE, LOGIN, SETUP, code_of, log_in, signed_in

CODES = "/accounts/recovery-codes/"


@pytest.fixture
def rosa(desk):
    return desk.rep_user


@pytest.fixture
def device(rosa):
    return TOTPDevice.objects.create(user=rosa, name="phone", confirmed=True)


def shown(answer):
    return re.findall(r"data-recovery-code>([^<]+)<", answer.content.decode())


def enrol(client):
    """Set up a device as a person does; return it and the page that follows."""
    client.get(SETUP)
    device = TOTPDevice.objects.get(confirmed=False)
    return device, client.post(SETUP, {"code": code_of(device)})


def test_turning_it_on_gives_ten_codes_once(client, rosa):
    client.force_login(rosa)
    _device, page = enrol(client)

    codes = shown(page)
    assert len(codes) == len(set(codes)) == recovery.HOW_MANY
    assert "no-store" in page["Cache-Control"]
    assert shown(client.get(SETUP)) == []
    stored = str(list(RecoveryCode.objects.values()))
    assert not any(code in stored or code.replace("-", "") in stored for code in codes)


def test_a_recovery_code_lets_in_once(client, rosa):
    client.force_login(rosa)
    _device, page = enrol(client)
    [code, other, *_rest] = shown(page)
    browser = Client()
    log_in(browser)
    assert browser.post(CODE, {"code": f" {code.upper()} "}).status_code == 302
    assert signed_in(browser)

    again = Client()
    log_in(again)
    assert again.post(CODE, {"code": code}).status_code == 422, "used twice"
    TOTPDevice.objects.update(throttling_failure_count=0, throttling_failure_timestamp=None)
    assert again.post(CODE, {"code": other}).status_code == 302
    assert recovery.codes_left(rosa) == 8


def test_codes_are_too_long_to_guess_and_those_of_earlier_releases_stay_good(client, rosa, device):
    [new, *_rest] = recovery.make_codes(rosa, None)
    assert len(new.replace("-", "")) * 5 >= 112, "bits; a letter of Base32 has five"
    earlier = "abcd-efgh-ijkl-mnop"
    RecoveryCode.objects.create(user=rosa, digest=sha256(b"abcdefghijklmnop").hexdigest())

    log_in(client)
    assert client.post(CODE, {"code": earlier}).status_code == 302
    assert signed_in(client)


def test_guessing_recovery_codes_makes_the_device_wait(client, rosa, device):
    [code, *_rest] = recovery.make_codes(rosa, None)
    log_in(client)
    for _ in range(3):
        answer = client.post(CODE, {"code": "aaaa-bbbb-cccc-dddd"})
    assert "Too many attempts" in answer.content.decode()
    assert client.post(CODE, {"code": code}).status_code == 422
    assert recovery.codes_left(rosa) == 10


def test_somebody_elses_recovery_code_is_none(client, desk, device):
    [code, *_rest] = recovery.make_codes(desk.rep2_user, None)
    log_in(client)
    assert client.post(CODE, {"code": code}).status_code == 422
    assert recovery.codes_left(desk.rep2_user) == 10


def test_new_codes_replace_the_old_ones_after_the_password(client, rosa, device):
    client.force_login(rosa)
    old = shown(client.post(CODES))
    session = client.session
    session["confirmed_at"] = 0
    session.save()
    assert client.post(CODES).status_code == 403
    new = shown(client.post(CODES, {"confirm_password": "demo"}))
    assert len(new) == 10
    assert not set(new) & set(old)
    assert not recovery.use_code(rosa, old[0])
    assert recovery.use_code(rosa, new[0])


def test_no_device_no_codes(client, rosa):
    client.force_login(rosa)
    assert client.post(CODES)["Location"] == SETUP
    assert not RecoveryCode.objects.exists()


def test_codes_go_with_the_device(client, rosa, device):
    recovery.make_codes(rosa, None)
    client.force_login(rosa)
    client.post(SETUP, {"code": code_of(device)})
    assert not RecoveryCode.objects.exists()


def test_an_administrators_reset_takes_the_codes_along(client, rosa, device):
    recovery.make_codes(rosa, None)
    client.force_login(User.objects.create_superuser("ada", password="demo"))
    action = {"action": "forget_second_factor", "_selected_action": [rosa.pk]}
    client.post(reverse("admin:accounts_user_changelist"), action)
    assert not RecoveryCode.objects.exists()


def test_whose_role_requires_it_sets_it_up_before_anything_else(client, desk, settings):
    settings.SECOND_FACTOR_FOR = "supervisors"
    client.force_login(desk.supervisor_user)
    for page in ("/", "/admin/", "/accounts/sessions/", "/tickets/?q=x"):
        assert client.get(page)["Location"] == SETUP, page
    assert client.get("/api/tickets").status_code == 401
    part = client.get("/live/", headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"]) == (204, SETUP)
    for page in (SETUP, f"/accounts/confirm/?next={SETUP}"):
        here = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
        assert "HX-Redirect" not in client.get("/live/", headers=here), "it reloads for ever"
    assert "Your role requires" in client.get(SETUP).content.decode()

    enrol(client)
    assert client.get("/").status_code == 200
    assert client.get("/api/tickets").status_code == 200
    representative = Client()
    representative.force_login(desk.rep_user)
    assert representative.get("/").status_code == 200, "nothing is required of them"


def test_it_can_be_required_of_everybody(client, rosa, settings):
    settings.SECOND_FACTOR_FOR = "everybody"
    client.force_login(rosa)
    assert client.get("/")["Location"] == SETUP
    assert client.post("/accounts/logout/")["Location"] == LOGIN


def test_what_is_required_is_not_turned_off(client, rosa, device, settings):
    settings.SECOND_FACTOR_FOR = "everybody"
    client.force_login(rosa)
    answer = client.post(SETUP, {"code": code_of(device)})
    assert answer.status_code == 422
    assert TOTPDevice.objects.filter(confirmed=True).exists()


def test_turning_it_on_ends_sessions_that_began_without_it(client, rosa):
    other = Client()
    other.force_login(rosa)
    client.force_login(rosa)
    enrol(client)
    assert signed_in(client)
    assert not signed_in(other)
