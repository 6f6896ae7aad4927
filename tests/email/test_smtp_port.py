"""The port of `make run` that takes mail of customers: from this machine, and no web page."""

import asyncio
import os
import smtplib
import socket
import subprocess
import sys
import threading

import pytest

from tests.email.conftest import GIULIA, SUPPORT, raw, take
from tests.email.test_development import ROOT
from tests.world import stored
from tickets.models import Mailbox
from tickets.services.email.development import smtp_port

# ------------------------------------------------------------------ the port


@pytest.fixture
def port(at_home, transactional_db, desk):
    """A port that takes mail, in a thread."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    told = threading.Event()
    heard = []

    def listening(number):
        heard.append(number)
        told.set()

    thread = threading.Thread(
        target=loop.run_until_complete,
        args=(smtp_port.listen(0, listening=listening, stop=stop),),
    )
    thread.start()
    assert told.wait(20)
    yield heard[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def support(transactional_db):
    return Mailbox.objects.create(name="support", address=SUPPORT)


def test_a_mail_is_recorded_before_it_is_acknowledged(port, support):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
        refused = smtp.sendmail(GIULIA, [SUPPORT], raw(subject="By SMTP"))
    assert refused == {}
    again = take(subject="By SMTP")
    assert again.outcome == "duplicate"
    assert stored(again.ticket_id).subject == "By SMTP"


def test_lines_and_messages_may_be_as_long_as_mail_gets(port, support):
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as smtp:
        smtp.sendmail(GIULIA, [SUPPORT], raw(body="x" * 200_000))
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            smtp.sendmail(GIULIA, [SUPPORT], raw(body="too much\r\n" * 3_200_000))
    assert refused.value.smtp_code == 552
    assert take(body="x" * 200_000).outcome == "duplicate"


def test_dots_at_the_start_of_lines_arrive_as_they_were(port, support):
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp:
        smtp.sendmail(GIULIA, [SUPPORT], raw(body=".\r\n..two"))
    found = take(body=".\r\n..two")
    assert found.outcome == "duplicate"


def test_what_is_not_recorded_is_not_acknowledged(port, support, monkeypatch):
    monkeypatch.setattr(smtp_port, "receive", lambda *raw, **envelope: 1 / 0)
    with (
        smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp,
        pytest.raises(smtplib.SMTPDataError) as later,
    ):
        smtp.sendmail(GIULIA, [SUPPORT], raw())
    assert later.value.smtp_code == 451
    assert b"ZeroDivision" not in later.value.smtp_error


def test_without_a_mailbox_it_says_so_and_asks_for_patience(port):
    with (
        smtplib.SMTP("127.0.0.1", port, timeout=30) as smtp,
        pytest.raises(smtplib.SMTPDataError, match="no mailbox") as later,
    ):
        smtp.sendmail(GIULIA, [SUPPORT], raw())
    assert later.value.smtp_code == 451


HIDDEN = (
    b"EHLO x\r\nMAIL FROM:<a@posta.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n"
    b"From: a@posta.example\r\nSubject: smuggled\r\n\r\nx\r\n.\r\nQUIT\r\n"
)


@pytest.mark.parametrize(
    "first",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n\r\n",
        b"OPTIONS / HTTP/1.1\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n",  # TLS
        b"\r\n",
        b"x" * 5_000 + b"\r\n",
        b"EHLO x\r\nPOST / HTTP/1.1\r\n",
    ],
)
def test_the_first_line_that_is_no_smtp_ends_the_conversation(port, support, monkeypatch, first):
    taken = []
    monkeypatch.setattr(smtp_port, "_take", lambda *mail: taken.append(mail) or "250 taken")

    assert b"250 taken" in said(port, HIDDEN), "the same without that line is taken"
    assert len(taken) == 1

    assert b"250 taken" not in said(port, first + HIDDEN)
    assert len(taken) == 1


def said(port, sent):
    """All that a server says to bytes sent at once, until it closes."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as one:
        try:
            one.sendall(sent)
            while chunk := one.recv(4_096):
                heard += chunk
        except ConnectionError:  # closed with something unread: that ends it as well
            pass
    return heard


def test_it_listens_on_this_machine_alone(port):
    assert smtp_port.HOST == "127.0.0.1"
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.2", port), timeout=5)


def test_it_refuses_to_start_outside_development(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "development_smtp"],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DATA_DIR": str(tmp_path),
            "SECRET_KEY": "only for tests " * 5,
            "DYNAMODB_ENDPOINT_URL": "http://127.0.0.1:1",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "DEBUG is off" in done.stderr
    assert "Traceback" not in done.stderr
