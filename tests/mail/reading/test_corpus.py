"""Real mail of odd programs: a selection, or all of the folder that MAIL_CORPUS names."""

import email
import os
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from email.message import Message
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpdesk.mail.reading import Automatic, Problem, ReadMessage, content_key, read, read_safely
from helpdesk.mail.reading.html import sanitised
from helpdesk.mail.reading.quotes import BlockKind, folded

FOLDER = Path(os.environ.get("MAIL_CORPUS") or Path(__file__).parents[1] / "corpus")
# A list's alarm, and a bounce that a person forwards.
NO_REPORTS = {"maildir__bsd__lhost-fml-03.eml", "maildir__err__make-test-36.eml"}
# Where the standard library, which is asked below, loses its way and says nothing: two parts of
# one boundary within each other, and line ends of old Macs in quoted-printable.
STDLIB_ERRS = {"tests___data__emails__m0021.txt"} | {
    f"maildir__mac__lhost-{name}-01.eml" for name in ("amazonworkmail", "exchange2007", "zoho")
}
WORD = re.compile(rb"[A-Za-z]{4,}")
CONTROL = re.compile(r"[\0-\x08\x0e-\x1a\x1c-\x1f\x7f-\x9f]")


class Mail(NamedTuple):
    name: str
    source: str
    raw: bytes
    message: ReadMessage
    seconds: float


@cache
def corpus() -> list[Mail]:
    found = []
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file() and path.name not in ("README.md", "LICENSES.txt"):
            raw = path.read_bytes()
            began = time.process_time()
            message = read(raw)
            took = time.process_time() - began
            found.append(Mail(path.name, path.parent.name, raw, message, took))
    assert len(found) > 50, "MAIL_CORPUS names a folder with a folder of mail for each source"
    return found


def test_every_mail_is_read_soon(looked_at):
    mails = corpus()

    kinds = Counter(str(mail.message.automatic) for mail in mails)
    slowest = max(mail.seconds for mail in mails)
    usual = statistics.median(mail.seconds for mail in mails if mail.source != "files")
    looked_at(
        f"{len(mails):,} mails read, none with an exception, the slowest in {slowest * 1000:.0f} "
        f"ms, half of them within {usual * 1000:.1f} ms of processor; "
        + ", ".join(f"{name} {count}" for name, count in kinds.most_common())
    )
    assert slowest < 5


def test_a_child_process_reads_the_same():
    for mail in corpus()[::10]:
        assert read_safely(mail.raw) == mail.message


def test_bytes_are_undecodable_where_a_mail_says_so_and_nowhere_else(looked_at):
    marked = []
    for mail in corpus():
        message = mail.message
        shown = message.text + message.html + message.subject + repr(message.sender)
        came_so = any(form in mail.raw for form in (b"\xef\xbf\xbd", b"=EF=BF=BD", b"&#xFFFD"))
        if "\ufffd" in shown and not came_so:
            marked.append(mail.name)
            assert Problem.UNDECODABLE in message.problems, mail.name
    looked_at(f"U+FFFD in {len(marked)} of {len(corpus()):,} mails: {', '.join(marked) or 'none'}")
    assert len(marked) <= 1, marked  # one mail of the whole has a byte that is no UTF-8


def leaves(message: Message) -> Iterator[Message]:
    payload = message.get_payload()
    if message.get_content_maintype() == "multipart" and isinstance(payload, list):
        for part in payload:
            yield from leaves(part)
    elif message.get_content_maintype() != "message":
        yield message


def test_no_word_is_lost_that_the_standard_library_finds(looked_at):
    parts = 0
    for mail in corpus():
        message = mail.message
        damaged = {Problem.BROKEN_STRUCTURE, Problem.BROKEN_HEADERS, Problem.BROKEN_ENCODING}
        if damaged & set(message.problems) or mail.name in STDLIB_ERRS:
            continue
        shown = f"{message.text} {message.html} {message.subject}".encode()
        files = [file.content for file in message.files]
        known = set(WORD.findall(b" ".join([shown, *files])))
        for part in leaves(email.message_from_bytes(mail.raw)):
            content = part.get_payload(decode=True)
            assert isinstance(content, bytes)
            parts += 1
            if content.strip() not in {file.strip() for file in files}:
                assert not set(WORD.findall(content)) - known, mail.name
    looked_at(f"{parts:,} parts have every word that the standard library finds in them")


def words_of(text: str) -> Counter[str]:
    """Letters and digits of any script, and how often each of their words is there."""
    return Counter(re.findall(r"[^\W_]+", text))


def lf(raw: bytes) -> bytes:
    """The same with line ends that the standard library reads everywhere."""
    return re.sub(rb"\r\n?", b"\n", raw)


def test_no_letter_of_any_script_is_lost_where_the_character_set_is_known(looked_at):
    """By Python's own codec of the name that the part declares, where every byte is good in it."""
    parts, charsets = 0, Counter()
    for mail in corpus():
        message = mail.message
        damaged = {Problem.BROKEN_STRUCTURE, Problem.BROKEN_HEADERS, Problem.BROKEN_ENCODING}
        if damaged & set(message.problems) or mail.name in STDLIB_ERRS:
            continue
        shown = words_of(f"{message.text} {message.html}")
        files = {lf(file.content).strip() for file in message.files}
        for part in leaves(email.message_from_bytes(lf(mail.raw))):
            content = part.get_payload(decode=True)
            charset = part.get_content_charset() or "us-ascii"
            assert isinstance(content, bytes)
            if part.get_content_maintype() != "text" or lf(content).strip() in files:
                continue
            try:
                text = content.decode(charset)
            except (UnicodeDecodeError, LookupError):
                continue
            if CONTROL.search(text):  # in truth it is Windows-1252, or a picture
                continue
            parts += 1
            charsets[charset] += 1
            assert not words_of(text) - shown, (mail.name, charset)
    looked_at(f"{parts:,} parts in {len(charsets)} character sets have every letter and digit")
    assert parts > 30
    assert len(charsets) >= 5


def test_reports_and_automatic_replies_are_recognised(looked_at):
    machines = [
        mail for mail in corpus() if mail.source == "sisimai" and "__not__" not in mail.name
    ]
    expected = (Automatic.REPORT, Automatic.AUTO_REPLY)
    missed = [mail.name for mail in machines if mail.message.automatic not in expected]
    named = sum(bool(mail.message.report and mail.message.report.recipients) for mail in machines)
    about = sum(bool(mail.message.report and mail.message.report.message_id) for mail in machines)
    looked_at(
        f"of {len(machines)} reports and automatic replies {len(machines) - len(missed)} are "
        f"recognised (not: {', '.join(missed) or 'none'}), {named} name a recipient, {about} the "
        "mail that they are about"
    )
    assert set(missed) <= NO_REPORTS


def test_what_people_wrote_is_not_taken_for_a_report():
    by_people = ("email_reply_trimmer", "email_reply_parser", "mail-parser-reply", "talon")
    for mail in corpus():
        if mail.source in by_people or "is-not-bounce" in mail.name:
            assert mail.message.automatic is Automatic.NO, mail.name


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_what_is_visible_folded_is_what_a_person_would_keep(looked_at):
    pairs = same = 0
    for path in sorted(FOLDER.glob("email_reply_trimmer/test__trimmed__*")):
        whole = path.with_name(path.name.replace("trimmed", "emails", 1))
        if whole.exists():
            text = whole.read_bytes().decode(errors="replace")
            blocks = folded(text)
            assert "".join(block.text for block in blocks) == text
            shown = "".join(block.text for block in blocks if block.kind is BlockKind.TEXT)
            pairs += 1
            same += lines(shown) == lines(path.read_bytes().decode(errors="replace"))
    looked_at(f"of {pairs} replies {same} show folded what a person would keep")
    assert same >= pairs * 0.9


def test_every_text_folds_and_every_page_is_shown():
    for mail in corpus():
        message = mail.message
        assert "".join(block.text for block in folded(message.text)) == message.text
        sanitised(message.html, picture_url={}.get, remote_pictures=False)


def test_the_key_is_the_same_whatever_relays_add():
    added = (
        b"Received: from a by b; Mon, 1 Feb 2016 10:15:00 +0100\r\nDelivered-To: a@x.example\r\n"
        b"Return-Path: <b@y.example>\r\nX-Spam-Score: 1\r\nAuthentication-Results: mx; none\r\n"
    )
    keys = Counter()
    for mail in corpus():
        key = content_key(mail.raw)
        keys[key] += 1
        if Problem.NO_HEADERS not in mail.message.problems:
            assert content_key(added + mail.raw) == key, mail.name
            crlf = re.sub(rb"\r\n?|\n", b"\r\n", mail.raw)
            assert content_key(crlf) == key, mail.name
    twice = [key for key, count in keys.items() if count > 1]
    for key in twice:  # the same mail in two line ends, or an empty text in two folders
        texts = {mail.message.text for mail in corpus() if content_key(mail.raw) == key}
        assert len(texts) == 1


@st.composite
def mutated(draw) -> bytes:
    raw = bytearray(draw(st.sampled_from([mail.raw for mail in corpus()]))[:20_000])
    for _number in range(draw(st.integers(1, 8))):
        start = draw(st.integers(0, len(raw)))
        end = min(len(raw), start + draw(st.integers(0, 40)))
        signs = st.sampled_from([b"", b"\n", b"\r\n\r\n", b"--", b"=?", b'"', b"\0", b"\xff", b"<"])
        raw[start:end] = draw(st.one_of(signs, st.binary(max_size=20)))
    return bytes(raw)


@given(mutated())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_damaged_mail_is_read_too(raw):
    message = read(raw)

    assert "".join(block.text for block in folded(message.text)) == message.text
    assert content_key(raw)


@pytest.mark.parametrize("size", [1_000, 26_000_000])
def test_a_mail_costs_what_its_length_costs(size, looked_at):
    head = b"From: a@x.example\r\nTo: b@y.example\r\nSubject: x\r\nContent-Type: multipart/mixed; "
    part = b"boundary=b\r\n\r\n--b\r\n\r\nHello\r\n--b\r\nContent-Type: application/pdf\r\n"
    data = b"Content-Transfer-Encoding: base64\r\n\r\n" + (b"QUJD" * 19 + b"\r\n") * (size // 78)
    raw = head + part + data + b"--b--\r\n"
    began = time.process_time()
    for _time in range(50 if size < 2_000 else 1):
        read(raw)
    took = (time.process_time() - began) / (50 if size < 2_000 else 1)
    looked_at(f"a mail of {size:,} bytes takes {took * 1000:.1f} ms of processor")
    assert took < 5
