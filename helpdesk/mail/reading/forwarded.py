"""The original sender of a forwarded message, as far as the message says."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from helpdesk.mail.reading.addresses import addresses
from helpdesk.mail.reading.headers import Headers, one_line, split
from helpdesk.mail.reading.headings import Heading, heading_at
from helpdesk.mail.reading.message import Address, File, ForwardedFrom

MOST_LINES = 400
"""Lines of text in which a heading is looked for."""

_PREFIX = re.compile(
    r"^\W{0,3}(?:\[[^\]]{1,60}\]\s*)?(?:fwd?|wg|tr|rv|enc|i|pd|vs|vl|vb|doorst|fs|ref?wd|"
    r"weitergeleitet|转发|轉寄|転送)\s?(?:\[\d+\])?\s?[:：]",
    re.IGNORECASE,
)
_MAILTO = re.compile(r"\[(?:mailto:)?([^\s\[\]<>]{1,200}@[^\s\[\]<>]{1,200})\]", re.IGNORECASE)
_LINKED = re.compile(r"<(?:mailto:)?[^<>\s]{1,200}>(?=>)|<mailto:[^<>]{1,200}>", re.IGNORECASE)


def forwarded_from(subject: str, text: str, files: tuple[File, ...]) -> ForwardedFrom | None:
    """Return the sender named by the heading of a forwarded message, in the text or attached.

    A quotation may have such a heading as well, so the subject or the separator has to say
    "forward".
    """
    prefixed = bool(_PREFIX.match(subject))
    lines = text.split("\n")[:MOST_LINES]
    for position in range(len(lines)):
        heading = heading_at(lines, position)
        if heading and heading.sender:
            return _inline(heading) if prefixed or heading.forwards else None
    attached = [file for file in files if file.content_type == "message/rfc822"]
    if len(attached) == 1 and (prefixed or not text.strip()):
        return _attached(split(attached[0].content, whole=True).headers)
    return None


def _inline(heading: Heading) -> ForwardedFrom | None:
    sender = sender_of(heading.sender)
    if not sender:
        return None
    sent = _plain(heading.sent)
    return ForwardedFrom(sender, one_line(_plain(heading.subject)), date_of(sent), sent, False)


def sender_of(value: str) -> Address | None:
    """Return the sender in a heading: `Jane <a@b>`, `Jane [mailto:a@b]`, `Jane
    <a@b<mailto:a@b>>`."""
    plain = _MAILTO.sub(r"<\1>", _LINKED.sub("", _plain(value)))
    found = addresses(plain, set())
    return next((each for each in found if "@" in each.address), found[0] if found else None)


def _plain(value: str) -> str:
    return one_line(value.replace("*", "").replace("\xa0", " ")).strip("_ ")


def _attached(headers: Headers) -> ForwardedFrom | None:
    found = addresses(headers.first("from"), set())
    if not found:
        return None
    sent = headers.first("date")
    return ForwardedFrom(found[0], headers.text("subject"), date_of(sent), one_line(sent), True)


def date_of(value: str) -> datetime | None:
    """Return a header's date in UTC; None if it is invalid, or without a time zone."""
    try:
        found = parsedate_to_datetime(value[:200])
        return found.astimezone(UTC) if found.tzinfo else None
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
