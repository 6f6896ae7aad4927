"""Subjects, names of files and other values, however they were written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.mail.reading import Problem, read
from helpdesk.mail.reading.headers import decode_words, parameters, split


def subject(raw: bytes) -> str:
    return read(b"From: a@x.example\r\nSubject: " + raw + b"\r\n\r\nHello").subject


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"My car", "My car"),
        (b"=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?b?R3LDvMOfZQ==?=", "Grüße"),
        (b"=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?q?Gr=C3?= =?utf-8?q?=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?b?R3LD?=\r\n =?utf-8?b?vMOfZQ==?=", "Grüße"),
        (b"=?utf-8?b?R3LDv?= =?utf-8?b?MOfZQ==?=", "Grüße"),
        (b"=?utf-8?q?a?= =?latin-1?q?=FC?=", "aü"),
        (b"AW: =?utf-8?q?=5B=2317=5D?= more", "AW: [#17] more"),
        (b"=?nonsense?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        (b"=?utf-8?q?Gr=FC=DFe?=", "Grüße"),
        (b"=?us-ascii?q?Gr=FC=DFe?=", "Grüße"),
        ("Grüße".encode(), "Grüße"),
        ("Grüße".encode("latin-1"), "Grüße"),
        (b"=?iso-2022-jp?b?GyRCJDMkcxsoQg==?=", "こん"),
        (b"=?gb2312?b?xOO6ww==?=", "你好"),
        (b"=?ks_c_5601-1987?b?vcXGvA==?=", "신티"),
        (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
        (b"=?hex?q?6162?=", "6162"),
        (b"a\r\n b\r\n\tc", "a b\tc".replace("\t", " ")),
    ],
)
def test_subjects(raw, text):
    assert subject(raw) == text


@pytest.mark.parametrize(
    "raw",
    [
        b"=?utf-8?q?Car=0D=0ABcc:_x@y.example?=",
        b"=?utf-8?b?Q2FyDQpCY2M6IHhAeS5leGFtcGxl?=",
        b"=?utf-8?q?Car=E2=80=A8Bcc:_x@y.example?=",
        b"=?utf-8?q?Car=C2=85Bcc:_x@y.example?=",
        b"=?utf-8?q?Car=00=0BBcc:_x@y.example?=",
    ],
)
def test_case_24_an_encoded_line_break_in_a_subject_is_a_space(raw):
    assert subject(raw).replace("\u2400", "") == "Car Bcc: x@y.example"


def test_a_long_subject_is_kept_whole():
    assert subject(b"x" * 200_000) == "x" * 200_000
    assert subject(b"=?utf-8?q?=C3=BC?= " * 10_000) == "ü" * 10_000


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("attachment; filename*=us-ascii''W%F6lbung", "Wölbung"),
        ("attachment; filename*=utf-8''W%C3%B6lbung", "Wölbung"),
        ("attachment; filename*0*=utf-8''W%C3%B6; filename*1=lbung", "Wölbung"),
        ("attachment; filename*1=lbung; filename*0*=utf-8''W%C3%B6", "Wölbung"),
        ("attachment; filename*0*=utf-8''W%C3; filename*1*=%B6lbung", "Wölbung"),
        ("attachment; filename=Wolbung; filename*=utf-8''W%C3%B6lbung", "Wölbung"),
        ('attachment; filename="=?utf-8?q?W=C3=B6lbung?="', "Wölbung"),
        ("attachment; filename==?utf-8?q?W=C3=B6lbung?=", "Wölbung"),
        ('attachment; filename="a;b\\"c"', 'a;b"c'),
        ("attachment; filename=a b.txt", "a b.txt"),
        ("attachment;FILENAME=a", "a"),
        ("attachment; filename*=''", ""),
        ("attachment", None),
    ],
)
def test_case_23_names_of_files(header, name):
    assert parameters(header).get("filename") == name


def test_a_header_that_breaks_without_a_sign_goes_on():
    message = read(b"From: a@x.example\r\nSubject: My\r\ncar\r\nTo: b@y.example\r\n\r\nHello")

    assert message.subject == "My car"
    assert message.to[0].address == "b@y.example"
    assert message.text == "Hello"
    assert Problem.BROKEN_HEADERS in message.problems


def test_a_missing_blank_line_begins_the_text():
    message = read(b"From: a@x.example\r\nHello.\r\nHow are you?")

    assert message.text == "Hello.\nHow are you?"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_every_kind_of_line_end(end):
    raw = b"From ann Mon\nFrom: a@x.example\nSubject: x\n\nHello\nyou\n".replace(b"\n", end)

    message = read(raw)

    assert message.sender[0].address == "a@x.example"
    assert message.text == "Hello\nyou"


@pytest.mark.parametrize(
    "text", [b"Hello you", b"Note: a list\n\n- one", b"\n\nHello", b"> From: x"]
)
def test_a_text_without_a_header_is_a_text(text):
    message = read(text)

    assert message.text == text.decode().strip("\n")
    assert Problem.NO_HEADERS in message.problems


@given(st.binary(max_size=200))
def test_no_byte_of_a_header_is_skipped(raw):
    headers, body = split(raw)
    assert 0 <= body <= len(raw)
    for name, value in headers.fields:
        assert name
        assert b"\n" not in value


@given(st.text(alphabet="=?utf-8qbQB_=C3AF \n", max_size=80))
def test_any_words_are_decoded(value):
    decode_words(value)
    parameters(value)


@pytest.mark.parametrize(
    "value", ["=?a?q?", "=?", "?=", ";a=", ';a="', ";a*0*=", "=?utf-8?q?=C3?= ", "=?utf-8?b?a?= "]
)
def test_hostile_values_take_little_time(value):
    decode_words(value * 30_000)
    parameters(value * 30_000)


def test_hostile_headers_take_little_time():
    split(b"From: a\n" + b"no field\n" * 200_000)
    split(b"a:" * 500_000)
    split(b"From: a\n" + b" x\n" * 300_000)
