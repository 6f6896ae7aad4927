"""Addresses, in all the ways in which programs write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.mail.reading import Address, Problem, read
from helpdesk.mail.reading.addresses import MOST, addresses

A = "a@x.example"


def names(header: str) -> list[tuple[str, str]]:
    return [(each.name, each.address) for each in addresses(header, set())]


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (A, [("", A)]),
        ("<A@X.Example>", [("", A)]),
        ("Ann Li <a@x.example>", [("Ann Li", A)]),
        ('"Li, Ann" <a@x.example>', [("Li, Ann", A)]),
        ("Li, Ann <a@x.example>", [("Li, Ann", A)]),
        ("a@x.example (Ann Li)", [("Ann Li", A)]),
        ("Ann Li a@x.example", [("Ann Li", A)]),
        ("b@y.example <a@x.example>", [("b@y.example", A)]),
        ('"b@y.example" <a@x.example>', [("b@y.example", A)]),
        ("a@x.example <a@x.example>", [("", A)]),
        ("'Ann' <a@x.example>", [("Ann", A)]),
        ("=?utf-8?q?J=C3=BCrgen?= <a@x.example>", [("Jürgen", A)]),
        ('"=?utf-8?q?J=C3=BCrgen?=" <a@x.example>', [("Jürgen", A)]),
        ("=?utf-8?q?Li=2C_Ann?= <a@x.example>", [("Li, Ann", A)]),
        ("=?utf-8?q?Ann_=3Ca=40x=2Eexample=3E?=", [("Ann", A)]),
        ('"a"@x.example', [("", A)]),
        ('"li a"@x.example', [("", '"li a"@x.example')]),
        ('"<a@x.example>"@evil.example', [("", '"<a@x.example>"@evil.example')]),
        ("mailto:a@x.example", [("", A)]),
        ("<mailto:a@x.example>", [("", A)]),
        ("undisclosed-recipients:;", []),
        ("Friends: a@x.example, Bo <b@y.example>;, c@z.example",
         [("", A), ("Bo", "b@y.example"), ("", "c@z.example")]),
        ("a@x.example; b@y.example", [("", A), ("", "b@y.example")]),
        ("a@x.example, b@y.example", [("", A), ("", "b@y.example")]),
        ("MAILER-DAEMON", [("", "MAILER-DAEMON")]),
        ("Ann <a@bücher.example>", [("Ann", "a@bücher.example")]),
        ("Ann <a@xn--bcher-kva.example>", [("Ann", "a@bücher.example")]),
        ("", []),
        (",,;", []),
    ],
)  # fmt: skip
def test_case_19_addresses(header, found):
    assert names(header) == found


def test_case_19_two_senders():
    message = read(b"From: a@x.example, Bo <b@y.example>\r\n\r\nHello")

    assert message.sender == (Address("", A), Address("Bo", "b@y.example"))
    assert Problem.SEVERAL_SENDERS in message.problems


@pytest.mark.parametrize("header", [b"To: b@y.example", b"From:", b"From: nobody"])
def test_case_19_no_sender(header):
    message = read(header + b"\r\nSubject: x\r\n\r\nHello")

    assert Problem.NO_SENDER in message.problems


@pytest.mark.parametrize(
    "name", ["Jürgen".encode(), "Jürgen".encode("latin-1"), b"=?latin-1?q?J=FCrgen?="]
)
def test_case_19_umlauts_in_every_form(name):
    message = read(b"From: " + name + b" <a@x.example>\r\n\r\nHello")

    assert message.sender == (Address("Jürgen", A),)
    assert Problem.UNDECODABLE not in message.problems


def test_more_addresses_than_are_read_are_said():
    problems: set[Problem] = set()

    assert len(addresses("a@x.example," * (MOST + 5), problems)) == MOST
    assert problems == {Problem.TOO_MANY_ADDRESSES}


@given(st.text(alphabet="ab@.,;:<>()\"\\ =?\n'", max_size=60))
def test_any_header_is_read(header):
    for each in addresses(header, set()):
        assert each.address
        assert "\n" not in each.name + each.address


@pytest.mark.parametrize("sign", ["(", '"', "<", ":", "\\", "a@", "=?", ",", "a,", "(a@b.example)"])
def test_hostile_headers_take_little_time(sign):
    addresses(sign * 100_000, set())
