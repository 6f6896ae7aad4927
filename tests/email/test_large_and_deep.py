"""Mail that is large, deep, or of a thousand parts: a clear outcome, in little time and memory."""

import base64
import time
import tracemalloc

import pytest

from tests.email.conftest import GIULIA, NOON, SUPPORT
from tests.world import log_of
from tickets.domain.mail.outcome import Outcome
from tickets.services.conversation import attachments
from tickets.services.email.incoming.messages import LARGEST, MOST_FILES
from tickets.services.email.incoming.receive import receive
from tickets.services.email.storage import raw_messages

HEAD = (
    f"From: Giulia <{GIULIA}>\r\nTo: {SUPPORT}\r\nSubject: Papers\r\n"
    "Message-ID: <large@posta.example>\r\nMIME-Version: 1.0\r\n"
)
MIXED = HEAD + "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
TEXT = "--b\r\nContent-Type: text/plain\r\n\r\nAll papers are here.\r\n"
MEGABYTE = 1_000_000


def file(name: str, content: bytes) -> str:
    head = f"--b\r\nContent-Type: application/pdf; name={name}\r\n"
    encoded = base64.encodebytes(content).decode().replace("\n", "\r\n")
    return f"{head}Content-Transfer-Encoding: base64\r\n\r\n{encoded}"


def of_a_thousand_parts() -> bytes:
    parts = "".join(file(f"{place}.pdf", b"%d" % place) for place in range(1_000))
    return f"{MIXED}{TEXT}{parts}--b--\r\n".encode()


def nested(depth: int) -> bytes:
    opened = "".join(
        f"--b{level}\r\nContent-Type: multipart/mixed; boundary=b{level + 1}\r\n\r\n"
        for level in range(depth)
    )
    closed = "".join(f"--b{level}--\r\n" for level in range(depth, -1, -1))
    inside = f"--b{depth}\r\nContent-Type: text/plain\r\n\r\nThe innermost words.\r\n"
    return (
        f"{HEAD}Content-Type: multipart/mixed; boundary=b0\r\n\r\n{opened}{inside}{closed}".encode()
    )


def forwarded(depth: int) -> bytes:
    inside = b"Subject: The first\r\n\r\nThe innermost words.\r\n"
    for _ in range(depth):
        inside = b"Content-Type: message/rfc822\r\n\r\n" + inside
    return HEAD.encode() + inside


def of_size(size: int) -> bytes:
    """A mail with files of `size` bytes together."""
    half = size // 2
    files = file("one.pdf", bytes(half)) + file("two.pdf", bytes(size - half))
    return f"{MIXED}{TEXT}{files}--b--\r\n".encode()


MAILS = {
    "1,000 parts": (of_a_thousand_parts, MOST_FILES, True),
    "1,000 levels": (lambda: nested(1_000), 1, False),
    "20,000 levels": (lambda: nested(20_000), 1, False),
    "1,000 mails in each other": (lambda: forwarded(1_000), 1, False),
    "files just below the limit": (lambda: of_size(LARGEST), 2, False),
    "files just above the limit": (lambda: of_size(LARGEST + 1), 1, True),
    "26 MB of files": (lambda: of_size(26 * 1024 * 1024), 1, True),
}
TEXTS = {"26 MB of text": b"All papers.\r\n" * 2_000_000, "29 MB of line ends": b"\r" * 29_000_000}


def measured(raw):
    """Receive a mail: its result, and the processor seconds and bytes that it took beside its
    reader."""
    tracemalloc.start()
    began = time.process_time()
    found = receive(raw, now=NOON)
    took = time.process_time() - began
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return found, took, peak


@pytest.mark.parametrize("name", MAILS)
def test_each_opens_a_ticket_that_says_what_is_missing(desk, mailbox, looked_at, name):
    make, shown, left_out = MAILS[name]
    raw = make()

    found, took, peak = measured(raw)

    looked_at(
        f"{name}: {len(raw) / MEGABYTE:.1f} MB, {found.outcome}, {took:.1f} s of processor and "
        f"{peak / MEGABYTE:.0f} MB beside its reader"
    )
    assert found.outcome is Outcome.TICKET
    [line] = [one for one in log_of(found.ticket_id) if one.type == "Customer Response"]
    remarks = list(line.email.remarks or ())
    assert ("files-left-out" in remarks) is left_out, remarks
    assert len(line.attachments or ()) == shown
    assert all(attachments.is_there(one) for one in line.attachments)
    assert raw_messages.read(line.email.sha256) == raw
    assert took < 5
    assert peak < 350 * MEGABYTE


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_text_of_26_mb_is_shown_in_part_and_kept_whole(desk, mailbox, looked_at, text):
    raw = HEAD.encode() + b"\r\n" + text

    found, took, peak = measured(raw)

    looked_at(
        f"a text of {len(text) / MEGABYTE:.0f} MB: {found.outcome}, {took:.1f} s and "
        f"{peak / MEGABYTE:.0f} MB beside its reader"
    )
    assert found.outcome is Outcome.TICKET
    [line] = [one for one in log_of(found.ticket_id) if one.type == "Customer Response"]
    assert raw_messages.read(line.email.sha256) == raw
    if text.strip():
        assert "text-cut" in line.email.remarks
        whole = max(line.attachments, key=lambda one: one.size)
        with attachments.opened(whole) as content:
            assert content.read().count(b"All papers.") == 2_000_000
    assert took < 5
    assert peak < 350 * MEGABYTE
