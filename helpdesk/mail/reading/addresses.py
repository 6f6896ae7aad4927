"""The addresses of a header, in all the ways in which programs write them.

The standard library's parsers raise on some, and drop some. This one keeps what it cannot parse as
it is written, and takes time that grows with the length of the header.
"""

import re
from collections.abc import Iterator

from helpdesk.mail.address import LONGEST, AddressRefused, as_kept
from helpdesk.mail.reading.headers import decode_words, one_line
from helpdesk.mail.reading.message import Address, Problem

MOST = 1_000
"""Addresses of one header that are read."""

_TOKEN = re.compile(
    r"""(?P<local>"(?:[^"\\]|\\.)*+"@[^\s<>"(),;:]{1,200})|(?P<quoted>"(?:[^"\\]|\\.)*+")|(?P<angle><[^<>]*+>)|(?P<sign>[(),;:])|(?P<rest>\\.|[^"<(),;:\\]++|.)""",
    re.DOTALL,
)
_BARE = re.compile(r"[^\s<>\"(),;:]{1,200}@[^\s<>\"(),;:]{1,200}")
_PLAIN = re.compile(r"\"([^\s\"(),:;<>@\\]+)\"@")
_NO_NAME = re.compile(r"^['\"\s]+|['\"\s]+$")


def addresses(header: str, problems: set[Problem]) -> tuple[Address, ...]:
    """Return the addresses of a header whose encoded words are not yet decoded.

    A group is replaced by its members; an entry without an address (`MAILER-DAEMON`) is an address
    as it is written.
    """
    found: list[Address] = []
    for entry in _with_names(_entries(header)):
        if len(found) == MOST:
            problems.add(Problem.TOO_MANY_ADDRESSES)
            break
        address = _address(*entry)
        if address.address:
            found.append(address)
    return tuple(found)


def kept(address: str) -> str:
    """Return an address in its canonical form, or as it is written."""
    written = "".join(address.split()) if len(address) <= LONGEST else address
    try:
        return as_kept(written) if len(written) <= LONGEST else one_line(written)
    except AddressRefused:
        return one_line(address)


def _entries(header: str) -> Iterator[tuple[str, str, str]]:
    """Return the phrase, the part in angle brackets, and the comment of each entry."""
    phrase: list[str] = []
    comment: list[str] = []
    angle = quoted = ""
    addressed = False
    depth = 0
    for token in _TOKEN.finditer(header):
        text = token[0]
        if text == "(":
            depth += 1
        elif text == ")" and depth:
            depth -= 1
        elif depth:
            comment.append(text)
        elif token["local"]:  # a part of it would be somebody else's address
            quoted = quoted or _PLAIN.sub(r"\1@", text)
        elif token["quoted"]:
            phrase.append(re.sub(r"\\(.)", r"\1", text[1:-1]).replace(",", "\ue000"))
        elif token["angle"]:
            angle = angle if "@" in angle else text[1:-1].strip()
        elif text in (",", ";"):
            yield "".join(phrase), angle or quoted, "".join(comment)
            phrase, comment, angle, quoted, addressed = [], [], "", "", False
        elif text == ":" and not addressed and _is_group(header, token.end()):
            phrase, comment, angle, quoted = [], [], "", ""
        else:
            phrase.append(text)
            addressed = addressed or "@" in text
    yield "".join(phrase), angle or quoted, "".join(comment)


def _is_group(header: str, position: int) -> bool:
    """Return whether the text before this colon names a group; `mailto:` and IPv6 have
    colons, too."""
    before = header[max(0, position - 8) : position].lower()
    return not before.endswith("mailto:") and header[position : position + 1] != ":"


def _with_names(entries: Iterator[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    """Join entries such as `Doe, Jane <jane@x>`, whose name has an unquoted comma."""
    waiting: list[str] = []
    for phrase, angle, comment in entries:
        if not phrase.strip() and not angle:
            continue
        if angle or "@" in phrase:
            name = ", ".join([*waiting, phrase.strip()]) if waiting and angle else phrase
            if waiting and not angle:
                yield from ((before, "", "") for before in waiting)
            waiting = []
            yield name, angle, comment
        elif len(waiting) < 4:
            waiting.append(phrase.strip())
        else:
            yield phrase, angle, comment
    yield from ((before, "", "") for before in waiting)


def _address(phrase: str, angle: str, comment: str) -> Address:
    name = _name(phrase)
    if not angle:
        bare = _BARE.search(name)
        if bare:
            angle = bare[0]
            name = (name[: bare.start()] + name[bare.end() :]).strip() or _name(comment)
            name = name.removeprefix("mailto:").strip("<> ")
        elif "@" in phrase:
            angle, name = phrase.strip(), _name(comment)
        else:
            angle, name = name, ""
    elif not name:
        name = _name(comment)
    address = kept(decode_words(angle)[0])
    return Address("" if name.lower() == address else name, address)


def _name(text: str) -> str:
    decoded = one_line(decode_words(text.strip())[0].replace("\ue000", ","))
    return _NO_NAME.sub("", " ".join(decoded.split()))
