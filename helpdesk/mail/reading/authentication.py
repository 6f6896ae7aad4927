"""Whether a trusted server has authenticated a message's sender (RFC 8601)."""

import re

from helpdesk.mail.address import AddressRefused, as_kept, mailable
from helpdesk.mail.reading.message import ReadMessage

MICROSOFT_365 = "microsoft365"
"""Stands among the names of trusted servers for Microsoft 365, which does not write its name."""

_METHOD = re.compile(r"\s*(dmarc|spf|dkim)\s*(?:/\s*\d+\s*)?=\s*(\w+)", re.IGNORECASE)
_PROPERTY = re.compile(r"\b(header|smtp)\s*\.\s*([\w-]+)\s*=\s*([^\s;]+)", re.IGNORECASE)
_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*+)"|\\.|.', re.DOTALL)
_NOT_IN_VALUES = re.compile(r"[\s;=()]")
_LONGEST = 20_000


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
    server, *results = value.split(";")
    names = {host.lower() for host in hosts}
    domain = _domain(address)
    if not domain:
        return False
    if MICROSOFT_365 in names and "=" in server:
        return _only_dmarc([server, *results]) == ("dmarc", "pass", domain)
    words = server.split()
    if not words or words[0].lower().rstrip(".") not in names - {MICROSOFT_365}:
        return False
    found = [each for each in map(_read, results) if each]
    dmarc = [verdict for verdict in found if verdict[0] == "dmarc" and verdict[2] == domain]
    if any(result in ("fail", "permerror") for _method, result, _domain in dmarc):
        return False
    return any(_proves(*verdict, domain) for verdict in found)


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
