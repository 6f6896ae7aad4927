"""Sender and recipients of a raw message, without parsing all of it."""

from helpdesk.mail.reading.addresses import addresses
from helpdesk.mail.reading.headers import header_of
from helpdesk.mail.reading.reader import delivered_to


def addressed_to(raw: bytes) -> list[str]:
    """Return the addresses of Delivered-To and its like, then To and Cc. Reads the header alone."""
    headers = header_of(raw).headers
    named = [
        one.address
        for name in ("to", "cc")
        for value in headers.raw(name)
        for one in addresses(value, set())
    ]
    return [*delivered_to(headers), *named]


def written_sender(raw: bytes) -> str:
    """Return the address of the first sender that the header names; "" for none."""
    headers = header_of(raw).headers
    found = (one.address for value in headers.raw("from") for one in addresses(value, set()))
    return next(found, "")
