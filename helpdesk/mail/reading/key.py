"""The content key, by which a message is recognised that arrives twice, by different routes."""

import hashlib
import re

from helpdesk.mail.reading.headers import split

_NAMES = ("message-id", "date", "from")
_LINES = re.compile(rb"\r\n?")
_SPACE = re.compile(rb"[ \t]+")


def content_key(raw: bytes) -> str:
    """Return the SHA-256 of Message-ID, Date, From and body, in hexadecimal digits.

    Relays add and rewrite other header fields, and line ends; they change nothing here. The body
    counts byte for byte but for its line ends. Takes time in proportion to the length of the mail.
    """
    headers, start = split(raw, whole=True)
    key = hashlib.sha256()
    for name in _NAMES:
        for found, value in headers.fields:
            if found == name:
                key.update(name.encode() + b":" + _SPACE.sub(b" ", value) + b"\n")
    key.update(b"\n" + _LINES.sub(b"\n", raw[start:]).rstrip(b"\n"))
    return key.hexdigest()
