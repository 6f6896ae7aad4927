"""The header of a message or part: split into fields, decoded, however it was written.

Lenient where mail programs are: raw 8-bit values, encoded words inside quotes, words split in the
middle of a character, parameters of RFC 2231 in pieces, lines that were broken without a sign.
Every function here takes time that grows with the length of its input, and no more.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from helpdesk.mail.reading.charsets import decode
from helpdesk.mail.reading.message import Problem
from helpdesk.mail.reading.transfer import from_base64

LONGEST_HEADER = 500_000

_LINE = re.compile(rb"([^\r\n]*+)(\r\n|\n|\r|\Z)")
_BEFORE = re.compile(rb"(?:[ \t]*+(?:\r\n|\n|\r))*+(?:>?From (?![ \t]*:)[^\r\n]*+(?:\r\n|\n|\r))*+")
_FIELD = re.compile(rb"([\x21-\x39\x3b-\x7e]++)[ \t]*+:")
_WORDS = (
    *("from", "to", "cc", "subject", "date", "message-id", "received", "return-path", "sender"),
    *("mime-version", "content-type", "content-transfer-encoding", "content-disposition"),
    *("reply-to", "delivered-to", "x-original-to", "in-reply-to", "references", "envelope-to"),
    *("auto-submitted", "precedence", "content-description", "content-id", "x-mailer"),
)
KNOWN = frozenset(_WORDS)
_KNOWN_LINE = re.compile(
    rb"(?:\r\n|\n|\r)(?=(?:" + "|".join(KNOWN).encode() + rb"|x-[\w-]{1,40})[ \t]{0,20}:)",
    re.IGNORECASE,
)
_BLANK = re.compile(rb"(?:\r\n|\n|\r(?!\n)){2}")
_ENCODED = re.compile(r"=\?([^?\s]{1,80})\?([bBqQ])\?([^?]*+)\?=")
_BREAKS = re.compile("[\x00-\x1f\x7f\x85\u2028\u2029]+")
_PARAMETER = re.compile(
    r""";\s*+([^\s=;"]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^;]*+))""", re.DOTALL
)
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")


@dataclass(slots=True)
class Headers:
    """The fields of one header, in order; names in lower case, values as unfolded bytes."""

    fields: list[tuple[str, bytes]]
    charset: str = ""
    """What raw 8-bit values are written in, if they are not UTF-8."""
    problems: set[Problem] = field(default_factory=set)

    def raw(self, name: str) -> Iterator[str]:
        """Yield values as text with their encoded words, for structured fields."""
        for found, value in self.fields:
            if found == name:
                decoded = decode(value, self.charset)
                self.problems |= decoded.problems
                yield decoded.text.strip()

    def first(self, name: str) -> str:
        return next(self.raw(name), "")

    def text(self, name: str) -> str:
        """Return the first value, decoded, on one line."""
        return one_line(self.decoded(self.first(name)))

    def decoded(self, value: str) -> str:
        """Return `value` with its encoded words decoded."""
        text, problems = decode_words(value)
        self.problems |= problems
        return text

    def has(self, *names: str) -> bool:
        return any(name in names for name, _value in self.fields)


class Split(NamedTuple):
    headers: Headers
    body: int
    """Where the body begins."""


def split(raw: bytes, *, whole: bool = False) -> Split:
    """Return the header of `raw` and where its body begins.

    A `whole` message may begin with a line of a mbox file or blank lines; if no field of it is
    one that mails have, it is a text without a header.
    """
    start = body = _first_line(raw) if whole else 0
    headers = Headers([])
    pieces: list[bytes] = []
    known_until: int | None = None
    for line in _LINE.finditer(raw, start):
        content = line[1]
        if not content:
            body = line.end()
            break
        name = _FIELD.match(content)
        if name:
            _finish(headers, pieces)
            headers.fields.append((name[1].decode().lower(), b""))
            pieces = [content[name.end() :]]
        elif headers.fields and content[:1] in b" \t":
            pieces.append(content)
        else:
            if known_until is None:
                known_until = _last_known(raw, line.start())
            if line.start() >= known_until or not headers.fields:
                break  # the blank line is missing
            headers.problems.add(Problem.BROKEN_HEADERS)
            pieces.append(b" " + content)
        body = line.end()
    _finish(headers, pieces)
    if whole and not any(name in KNOWN for name, _value in headers.fields):
        return Split(Headers([], problems={Problem.NO_HEADERS}), start)
    if headers.has("content-type"):
        headers.charset = parameters(headers.first("content-type")).get("charset", "")
    return Split(headers, body)


def header_of(raw: bytes) -> Split:
    """Return the header of a message as `split` does, of which no more than `LONGEST_HEADER` bytes
    are looked at: for processes that nobody ends if they take too long."""
    return split(raw[:LONGEST_HEADER], whole=True)


def _first_line(raw: bytes) -> int:
    """Return where the header begins: after empty lines and lines of an mbox file."""
    before = _BEFORE.match(raw)
    position = before.end() if before else 0
    return position if _FIELD.match(raw, position, position + 100) else 0


def _last_known(raw: bytes, position: int) -> int:
    """Return where the last known field before the next blank line begins."""
    blank = _BLANK.search(raw, position)
    end = blank.start() if blank else len(raw)
    return max((found.end() for found in _KNOWN_LINE.finditer(raw, position, end)), default=0)


def _finish(headers: Headers, pieces: list[bytes]) -> None:
    if headers.fields:
        headers.fields[-1] = headers.fields[-1][0], b"".join(pieces).strip()


def decode_words(value: str) -> tuple[str, set[Problem]]:
    """Return `value` with its encoded words (RFC 2047) decoded.

    Neighbours in one character set are joined as bytes first, since programs split characters.
    """
    text: list[str] = []
    problems: set[Problem] = set()
    waiting: list[tuple[str, str, str]] = []
    end = 0

    def flush() -> None:
        if waiting:
            decoded = decode(_bytes_of(waiting, problems), waiting[0][0])
            problems.update(decoded.problems)
            text.append(decoded.text)
            waiting.clear()

    for word in _ENCODED.finditer(value):
        between = value[end : word.start()]
        charset = word[1].lower().partition("*")[0]
        if between.strip() or not waiting:
            flush()
            text.append(between)
        elif charset != waiting[0][0]:
            flush()
        waiting.append((charset, word[2].lower(), word[3]))
        end = word.end()
    flush()
    text.append(value[end:])
    return "".join(text), problems


def _bytes_of(words: list[tuple[str, str, str]], problems: set[Problem]) -> bytes:
    split_within = any(
        how == "b" and len(payload) % 4 and not payload.endswith("=")
        for _charset, how, payload in words[:-1]
    )
    if split_within and all(how == "b" for _charset, how, _payload in words):
        words = [(words[0][0], "b", "".join(payload for _charset, _how, payload in words))]
    found = []
    for _charset, how, payload in words:
        data = payload.encode("utf-8", "replace")
        if how == "b":
            content, broken = from_base64(data)
            if broken:
                problems.add(Problem.BROKEN_ENCODING)
        else:
            content = binascii.a2b_qp(data, header=True)
        found.append(content)
    return b"".join(found)


def one_line(text: str) -> str:
    """Return `text` without line breaks and control characters, which would begin a header."""
    return _BREAKS.sub(" ", text).strip()


def value_of(header: str) -> str:
    """Return the value before the parameters, in lower case: `text/plain`, `attachment`."""
    return header.partition(";")[0].strip().strip("\"'").lower()


def parameters(header: str) -> dict[str, str]:
    """Return the parameters of a Content-Type or Content-Disposition by name, decoded."""
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for found in _PARAMETER.finditer(header):
        name, quoted, plain = found[1].lower(), found[2], found[3]
        value = re.sub(r'\\(["\\])', r"\1", quoted) if quoted is not None else plain.strip()
        parts = _PIECE.fullmatch(name)
        if parts:
            numbered = pieces.setdefault(parts[1] + ("*" if parts[2] or parts[3] else ""), {})
            numbered.setdefault(int(parts[2] or 0), (value.strip('"'), bool(parts[3])))
    values = {name: decode_words(pieces[name][0][0])[0] for name in pieces if name[-1] != "*"}
    for name in pieces:
        if name.endswith("*"):
            value = _joined(pieces[name])
            if name[:-1] not in values or "\ufffd" not in value:
                values[name[:-1]] = value
    return {name: one_line(value) for name, value in values.items()}


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    """Return a value of RFC 2231, joined from its pieces."""
    charset = ""
    found = []
    for place, number in enumerate(sorted(pieces)):
        value, encoded = pieces[number]
        if encoded and place == 0 and value.count("'") >= 2:
            charset, _language, value = value.split("'", 2)
        found.append(unquote_to_bytes(value) if encoded else value.encode("utf-8", "replace"))
    return decode(b"".join(found), charset).text
