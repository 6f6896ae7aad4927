"""The content key, by which a message is recognised that arrives twice, by different routes."""

import hashlib
import re

from helpdesk.mail.reading.headers import header_of

_NAMES = ("message-id", "date", "from")
_SPACE = re.compile(rb"[ \t]+")


def content_key(raw: bytes) -> str:
    """Return the SHA-256 of Message-ID, Date, From and body, in hexadecimal digits.

    Relays add and rewrite other header fields, and line ends; they change nothing here. The body
    counts byte for byte but for its line ends. Takes time in proportion to the length of the mail.
    """
    headers, start = header_of(raw)
    key = hashlib.sha256()
    for name in _NAMES:
        for found, value in headers.fields:
            if found == name:
                key.update(name.encode() + b":" + _SPACE.sub(b" ", value) + b"\n")
    body = raw[start:].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    key.update(b"\n" + body.rstrip(b"\n"))
    return key.hexdigest()
