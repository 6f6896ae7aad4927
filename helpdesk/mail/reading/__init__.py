"""Understanding an e-mail from its bytes. Knows no ticket, no Django, no I/O but a child process.

    reader.py          bytes to a `ReadMessage`; `safely.py`: the same in a process that can die
    key.py             the content key, by which the same mail is known again
    mime.py, headers.py, addresses.py, charsets.py, transfer.py, winmail.py
                       how mail is written, and miswritten
    body.py            what is shown as its text, and what are its files
    reports.py         delivery reports, read receipts, abuse reports, automatic replies
    headings.py, quotes.py, forwarded.py
                       quoted and forwarded mail within a text
    html.py, html_text.py
                       HTML made harmless, and as text
    version.py         raised when what could not be read may be readable
    authentication.py  whether our own server found that the sender is who they say

Why it is not the standard library's parser: docs/decisions/0060-reading-mail.md.
"""

from helpdesk.mail.reading.authentication import Verdict, authenticated, verdict
from helpdesk.mail.reading.key import content_key
from helpdesk.mail.reading.message import (
    Address,
    Automatic,
    File,
    ForwardedFrom,
    Problem,
    ReadMessage,
    Recipient,
    Report,
    ReportKind,
    Unreadable,
)
from helpdesk.mail.reading.reader import read
from helpdesk.mail.reading.safely import read_safely

__all__ = [
    "Address",
    "Automatic",
    "File",
    "ForwardedFrom",
    "Problem",
    "ReadMessage",
    "Recipient",
    "Report",
    "ReportKind",
    "Unreadable",
    "Verdict",
    "authenticated",
    "content_key",
    "read",
    "read_safely",
    "verdict",
]
