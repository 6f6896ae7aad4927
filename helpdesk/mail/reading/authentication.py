"""Whether a trusted server has authenticated a message's sender (RFC 8601)."""

import re
from enum import Enum, auto

from helpdesk.mail.address import AddressRefused, as_kept, mailable
from helpdesk.mail.reading.message import ReadMessage

MICROSOFT_365 = "microsoft365"
"""Stands among the names of trusted servers for Microsoft 365, which does not write its name."""

_METHOD = re.compile(r"\s*(dmarc|spf|dkim)\s*(?:/\s*\d+\s*)?=\s*(\w+)", re.IGNORECASE)
_PROPERTY = re.compile(r"\b(header|smtp)\s*\.\s*([\w-]+)\s*=\s*([^\s;]+)", re.IGNORECASE)
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)"|\\.|.', re.DOTALL)
_NOT_IN_VALUES = re.compile(r"[\s;=()]")
_LONGEST = 20_000
_FAILS = {"dmarc": {"fail"}, "spf": {"fail", "hardfail", "softfail"}, "dkim": {"fail"}}


class Verdict(Enum):
    """What trusted servers say of a message's sender."""

    PASSED = auto()
    FAILED = auto()
    NONE = auto()  # nothing: the domain publishes nothing to check, or nobody has checked


def verdict(message: ReadMessage, address: str, *, hosts: frozenset[str]) -> Verdict:
    """Return what a trusted server says of this message and the domain of `address`.

    It has failed where DMARC failed, or SPF or DKIM did and nothing passed for the domain. So it
    has for a message of several senders, and where the result cannot be read or is about another
    sender: somebody may have wanted that.
    """
    if authenticated(message, address, hosts=hosts):
        return Verdict.PASSED
    if len({sender.address for sender in message.sender}) > 1:
        return Verdict.FAILED
    if not message.authentication_results:
        return Verdict.NONE
    written = message.authentication_results[0]
    value = _plain(written)
    if not _is_from(value or written, hosts):
        return Verdict.NONE
    return Verdict.FAILED if not value or _fails(value) else Verdict.NONE


def authenticated(message: ReadMessage, address: str, *, hosts: frozenset[str]) -> bool:
    """Return whether a trusted server has authenticated this message for the domain of `address`.

    Only the topmost Authentication-Results counts, and only if its authserv-id is one of `hosts`:
    any other may have come with the message. DMARC has to pass for the domain; without a DMARC
    result, SPF or DKIM for the domain or its parent. A message with several senders is never
    authenticated, and neither is one whose header is malformed.

    Microsoft 365 writes no authserv-id: its header starts with the first result. Where `hosts` has
    MICROSOFT_365, such a header counts if it is the topmost, for its one DMARC result only.
    """
    senders = {sender.address for sender in message.sender}
    if not message.authentication_results or (len(senders) > 1 and address in senders):
        return False
    value = _plain(message.authentication_results[0])
    domain = _domain(address)
    if not domain or not _is_from(value, hosts):
        return False
    server, *results = value.split(";")
    if "=" in server:
        return _only_dmarc([server, *results]) == ("dmarc", "pass", domain)
    found = [each for each in map(_read, results) if each]
    dmarc = [each for each in found if each[0] == "dmarc" and each[2] == domain]
    if any(result in ("fail", "permerror") for _method, result, _domain in dmarc):
        return False
    return any(_proves(*each, domain) for each in found)


def _is_from(value: str, hosts: frozenset[str]) -> bool:
    """Return whether a trusted server wrote a header, or Microsoft 365 where it is trusted."""
    names = {host.lower() for host in hosts}
    server = value.partition(";")[0]
    if "=" in server:
        return MICROSOFT_365 in names
    words = server.split()
    return bool(words) and words[0].lower().rstrip(".") in names - {MICROSOFT_365}


def _fails(value: str) -> bool:
    """Return whether a trusted header that does not authenticate a sender speaks against them."""
    found = [
        (each[1].lower(), each[2].lower()) for each in map(_METHOD.match, value.split(";")) if each
    ]
    # DMARC that passes, and not for this sender, was of another From than the one read here.
    return ("dmarc", "pass") in found or any(result in _FAILS[by] for by, result in found)


def _only_dmarc(results: list[str]) -> tuple[str, str, str] | None:
    """Return the DMARC result; None if there is none, or more than one: then a stranger's text,
    such as the name of their server, may have ended up between the results."""
    found = [result for result in results if "dmarc" in result.lower()]
    return _read(found[0]) if len(found) == 1 else None


def _plain(value: str) -> str:
    """Return the value without comments; "" if a comment or a quoted string does not end.

    A quoted string may contain a stranger's text, such as an address: delimiters in it are removed.
    """
    if len(value) > _LONGEST:
        return ""
    found: list[str] = []
    depth = 0
    for token in _TOKEN.finditer(value):
        text = token[0]
        if text == '"':
            return ""
        if text == "(":
            depth += 1
        elif text == ")" and depth:
            depth -= 1
        elif not depth:
            found.append(_NOT_IN_VALUES.sub("_", token[1]) if text[0] == '"' else text)
    return "".join(found) if not depth else ""


def _read(result: str) -> tuple[str, str, str] | None:
    """Return method, result and domain; None if the result is not definite."""
    method = _METHOD.match(result)
    if not method:
        return None
    wanted = {
        "dmarc": ("header.from",),
        "dkim": ("header.d", "header.i"),
        "spf": ("smtp.mailfrom",),
    }[method[1].lower()]
    properties: dict[str, set[str]] = {}
    for kind, name, value in _PROPERTY.findall(result):
        proven = value.lower().rpartition("@")[2].strip("<>.")
        properties.setdefault(f"{kind}.{name}".lower(), set()).add(proven)
    for name in wanted:
        if len(properties.get(name, ())) > 1:
            return None
        if properties.get(name):
            return method[1].lower(), method[2].lower(), properties[name].pop()
    return None


def _proves(method: str, result: str, proven: str, domain: str) -> bool:
    if result != "pass":
        return False
    if method == "dmarc":
        return proven == domain
    return proven == domain or ("." in proven and domain.endswith(f".{proven}"))


def _domain(address: str) -> str:
    try:
        return mailable(as_kept(address)).rpartition("@")[2]
    except AddressRefused:
        return ""
