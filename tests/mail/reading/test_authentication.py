"""What proves that a sender is who they say, and what does not."""

import pytest

from helpdesk.mail.reading import Verdict, authenticated, read, verdict

OURS = frozenset({"mx.helpdesk.example"})


def proven(
    *results: str,
    sender: str = "a@x.example",
    address: str = "a@x.example",
    hosts: frozenset[str] = OURS,
) -> bool:
    headers = "".join(f"Authentication-Results: {result}\r\n" for result in results)
    message = read(f"{headers}From: {sender}\r\n\r\nHello".encode())
    return authenticated(message, address, hosts=hosts)


@pytest.mark.parametrize(
    "result",
    [
        "mx.helpdesk.example; dmarc=pass header.from=x.example",
        "mx.helpdesk.example 1; dmarc=pass (p=NONE dis=NONE) header.from=x.example",
        "MX.helpdesk.example;\r\n spf=fail smtp.mailfrom=y.example;\r\n dmarc=pass "
        "header.from=X.example",
        "mx.helpdesk.example; dkim=pass header.d=x.example header.s=a header.b=abc",
        "mx.helpdesk.example; dkim=pass header.i=@x.example",
        "mx.helpdesk.example; spf=pass smtp.mailfrom=bounce@x.example",
        'mx.helpdesk.example; spf=pass smtp.mailfrom="a b"@x.example',
        "mx.helpdesk.example; dkim=fail header.d=x.example; dkim=pass header.d=x.example",
    ],
)
def test_proven(result):
    assert proven(result)


@pytest.mark.parametrize(
    "results",
    [
        [],
        ["mx.helpdesk.example; none"],
        ["other.example; dmarc=pass header.from=x.example"],
        ["other.example (mx.helpdesk.example); dmarc=pass header.from=x.example"],
        ["mx.helpdesk.example.evil.example; dmarc=pass header.from=x.example"],
        ["other.example; none", "mx.helpdesk.example; dmarc=pass header.from=x.example"],
        [
            "mx.helpdesk.example; dmarc=none",
            "mx.helpdesk.example; dmarc=pass header.from=x.example",
        ],
        ["mx.helpdesk.example; dmarc=fail header.from=x.example"],
        ["mx.helpdesk.example; dmarc=fail header.from=x.example; spf=pass smtp.mailfrom=x.example"],
        ["mx.helpdesk.example; dmarc=pass header.from=y.example"],
        ["mx.helpdesk.example; dmarc=pass header.from=evilx.example"],
        ["mx.helpdesk.example; dmarc=pass"],
        ["mx.helpdesk.example; dkim=pass header.d=y.example"],
        ["mx.helpdesk.example; dkim=pass header.d=sub.x.example"],
        ["mx.helpdesk.example; dkim=pass header.d=example"],
        ["mx.helpdesk.example; dkim=pass header.d=x.example header.d=y.example"],
        ["mx.helpdesk.example; spf=pass smtp.helo=x.example"],
        ["mx.helpdesk.example; spf=softfail smtp.mailfrom=x.example"],
        ["mx.helpdesk.example; (dmarc=pass header.from=x.example)"],
        ["mx.helpdesk.example; spf=fail (; dmarc=pass header.from=x.example"],
        ['mx.helpdesk.example; spf=pass smtp.mailfrom="; dmarc=pass header.from=x.example"@y.x'],
        ['mx.helpdesk.example; spf=pass smtp.mailfrom="; dmarc=pass header.from=x.example'],
        ["mx.helpdesk.example; x=dmarc=pass header.from=x.example"],
        ["mx.helpdesk.example; dmarc=pass reason=a" + "(" * 30_000],
    ],
)
def test_not_proven(results):
    assert not proven(*results)


def test_the_address_that_acts_counts_not_another_of_its_senders():
    result = "mx.helpdesk.example; dmarc=pass header.from=x.example"

    assert not proven(result, address="a@y.example")
    assert not proven(result, sender="a@x.example, b@x.example", address="b@x.example")
    assert not proven(result, address="no address")


def test_an_international_domain_in_either_form():
    for domain in ("bücher.example", "xn--bcher-kva.example"):
        result = "mx.helpdesk.example; dmarc=pass header.from=xn--bcher-kva.example"
        assert proven(result, sender=f"a@{domain}", address=f"a@{domain}")


# As Microsoft 365 writes it: no name of a server, and the domain of the recipient between results.
NAMELESS = (
    "spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=x.example; desk.example; dkim=pass "
    "(signature was\r\n verified) header.d=x.example;desk.example; dmarc=pass action=none\r\n "
    "header.from=x.example;compauth=pass reason=100"
)
MICROSOFT = frozenset({"microsoft365"})


def test_microsoft_365_is_believed_without_a_name_where_it_is_configured():
    below = "dkim=none (message not signed) header.d=none;dmarc=none action=none header.from=y.x;"

    assert proven(NAMELESS, hosts=MICROSOFT)
    assert proven(NAMELESS, below, hosts=MICROSOFT | OURS)
    assert not proven(NAMELESS), "nobody said that the mailbox is there"
    assert not proven(NAMELESS, hosts=frozenset())


@pytest.mark.parametrize(
    "results",
    [
        ["dmarc=bestguesspass action=none header.from=x.example;compauth=pass reason=109"],
        ["dmarc=none action=none header.from=x.example;compauth=pass reason=130"],
        ["dmarc=pass action=none header.from=y.example"],
        ["spf=pass smtp.mailfrom=x.example; dkim=pass header.d=x.example; dmarc=none"],
        ["compauth=pass reason=100"],
        ["microsoft365; dmarc=pass header.from=x.example"],
        ["evil.example; dmarc=pass header.from=x.example"],
        ["spf=fail smtp.mailfrom=y.example; dmarc=fail header.from=x.example", NAMELESS],
        ["evil.example; none", NAMELESS],
        ["compauth=fail reason=001", NAMELESS],
        [f"spf=none smtp.helo=a;dmarc=pass header.from=x.example; {NAMELESS}"],
        ["spf=none smtp.helo=a; dmarc=pass header.from=x.example;dmarc=none header.from=x.example"],
    ],
)
def test_of_microsoft_365_only_its_own_dmarc_counts(results):
    assert not proven(*results, hosts=MICROSOFT)


def said(*results: str, sender: str = "a@x.example", hosts: frozenset[str] = OURS) -> Verdict:
    headers = "".join(f"Authentication-Results: {result}\r\n" for result in results)
    message = read(f"{headers}From: {sender}\r\n\r\nHello".encode())
    return verdict(message, "a@x.example", hosts=hosts)


@pytest.mark.parametrize(
    "result",
    [
        "dmarc=fail header.from=x.example",
        "dmarc=fail (p=none)",
        "DMARC=Fail header.from=x.example; spf=pass smtp.mailfrom=x.example",
        "spf=fail smtp.mailfrom=x.example; dmarc=none",
        "spf=softfail smtp.mailfrom=y.example",
        "spf=hardfail smtp.mailfrom=x.example; dkim=none",
        "dkim=fail header.d=x.example; spf=pass smtp.mailfrom=y.example",
        "dmarc=permerror header.from=x.example; spf=fail smtp.mailfrom=x.example",
        "dmarc=pass header.from=y.example",
        "spf=fail (; dkim=pass header.d=x.example",
        'spf=fail smtp.mailfrom="; dmarc=none header.from=x.example',
        "dmarc=fail" + " " * 30_000,
    ],
)
def test_a_check_that_speaks_against_a_sender(result):
    assert said(f"mx.helpdesk.example; {result}") is Verdict.FAILED


@pytest.mark.parametrize(
    "results",
    [
        [],
        ["mx.helpdesk.example; none"],
        ["mx.helpdesk.example; spf=none smtp.mailfrom=x.example; dkim=none; dmarc=none"],
        ["mx.helpdesk.example; spf=pass smtp.mailfrom=y.example; dmarc=none"],
        ["mx.helpdesk.example; spf=neutral smtp.mailfrom=x.example"],
        ["mx.helpdesk.example; dmarc=temperror header.from=x.example; spf=temperror"],
        ["other.example; dmarc=fail header.from=x.example"],
        ["other.example; dmarc=pass header.from=x.example"],
        ["other.example (; dmarc=fail"],
        ["spf=fail smtp.mailfrom=x.example; dmarc=fail header.from=x.example"],
        ["mx.helpdesk.example; (dmarc=fail)"],
    ],
)
def test_a_check_that_says_nothing(results):
    assert said(*results) is Verdict.NONE


def test_what_passes_for_the_sender_outweighs_what_fails_without_dmarc():
    result = "spf=fail smtp.mailfrom=y.example; dkim=pass header.d=x.example; dmarc=none"

    assert said(f"mx.helpdesk.example; {result}") is Verdict.PASSED


def test_a_message_of_several_senders_is_nobodys():
    for result in ("mx.helpdesk.example; none", "mx.helpdesk.example; dmarc=pass"):
        assert said(result, sender="a@x.example, b@y.example") is Verdict.FAILED


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        ("spf=fail smtp.mailfrom=x.example; dmarc=fail header.from=x.example", Verdict.FAILED),
        (f"spf=none smtp.helo=a;dmarc=pass header.from=x.example; {NAMELESS}", Verdict.FAILED),
        ("spf=fail smtp.helo=a;dkim=pass header.d=x.example; dmarc=none", Verdict.FAILED),
        ("spf=fail (a; dkim=none; dmarc=none", Verdict.FAILED),
        ("spf=pass smtp.mailfrom=x.example; dkim=none; dmarc=bestguesspass", Verdict.NONE),
        ("spf=none smtp.mailfrom=x.example; dkim=none; dmarc=none", Verdict.NONE),
        ("other.example; dmarc=fail header.from=x.example", Verdict.NONE),
    ],
)
def test_what_microsoft_365_says_against_a_sender(result, expected):
    assert said(result, hosts=MICROSOFT) is expected
