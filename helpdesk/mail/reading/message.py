"""A message that has been read. Values only: no ticket, no Django, no I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


def _(message: str) -> str:
    """Mark a message for translation; nothing here knows Django."""
    return message


class Unreadable(Exception):
    """A message could not be read; the error says why, to a person."""

    TOO_SLOW = _("It took too long to read.")
    TOO_LARGE = _("It needed too much memory to read.")
    CRASHED = _("The process that read it ended unexpectedly.")
    FAULT = _("The help desk software failed on this email.")

    def __init__(self, reason: str, where: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.where = where
        """For an error: its type, file and line, for the log; nothing of the message itself."""


class Automatic(StrEnum):
    """Whether a program wrote the message. Only `NO` may become a ticket."""

    NO = "no"
    AUTO_REPLY = "auto-reply"
    """An out-of-office reply, or another message whose header says that no person wrote it."""
    BULK = "bulk"
    REPORT = "report"
    """A delivery report, a read receipt or an abuse report."""


class ReportKind(StrEnum):
    """The fate of an earlier message. With several recipients, the worst one counts."""

    FAILED = "failed"
    DELAYED = "delayed"
    RELAYED = "relayed"
    """Handed on to a system that sends no reports."""
    DELIVERED = "delivered"
    READ = "read"
    """A receipt, also for a mail that was deleted unread."""
    ABUSE = "abuse"
    OTHER = "other"


class Problem(StrEnum):
    """A problem with reading a message that people should know of; the original has every byte."""

    UNDECODABLE = "undecodable"
    """Bytes that are invalid in every likely character set were replaced by U+FFFD."""
    CHARSET_GUESSED = "charset-guessed"
    CONTROL_CHARACTERS = "control-characters"
    """Control characters that cannot be kept were replaced by visible ones."""
    BROKEN_ENCODING = "broken-encoding"
    """The transfer encoding (base64, …) is damaged."""
    BROKEN_HEADERS = "broken-headers"
    NO_HEADERS = "no-headers"
    NO_SENDER = "no-sender"
    SEVERAL_SENDERS = "several-senders"
    BAD_DATE = "bad-date"
    NO_MESSAGE_ID = "no-message-id"
    BROKEN_STRUCTURE = "broken-structure"
    """The parts are not delimited as announced."""
    TEXT_OUTSIDE_PARTS = "text-outside-parts"
    """Text before the first or after the last part is only in the original."""
    TOO_MANY_PARTS = "too-many-parts"
    """What comes after the parts that are read is one file."""
    TOO_DEEP = "too-deep"
    """Parts nested deeper than are read are one file."""
    TOO_MANY_ADDRESSES = "too-many-addresses"
    TOO_MANY_REFERENCES = "too-many-references"
    TEXT_CUT = "text-cut"
    """A text longer than can be shown is a file as well."""
    HTML_CUT = "html-cut"
    SIGNED_ENVELOPE = "signed-envelope"
    """The text is within a signature (`smime.p7m`) that is not opened."""
    UNREADABLE_ATTACHMENT = "unreadable-attachment"
    """A winmail.dat that could not be unpacked is kept as it is."""


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox that a header names."""

    name: str
    """Decoded, one line; "" if there is none."""
    address: str
    """In the form of `helpdesk.mail.address.as_kept` where it has one, else as written."""


@dataclass(frozen=True, slots=True)
class File:
    """A part of a mail that is not the shown text."""

    name: str
    """Without folders and control characters; never empty."""
    content_type: str
    content: bytes
    content_id: str
    """Without angle brackets; "" if there is none."""
    inline: bool
    """Whether the HTML shows it, or it is a picture that belongs into the text."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """The part of a report about one recipient."""

    address: str
    status: str
    """Such as 5.1.1; "" if unknown."""
    words: str
    """The other server's words."""
    kind: ReportKind


@dataclass(frozen=True, slots=True)
class Report:
    """A report of another system about an earlier message."""

    kind: ReportKind
    recipients: tuple[Recipient, ...]
    message_id: str
    """Of the mail that it is about, without angle brackets; "" if it does not say."""
    words: str
    """The other server's words, for a person."""


@dataclass(frozen=True, slots=True)
class ForwardedFrom:
    """The author of a forwarded message, as far as its heading says."""

    sender: Address
    subject: str
    date: datetime | None
    """In UTC; None if the heading names no time zone, as most do."""
    written_date: str
    """In the words of the heading."""
    attached: bool
    """Whether it is an attached message; otherwise it is in the text."""


@dataclass(frozen=True, slots=True)
class ReadMessage:
    """A message that has been read. Nothing in it is verified: everything is as its sender wrote
    it."""

    message_id: str
    """Without angle brackets and whitespace; "" if there is none."""
    date: datetime | None
    """In UTC."""
    subject: str
    sender: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    delivered_to: tuple[str, ...]
    return_path: str | None
    """"" is the empty one (`<>`), None means that there is no such header."""
    original_sender: Address | None
    """The author, according to a mailing list that has rewritten From."""
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    text: str
    """Plain text where there is any, else made of the HTML. Lines end in LF."""
    html: str
    """As it came, decoded; "" if there is none."""
    files: tuple[File, ...]
    automatic: Automatic
    report: Report | None
    from_list: bool
    encrypted: bool
    problems: tuple[Problem, ...]
    authentication_results: tuple[str, ...]
    """The values of Authentication-Results, the topmost (the latest) first."""
    forwarded: ForwardedFrom | None
