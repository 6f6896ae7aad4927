"""A message as a tree of parts, split from its bytes.

The standard library's parser loses the bytes of attached messages, recurses as deep as a mail
nests, and reads all parts of a mail before any can be counted. This one keeps bytes as they are
and stops at limits, where the rest becomes one file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from helpdesk.mail.reading import transfer
from helpdesk.mail.reading.headers import Headers, one_line, parameters, split, value_of
from helpdesk.mail.reading.message import Problem

MOST_PARTS = 1_000
MOST_DEPTH = 20

_GUESS = re.compile(rb"^--([^\r\n]{1,200}?)[ \t]{0,20}(?:\r\n|\n|\r)content-[\w-]+:", re.I | re.M)
_USUAL = re.compile(rb"multi-?part|mime|encrypted|signed", re.IGNORECASE)
_TYPE = re.compile(r"[\w.+*-]+/[\w.+*-]+")


@dataclass(slots=True)
class Part:
    """One part: of several (`children`), or a leaf with content."""

    headers: Headers
    body: bytes
    """As it came, in its transfer encoding."""
    content_type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    disposition: str = ""
    name: str = ""
    """The file name as written; "" if there is none."""
    content_id: str = ""
    children: list["Part"] = field(default_factory=list)

    def leaves(self) -> Iterator["Part"]:
        if self.children:
            for child in self.children:
                yield from child.leaves()
        else:
            yield self

    def walk(self) -> Iterator["Part"]:
        yield self
        for child in self.children:
            yield from child.walk()

    def content(self, problems: set[Problem]) -> bytes:
        """Return a leaf's bytes, decoded from their transfer encoding."""
        encoding = transfer.name_of(self.headers.first("content-transfer-encoding"))
        content, damaged = transfer.decoded(self.body, encoding)
        if damaged:
            problems.add(Problem.BROKEN_ENCODING)
        return content


class _Budget:
    """The number of parts that may still be read."""

    def __init__(self) -> None:
        self.left = MOST_PARTS


def parse(raw: bytes, problems: set[Problem]) -> Part:
    """Return `raw` as a tree of parts."""
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")  # an old Mac
    headers, body = split(raw, whole=True)
    return _part(headers, raw[body:], problems, _Budget(), 0, "text/plain")


def _part(
    headers: Headers,
    body: bytes,
    problems: set[Problem],
    budget: _Budget,
    depth: int,
    default: str,
) -> Part:
    part = Part(headers, body)
    kind = headers.first("content-type")
    disposition = headers.first("content-disposition")
    found = _TYPE.match(value_of(kind))
    part.content_type = found[0] if found else default
    part.parameters = parameters(kind)
    part.disposition = value_of(disposition)
    name = parameters(disposition).get("filename") or part.parameters.get("name", "")
    part.name = one_line(name)
    part.content_id = one_line(headers.first("content-id")).strip("<> ")
    if part.content_type.startswith("multipart/"):
        _read_children(part, problems, budget, depth)
    return part


def _read_children(part: Part, problems: set[Problem], budget: _Budget, depth: int) -> None:
    if depth >= MOST_DEPTH:
        problems.add(Problem.TOO_DEEP)
        part.content_type = "application/octet-stream"
        return
    encoding = transfer.name_of(part.headers.first("content-transfer-encoding"))
    boundary = part.parameters.get("boundary", "").rstrip().encode("utf-8", "replace")
    if encoding and b"--" + boundary not in part.body:
        part.body, _damaged = transfer.decoded(part.body, encoding)
    pieces = _pieces(part.body, boundary, problems) if boundary else []
    if not pieces:
        guess = _GUESS.search(part.body)
        pieces = _pieces(part.body, guess[1], problems) if guess else []
        problems.add(Problem.BROKEN_STRUCTURE)
    if not pieces:
        part.content_type = "text/plain"
        return
    default = "message/rfc822" if part.content_type == "multipart/digest" else "text/plain"
    for start, end in pieces:
        if budget.left <= 0:
            problems.add(Problem.TOO_MANY_PARTS)
            rest = part.body[start : pieces[-1][1]]
            part.children.append(Part(Headers([]), rest, "application/octet-stream"))
            break
        budget.left -= 1
        headers, body = split(part.body[start:end])
        problems |= headers.problems
        content = part.body[start + body : end]
        part.children.append(_part(headers, content, problems, budget, depth + 1, default))


def _pieces(body: bytes, boundary: bytes, problems: set[Problem]) -> list[tuple[int, int]]:
    """Return where parts begin and end, at most one more than are read; [] without a delimiter."""
    line = b"--" + re.escape(boundary)
    delimiter = re.compile(
        # The dashes come first, so that the search is for a fixed string; then: at a line's start.
        line + rb"(?<![^\r\n]" + line + rb")(--)?+[ \t]*+(?:\r\n|\n|\r|\Z)"
    )
    pieces: list[tuple[int, int]] = []
    start: int | None = None
    last = 0
    for found in delimiter.finditer(body):
        if start is None:
            between = body[last : found.start()]
            if between.strip() and not _USUAL.search(between[:1_000]):
                problems.add(Problem.TEXT_OUTSIDE_PARTS)
        else:
            pieces.append((start, max(start, _line_end(body, found.start()))))
            if len(pieces) > MOST_PARTS:
                pieces[-1] = (start, len(body))
                return pieces
        start = None if found[1] else found.end()
        last = found.end()
    if start is not None:  # the end is missing
        if start < len(body) or not pieces:
            pieces.append((start, len(body)))
            problems.add(Problem.BROKEN_STRUCTURE)
    elif body[last:].strip() and pieces:
        problems.add(Problem.TEXT_OUTSIDE_PARTS)
    return pieces


def _line_end(body: bytes, position: int) -> int:
    """Return where the line before a delimiter ends; its line break belongs to the delimiter."""
    if body[position - 2 : position] == b"\r\n":
        return position - 2
    return position - 1
