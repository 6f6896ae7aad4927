"""What is understood of a message, however it was written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.mail.reading import Address, Automatic, Problem, content_key, read

ORDINARY = (
    b"Return-Path: <ann@x.example>\nReceived: by mx.example\nFrom: Ann Li <Ann@X.example>\n"
    b"To: desk@helpdesk.example\nSubject: My car\nDate: Mon, 1 Feb 2016 10:15:00 +0100\n"
    b"Message-ID: <1@x.example>\nContent-Type: text/plain; charset=utf-8\n\nWhere is it?\n"
)


def mail(*header: str | bytes, body: bytes = b"Hello") -> bytes:
    lines = [line if isinstance(line, bytes) else line.encode() for line in header]
    return b"\r\n".join([*lines, b"", body])


def test_an_ordinary_message():
    message = read(ORDINARY)

    assert message.message_id == "1@x.example"
    assert message.date == datetime(2016, 2, 1, 9, 15, tzinfo=UTC)
    assert message.subject == "My car"
    assert message.sender == (Address("Ann Li", "ann@x.example"),)
    assert message.return_path == "ann@x.example"
    assert message.text == "Where is it?"
    assert message.automatic is Automatic.NO
    assert message.problems == ()


@given(st.binary(max_size=2_000))
def test_any_bytes_are_read(raw):
    read(raw)


@pytest.mark.parametrize(
    ("header", "message_id"),
    [
        ("Message-ID: <[x]@y>", "[x]@y"),
        ("Message-ID: <a\r\n b@x.example>", "ab@x.example"),
        ("Message-ID: <>", ""),
        ("Message-ID:", ""),
        ("X-Other: 1", ""),
        ("Message-ID: bare@x.example", "bare@x.example"),
        ("Message-ID: =?utf-8?q?=3Clong=40x.example=3E?=", "long@x.example"),
    ],
)
def test_case_08_message_ids(header, message_id):
    message = read(mail("From: a@x.example", header))

    assert message.message_id == message_id
    assert (Problem.NO_MESSAGE_ID in message.problems) is (message_id == "")


def test_case_07_the_key_of_the_same_bytes_is_the_same_and_of_other_content_another():
    assert content_key(ORDINARY) == content_key(ORDINARY)
    assert content_key(ORDINARY) != content_key(ORDINARY.replace(b"Where", b"There"))
    assert content_key(ORDINARY) != content_key(ORDINARY.replace(b"<1@", b"<2@"))
