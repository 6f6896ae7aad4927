"""What proves that a sender is who they say, and what does not."""

import pytest

from helpdesk.mail.reading import authenticated, read

OURS = frozenset({"mx.helpdesk.example"})


def proven(*results: str, sender: str = "a@x.example", address: str = "a@x.example") -> bool:
    headers = "".join(f"Authentication-Results: {result}\r\n" for result in results)
    message = read(f"{headers}From: {sender}\r\n\r\nHello".encode())
    return authenticated(message, address, hosts=OURS)


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
