"""Guessing gets slow and then stops, wherever it comes from; the owner of a name still gets in."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client, RequestFactory, override_settings
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.accounts import guessing, hashing, throttle
from helpdesk.accounts.addresses import client_address
from helpdesk.accounts.models import Tries, User
from helpdesk.errors import Busy, TooManyTries
from tests.world import AWAY, NOON, after

LOGIN = "/accounts/login/"


@pytest.fixture
def rosa(desk):
    return desk.rep_user


def log_in(client, password=None, name="rosa"):
    return client.post(LOGIN, {"username": name, "password": password or "demo"})


def from_address(number):
    return Client(REMOTE_ADDR=f"203.0.113.{number}")


def test_an_address_that_tries_name_after_name_is_stopped(rosa):
    guesser = from_address(9)
    answers = [log_in(guesser, "wrong", f"name{number}").status_code for number in range(60)]

    assert answers[:50].count(429) == 0, "an office shares an address"
    assert set(answers[50:]) == {429}, "one address may try every name there is"
    assert log_in(guesser).status_code == 429
    assert log_in(from_address(10)).status_code == 302


def test_a_right_password_does_not_clear_the_address_of_its_guesses(rosa, desk):
    guesser = from_address(9)
    for number in range(60):
        answer = log_in(guesser, "wrong", f"name{number}")
        if number % 10 == 0:
            log_in(guesser, name="tomasz")
            guesser.cookies.clear()
    assert answer.status_code == 429, "whoever has an account guesses others for ever"


def guess_from_everywhere(name="rosa", tries=30):
    """Wrong passwords, each from another address; the waits in between are passed over."""
    waits = []
    for number in range(1, tries + 1):
        log_in(from_address(number), "wrong", name)
        counted = Tries.objects.get(kind="name", user__username=name)
        until = counted.blocked_until or counted.changed_at
        waits.append((until - counted.changed_at).total_seconds())
        if number < tries:
            Tries.objects.filter(kind="name").update(blocked_until=None)
    return waits


def test_a_name_that_is_tried_from_everywhere_waits_longer_and_longer(rosa):
    assert guess_from_everywhere(tries=24) == [0] * 19 + [1, 2, 4, 8, 16]


def test_what_one_address_can_try_makes_no_name_wait(rosa):
    for _ in range(12):
        log_in(from_address(9), "wrong")
    assert log_in(from_address(10)).status_code == 302, "one guesser makes the owner wait"


@pytest.mark.django_db
def test_the_wait_of_a_name_ends_and_never_exceeds_five_minutes():
    limits = [throttle.NAME.of("rosa")]
    now = NOON
    for _ in range(40):
        throttle.count(limits, now=now)
        wait = (Tries.objects.get().blocked_until or now) - now
        assert wait <= timedelta(minutes=5)
        if wait:
            with pytest.raises(TooManyTries):
                throttle.count(limits, now=now)
        now += wait


def test_the_owner_gets_in_from_a_browser_that_was_in_before(rosa):
    own = from_address(77)
    assert log_in(own).status_code == 302
    own.post("/accounts/logout/")
    guess_from_everywhere()
    assert log_in(from_address(90)).status_code == 429, "this test needs a name that waits"

    assert log_in(own).status_code == 302, "guessers lock the owner out"


def test_a_browser_that_was_in_before_may_not_guess_for_ever_and_not_for_others(rosa, desk):
    own = from_address(77)
    log_in(own)
    own.post("/accounts/logout/")
    assert [log_in(own, "wrong").status_code for _ in range(12)][-1] == 429

    guess_from_everywhere("tomasz")
    assert log_in(own, "wrong", "tomasz").status_code == 429, "its cookie is for rosa alone"


def test_the_browser_is_known_by_a_signed_cookie_that_scripts_do_not_see(rosa, client):
    log_in(client)
    cookie = client.cookies["browser"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert int(cookie["max-age"]) >= 90 * 24 * 3600
    assert "rosa" not in cookie.value
    assert guessing.known_browser(asked(client), rosa.pk)
    client.cookies["browser"] = cookie.value[:-1] + ("a" if cookie.value[-1] != "a" else "b")
    assert guessing.known_browser(asked(client), rosa.pk) is None


def asked(client):
    request = RequestFactory().get("/")
    request.COOKIES["browser"] = client.cookies["browser"].value
    return request


def test_a_hundred_guesses_at_once_count_as_a_hundred(rosa, transactional_db):
    """Each is counted before it is made: none slips in between the look and the count."""
    made, refused = [], []
    ready = threading.Barrier(8)

    def guess():
        ready.wait()
        for _ in range(4):
            try:
                throttle.count([throttle.PAIR.of("rosa", "203.0.113.9")], now=NOON)
                made.append(1)
            except TooManyTries:
                refused.append(1)
        connection.close()

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(made), len(refused)) == (10, 22)


def test_what_was_typed_is_kept_by_nobody(rosa):
    log_in(from_address(9), "wrong", "my password in the wrong field")
    kept = str(list(Tries.objects.values()))
    assert "203.0.113.9" in kept, "this test reads the wrong table"
    assert "my password" not in kept


def test_counts_end_and_are_forgotten(db):
    throttle.count([throttle.PAIR.of("rosa", "203.0.113.9")], now=NOON)
    throttle.count([throttle.PAIR.of("tomasz", "203.0.113.10")], now=after(minutes=16))
    assert Tries.objects.count() == 1


def test_without_redis_people_log_in_and_guesses_are_counted(rosa, settings):
    settings.CACHES = {"default": AWAY}
    assert log_in(from_address(77)).status_code == 302
    assert [log_in(from_address(9), "wrong").status_code for _ in range(12)][-1] == 429


def test_few_passwords_are_hashed_at_once_and_the_others_are_told_to_come_back(
    rosa, settings, monkeypatch, client
):
    settings.PASSWORD_HASHERS = ["helpdesk.accounts.hashing.BoundedArgon2"]
    rosa.set_password("a long one and a right one")
    rosa.save()
    monkeypatch.setattr(hashing, "PATIENCE", 0)
    for _ in range(hashing.AT_ONCE):
        hashing._slots.acquire()
    try:
        with pytest.raises(Busy):
            rosa.check_password("a long one and a right one")
        answer = log_in(client, "a long one and a right one")
        assert answer.status_code == 503
        assert log_in(client, "x", "nobody").status_code == 503, "unknown names cost the same"
    finally:
        for _ in range(hashing.AT_ONCE):
            hashing._slots.release()
    assert log_in(client, "a long one and a right one").status_code == 302
    assert not Tries.objects.filter(tries__gt=0), "whoever was told to come back has not guessed"


def test_people_who_log_in_at_the_same_moment_do_not_lock_each_other_out(rosa, transactional_db):
    """A shared account, an office that begins at nine: right passwords, all at once."""
    ready, answers = threading.Barrier(16), []

    def enter():
        ready.wait()
        answers.append(log_in(from_address(9)).status_code)
        connection.close()

    threads = [threading.Thread(target=enter) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302] * 16


def test_hashes_that_run_give_their_slot_back_even_when_they_fail(settings):
    settings.PASSWORD_HASHERS = ["helpdesk.accounts.hashing.BoundedArgon2"]
    user = User(password="argon2$broken")
    for _ in range(hashing.AT_ONCE + 1):
        try:
            user.check_password("x")
        except Busy:
            pytest.fail("a slot was lost")
        except ValueError:
            pass


def test_a_very_long_password_is_refused_without_any_work(rosa, monkeypatch):
    worked = []
    monkeypatch.setattr(User, "check_password", lambda *_: worked.append(1))
    monkeypatch.setattr(User, "set_password", lambda *_: worked.append(1))
    assert log_in(from_address(9), "x" * 1_001).status_code != 302
    assert worked == []


def test_whatever_asks_for_a_password_is_counted(rosa):
    request = RequestFactory().post("/", REMOTE_ADDR="203.0.113.9")
    for _ in range(throttle.PAIR.free):
        assert authenticate(request, username="rosa", password="wrong") is None
    with pytest.raises(TooManyTries):
        authenticate(request, username="rosa", password="demo")


@pytest.mark.parametrize(
    ("peer", "header", "address"),
    [
        ("198.51.100.7", "203.0.113.9", "198.51.100.7"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "1.2.3.4, nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:4711", "10.0.0.1"),
        ("10.0.0.1", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2:3:4:5:6"),
        ("", "203.0.113.9", ""),
    ],
)
def test_only_a_proxy_that_is_trusted_says_where_a_request_comes_from(
    settings, peer, header, address
):
    settings.TRUSTED_PROXIES = ["10.0.0.0/24"]
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": header})
    assert client_address(request) == address


@given(forged=st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=60))
def test_whatever_a_client_writes_in_front_changes_nothing(forged):
    with override_settings(TRUSTED_PROXIES=["10.0.0.0/24"]):
        request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1")
        request.META["HTTP_X_FORWARDED_FOR"] = f"{forged}, 203.0.113.9"
        assert client_address(request) == "203.0.113.9"


def test_a_forged_header_opens_no_lock(rosa):
    answers = [
        Client(REMOTE_ADDR="203.0.113.9")
        .post(
            LOGIN,
            {"username": f"name{number}", "password": "wrong"},
            headers={"X-Forwarded-For": f"10.1.1.{number}"},
        )
        .status_code
        for number in range(60)
    ]
    assert answers[-1] == 429


def test_a_network_of_ipv6_counts_as_one_address():
    assert throttle.network("2001:db8:1:2:3:4:5:6") == throttle.network("2001:db8:1:2:ffff::1")
    assert throttle.network("2001:db8:1:2::1") != throttle.network("2001:db8:1:3::1")
    assert throttle.network("203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize("text", ["10.0.0.0/99", "proxy.example"])
def test_a_proxy_that_is_no_address_stops_the_start(text):
    from helpdesk.accounts.addresses import networks

    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        networks((text,))
