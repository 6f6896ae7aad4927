"""Everybody changes their own password, and gets a new one by mail; nobody learns who has one."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_otp.plugins.otp_totp.models import TOTPDevice

from helpdesk.accounts.models import User
from helpdesk.accounts.tokens import make_token
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import Transaction
from helpdesk.mail import delivery, queue

LOGIN, CHANGE, RESET = "/accounts/login/", "/accounts/password/", "/accounts/password/reset/"
NEW = "blue-Gantry-47-moves"


@pytest.fixture(autouse=True)
def rosa(desk, settings):
    settings.DESK_URL = "https://desk.example"
    return desk.rep_user


def ask(client, email="rosa@helpdesk.example"):
    return client.post(RESET, {"email": email})


def send():
    """What the worker does."""
    delivery.send_due(now=this_second() + timedelta(seconds=1))
    return mail.outbox


def mailed_link():
    [message] = send()
    [link] = re.findall(r"https://desk\.example(/\S+)", message.body)
    return link


def choose(client, link, password=NEW):
    """Follow a mailed link and type a password; returns the answer."""
    form = client.get(link, follow=True)
    address = form.redirect_chain[-1][0] if form.redirect_chain else link
    return client.post(address, {"new_password1": password, "new_password2": password})


def signed_in(client):
    return client.get("/accounts/preferences/").status_code == 200


def log_in(client, password):
    return client.post(LOGIN, {"username": "rosa", "password": password})


def test_a_representative_changes_their_password_and_other_sessions_and_tokens_end(client, rosa):
    elsewhere = Client()
    for one in (client, elsewhere):
        one.force_login(rosa)
    _token, text = make_token(rosa, name="Booking")
    assert CHANGE in client.get("/accounts/preferences/").content.decode()
    answer = client.post(
        CHANGE, {"old_password": "demo", "new_password1": NEW, "new_password2": NEW}
    )

    assert answer.status_code == 302
    assert signed_in(client), "whoever changed it goes on working"
    assert not signed_in(elsewhere), "a session lives on with the old password"
    bearer = {"Authorization": f"Bearer {text}"}
    assert Client().get("/api/tickets", headers=bearer).status_code == 401
    assert User.objects.get(pk=rosa.pk).check_password(NEW)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("wrong", NEW, "incorrect"),
        ("demo", "short", "12 characters"),
        ("demo", "x" * 129, "128 characters"),
        ("demo", "1q2w3e4r5t6y", "common"),
    ],
)
def test_a_change_that_is_refused_says_why_and_changes_nothing(client, rosa, old, new, words):
    client.force_login(rosa)
    answer = client.post(CHANGE, {"old_password": old, "new_password1": new, "new_password2": new})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert User.objects.get(pk=rosa.pk).check_password("demo")


def test_the_old_password_is_guessed_under_the_same_limits_as_at_the_door(client, rosa):
    client.force_login(rosa)
    wrong = {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW}
    for _ in range(12):
        answer = client.post(CHANGE, wrong)
    assert answer.status_code == 429, "a found session may guess the password for ever"


def test_a_forgotten_password_is_replaced_by_mail_once(client, rosa):
    before = Client()
    before.force_login(rosa)
    assert RESET in client.get(LOGIN).content.decode()
    assert ask(client).status_code == 302
    link = mailed_link()
    answer = choose(client, link)

    assert answer.status_code == 302
    assert not signed_in(before), "a session outlived the reset"
    assert not signed_in(client), "nobody is signed in by a link"
    assert log_in(client, NEW).status_code == 302
    again = Client().get(link, follow=True)
    assert "This link has expired" in again.content.decode(), "a link works twice"


def test_whoever_has_forgotten_and_tried_too_often_gets_in_with_the_new_one(client, rosa):
    for _ in range(11):
        answer = log_in(client, "wrong")
    assert answer.status_code == 429, "this test needs a lock"
    ask(client)
    choose(client, mailed_link())

    assert log_in(client, NEW).status_code == 302, "the mailbox's owner waits for their own errors"


def test_a_reset_leaves_the_second_factor_where_it_was(client, rosa):
    TOTPDevice.objects.create(user=rosa, name="phone", confirmed=True)
    ask(client)
    choose(client, mailed_link())

    assert log_in(client, NEW)["Location"] == "/accounts/login/code/"
    assert not signed_in(client)
    assert TOTPDevice.objects.filter(user=rosa, confirmed=True).exists()


def test_a_link_is_good_for_an_hour(client, rosa, monkeypatch):
    ask(client)
    link = mailed_link()
    now = default_token_generator._now()
    for minutes, words in ((61, "This link has expired"), (59, "Set a new password")):
        at = now + timedelta(minutes=minutes)
        monkeypatch.setattr(default_token_generator, "_now", lambda at=at: at)
        assert words in client.get(link, follow=True).content.decode()


def test_the_queue_and_the_broker_hold_neither_link_nor_address(
    client, rosa, monkeypatch, django_capture_on_commit_callbacks
):
    sent = []
    monkeypatch.setattr(
        "celery.app.base.Celery.send_task", lambda _app, *what, **more: sent.append((what, more))
    )
    with django_capture_on_commit_callbacks(execute=True):
        ask(client)
    [queued] = queue.due(this_second() + timedelta(seconds=1), limit=10)

    kept = str(queued.to_dynamodb_dict()) + str(sent) + str(vars(caches["default"]))
    assert str(rosa.pk) in queued.reference
    assert "rosa" not in kept
    assert queued.reference.count(":") == 1, "ids alone"
    assert sent, "the worker was not told"


def test_whether_there_is_an_account_shows_neither_in_words_nor_in_work(client, rosa, monkeypatch):
    writes = []
    put = Transaction.put
    monkeypatch.setattr(
        Transaction, "put", lambda *what, **more: (writes.append(1), put(*what, **more))
    )
    ask(client, "warm@helpdesk.example")
    seen = {}
    for email in ("nobody@helpdesk.example", "rosa@helpdesk.example"):
        writes.clear()
        with CaptureQueriesContext(connection) as asked:
            answer = ask(client, email)
        page = client.get(answer["Location"]).content.decode()
        assert email not in page
        statements = [one["sql"].split()[0] for one in asked]
        seen[email] = (answer.status_code, answer["Location"], statements, len(writes), page)
        assert len(send()) == (1 if email.startswith("rosa") else 0)

    assert len(set(map(str, seen.values()))) == 1, seen
    assert len(writes) == 1
    assert queue.due(this_second() + timedelta(days=3), limit=10) == [], "mail to nobody stays"


def test_the_deactivated_get_no_mail(client, rosa):
    rosa.is_active = False
    rosa.save()
    assert ask(client).status_code == 302
    assert send() == []


def test_whoever_was_deactivated_after_asking_gets_no_mail(client, rosa):
    ask(client)
    rosa.is_active = False
    rosa.save()
    assert send() == []


def test_many_requests_send_few_mails_and_an_address_is_stopped(client, rosa):
    for _ in range(6):
        ask(client)
        delivery.send_due(now=this_second() + timedelta(seconds=1))
    assert 1 <= len(mail.outbox) <= 3, "a mailbox is filled by anybody who likes to"

    answers = {ask(client, f"x{number}@helpdesk.example").status_code for number in range(30)}
    assert answers == {302, 429}


def test_two_accounts_with_one_address_are_both_told(client, rosa, desk):
    desk.rep2_user.email = "Rosa@helpdesk.example"
    desk.rep2_user.save()
    ask(client)

    assert {"rosa" in one.body for one in send()} == {True, False}
    assert len(mail.outbox) == 2


def test_a_desk_that_does_not_know_its_address_lists_the_mail_with_the_reason(
    client, rosa, settings
):
    settings.DESK_URL = ""
    ask(client)
    assert send() == []
    client.force_login(rosa)
    assert "DESK_URL" in client.get("/mail/undelivered/").content.decode()


def test_the_admin_sends_to_the_same_page(client, desk):
    client.force_login(desk.supervisor_user)
    assert client.get("/admin/password_change/")["Location"] == CHANGE
