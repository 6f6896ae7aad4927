"""Mail that is made to take long takes little time."""

import time
import tracemalloc

import pytest

from helpdesk.mail.reading import content_key, read
from helpdesk.mail.reading.addressed import addressed_to, written_sender
from helpdesk.mail.reading.quotes import folded

HEAD = b"From: MAILER-DAEMON@x.example\r\nReturn-Path: <>\r\nSubject: Delivery failed\r\n"
HTML = b"Content-Type: text/html\r\n"
BASE64 = b"Content-Transfer-Encoding: base64\r\n"
MIXED = b"Content-Type: multipart/mixed; boundary=b\r\n"
MILLION = 1_000_000

MAILS = {
    "a long line": (b"", b"x" * 10 * MILLION),
    "empty lines": (b"", b"\n" * 10 * MILLION),
    "headings": (b"", b"From: a\nSent: b\n" * 200_000),
    "introductions": (b"", b"On 1 Jan 2016, a <a@x.example\n" * 100_000),
    "addresses": (b"", b"a@b " * 500_000),
    "codes": (b"", b"5.1.1 550 " * 300_000),
    "message ids": (b"", b"Message-ID: <" * 300_000),
    "tags": (HTML, b"<b>" * MILLION),
    "paragraphs": (HTML, b"<p>Hello</p>\n" * MILLION),
    "open tags": (HTML, b"<a b='" * MILLION),
    "comments": (HTML, b"<!--" * MILLION),
    "spaces": (HTML, b"&nbsp;" * MILLION),
    "meta": (HTML, b"<meta " * MILLION),
    "paddings": (BASE64, b"A=" * 3 * MILLION),
    "no base64": (BASE64, b"\xff" * 10 * MILLION),
    "nearly base64": (BASE64, (b"QUJD" * 18 + b"!\n") * 200_000),
    "parts": (MIXED, b"--b\n\nx\n" * 500_000),
    "no parts": (MIXED, b"--b" + b" " * 10 * MILLION + b"x\n--"),
    "dashes": (b"Content-Type: multipart/mixed\r\n", b"--" + b" " * 10 * MILLION + b"x"),
    "lines of dashes": (b"Content-Type: multipart/mixed\r\n", b"--x\n" * 2 * MILLION),
    "a long subject": (b"X-Subject: " + b"=?utf-8?q?=C3?= " * 100_000 + b"\r\n", b"x"),
    "headers": (b"X-A: b\r\n" * 500_000, b"x"),
    "references": (b"References: " + b"<a@b> " * 300_000 + b"\r\n", b"x"),
    "recipients": (b"To: " + b"a@b.example, " * 200_000 + b"\r\n", b"x"),
    "parameters": (b"Content-Type: text/plain" + b"; a*0*=b" * 200_000 + b"\r\n", b"x"),
    "escapes": (b"Content-Type: text/plain; charset=iso-2022-jp\r\n", b"\x1b$B" * 2 * MILLION),
    "utf-7": (b"Content-Type: text/plain; charset=utf-7\r\n", b"+" * 5 * MILLION),
    "status": (
        b"Content-Type: message/delivery-status\r\n",
        b"Final-Recipient: rfc822; a@b.example\n\n" * 100_000,
    ),
    "unfinished status": (b"Content-Type: message/delivery-status\r\n", b"\n" * 2 * MILLION),
    "a winmail": (b"Content-Type: application/ms-tnef\r\n", b"\x78\x9f\x3e\x22" + b"\0" * MILLION),
}


@pytest.mark.parametrize("mail", MAILS.values(), ids=MAILS)
def test_reading_takes_less_than_a_child_may(mail):
    headers, body = mail
    began = time.process_time()

    message = read(HEAD + headers + b"\r\n" + body)

    folded(message.text)
    assert time.process_time() - began < 5


LINES = {
    "line ends of old Macs": b"Subject: x\r\n\r\n" + b"\r" * 5 * MILLION,
    "line ends": b"Subject: x\r\n\r\n" + b"\r\n" * 2 * MILLION,
    "fields": b"X-A: b\n" * 200_000,
    "fields without a name": b"Subject: x\n" + b"b\n" * 2 * MILLION,
}


@pytest.mark.parametrize("raw", LINES.values(), ids=LINES)
def test_what_is_read_outside_of_the_child_takes_little_memory(raw):
    """Nobody ends the process that makes the key, so it has to be careful itself."""
    tracemalloc.start()

    key, named, sender = content_key(raw), addressed_to(raw), written_sender(raw)

    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(key), named, sender) == (64, [], "")
    assert peak < 60 * MILLION


def test_a_header_without_end_still_has_a_key_of_all_of_it():
    endless = b"From: a@x.example\n" + b"X-A: b\n" * 200_000

    assert content_key(endless + b"X-B: c\n") != content_key(endless)
    assert written_sender(endless) == "a@x.example"
