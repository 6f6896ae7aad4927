"""An email as an entry of a ticket's log: its text, files and headers."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.files.base import ContentFile

from customers.domain.choices import can_be_stored
from helpdesk.errors import ServiceError
from helpdesk.mail.reading import Address, Automatic, File, Problem, ReadMessage
from helpdesk.short_text import one_line
from tickets.domain.errors import DomainError
from tickets.domain.mail.outcome import Remark
from tickets.services.conversation import attachments
from tickets.services.email.incoming.matching import MOST_REFERENCES, Sender
from tickets.services.lifecycle.validation import LONGEST_SUBJECT
from tickets.store import mail as store
from tickets.store import queries
from tickets.store.items import Attachment, EmailFacts
from tickets.store.mail import InboundEmail

LONGEST_TEXT = 60_000
"""Characters of a text in the log; a longer one is also stored whole as a file."""
MOST_FILES = 100
LARGEST = 25 * 1024 * 1024
"""Bytes of a message's files; those above it are only in the original, and are listed."""
MOST_ADDRESSES = 100
MOST_NAMED = 20
"""Files left out that are named."""
LATE = timedelta(minutes=5)
"""A mail that took longer from the mailbox to the desk is marked."""
WHOLE_TEXT = "message.txt"
_LONG_SPACE = re.compile(r"(\s{80})\s+")
_TOLD = frozenset(Problem) - {
    *(Problem.NO_MESSAGE_ID, Problem.BAD_DATE, Problem.CHARSET_GUESSED, Problem.BROKEN_HEADERS),
}
"""What was odd about a message that people are told: what they see may not be all of it."""
_REPLY_PREFIX = re.compile(
    r"^\s*(?:(?:re|aw|antw|antwort|sv|vs|odp|ynt|ref|rif|r|res|回复|答复)\s*(?:\[\d+\])?\s*[::]\s*)+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Text:
    """The text of a message in the log, and whether it is complete."""

    shown: str
    whole: bool


def text_of(message: ReadMessage) -> Text:
    """Return the text of a message as the log keeps it."""
    text = storable(message.text)
    if len(text) <= LONGEST_TEXT:
        return Text(text, whole=True)
    # Programs that write pages of spaces mean nothing by them; the whole text is a file.
    return Text(_LONG_SPACE.sub(r"\1", text)[:LONGEST_TEXT], whole=False)


def subject_of(message: ReadMessage, nothing: str) -> str:
    """Return the subject of a ticket for a message, without `Re:` and the like;
    `nothing` if empty."""
    plain = _whole_subject(message)
    if len(plain) > LONGEST_SUBJECT:
        return f"{plain[: LONGEST_SUBJECT - 1]}…"
    return plain or nothing


def _whole_subject(message: ReadMessage) -> str:
    return one_line(storable(without_reply_marks(message.subject)))


def without_reply_marks(subject: str) -> str:
    """Return a subject without the `Re:`, `AW:` … that mail programs put before it."""
    return _REPLY_PREFIX.sub("", subject)


@contextmanager
def kept_files(ticket_id: str, message: ReadMessage, pk: str) -> Iterator[list[Attachment]]:
    """Store the files of a message that is written inside; if that is refused they are removed.

    A transaction whose answer was lost on its way looks refused when it is tried again, and the
    message stands: what the record `pk` leads to keeps its files. Gives those that `left_out` does
    not name. Raises NoRoom.
    """
    kept: list[Attachment] = []
    try:
        for file in _sorted(message)[0]:
            content = ContentFile(file.content)
            kept.append(
                attachments.save(ticket_id, content, file.name, file.content_id, file.content_type)
            )
        yield kept
    except (ServiceError, DomainError):  # after any other error the message may have been written
        named = _named_by(pk)
        for one in kept:
            if one.file_id not in named:
                attachments.forget(one)
        raise


def left_out(message: ReadMessage) -> list[str]:
    """Return the names of a message's files that are too many or too large to be kept beside it."""
    return [one_line(storable(one.name))[:150] or WHOLE_TEXT for one in _sorted(message)[1]]


def _sorted(message: ReadMessage) -> tuple[list[File], list[File]]:
    """Return the files that are kept beside a message, and those that are left out."""
    files = list(message.files)
    if not text_of(message).whole:
        whole = message.text.encode(errors="replace")
        files.insert(0, File(WHOLE_TEXT, "text/plain", whole, "", False))
    kept: list[File] = []
    others: list[File] = []
    total = 0
    for one in files:
        fits = len(kept) < MOST_FILES and total + len(one.content) <= LARGEST
        (kept if fits else others).append(one)
        total += len(one.content) if fits else 0
    return kept, others


def _named_by(pk: str) -> set[str]:
    """Return the files of the message that a recorded mail became, if any. Two reads at most."""
    ended = store.email(pk)
    if ended is None or not ended.ticket_id or not ended.communication_id:
        return set()
    line = queries.communication(ended.ticket_id, ended.communication_id)
    return {str(one.file_id) for one in (line.attachments or () if line else ())}


def facts_of(
    message: ReadMessage,
    sender: Sender,
    mail: InboundEmail,
    *,
    remarks: Sequence[Remark] = (),
) -> EmailFacts:
    """Return what a ticket's log stores of a message's headers, and what of it is missing there."""
    missing = left_out(message)
    if missing:
        remarks = (*remarks, Remark.FILES_LEFT_OUT)
    reply_to = next((one.address for one in message.reply_to), "")
    named = [*message.references, *message.in_reply_to]
    return EmailFacts(
        key=mail.pk,
        sha256=mail.sha256,
        sender=sender.address,
        sender_name=one_line(storable(sender.name))[:200] or None,
        reply_to=reply_to if reply_to and reply_to != sender.address else None,
        to=_addresses(message.to),
        cc=_addresses(message.cc),
        subject=one_line(storable(message.subject))[:500] or None,
        html=bool(message.html) or None,
        message_id=message.message_id[:500] or None,
        references=list(dict.fromkeys(one[:500] for one in named))[-MOST_REFERENCES:] or None,
        left_out=missing[:MOST_NAMED] or None,
        sent_at=_as_instant(message.date),
        received_at=mail.received_at,
        remarks=[
            one.value
            for one in dict.fromkeys(
                (
                    *_remarks(message, mail),
                    *remarks,
                    *(one for one in message.problems if one in _TOLD),
                )
            )
        ]
        or None,
    )


def storable(text: str) -> str:
    """Return a text that every store takes: without halves of surrogate pairs."""
    plain = text.replace("\r\n", "\n").replace("\0", "\N{REPLACEMENT CHARACTER}")
    if can_be_stored(plain):
        return plain
    kept = (sign if can_be_stored(sign) else "\N{REPLACEMENT CHARACTER}" for sign in plain)
    return "".join(kept)


def _remarks(message: ReadMessage, mail: InboundEmail) -> Iterator[Remark]:
    if message.encrypted:
        yield Remark.ENCRYPTED
    if message.automatic is not Automatic.NO:
        yield Remark.AUTOMATIC
    if not text_of(message).whole:
        yield Remark.LONG
    if len(_whole_subject(message)) > LONGEST_SUBJECT:
        yield Remark.SUBJECT_CUT
    if mail.cut:
        yield Remark.CUT
    if mail.recorded_at - mail.received_at > LATE:
        yield Remark.LATE


def _addresses(found: Sequence[Address]) -> list[str] | None:
    shown = [
        f"{one_line(storable(one.name))[:80]} <{storable(one.address)[:254]}>".strip()
        for one in found[:MOST_ADDRESSES]
    ]
    return shown or None


def _as_instant(written: datetime | None) -> datetime | None:
    return written.replace(microsecond=0) if written else None
