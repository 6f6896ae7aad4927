"""Delivery reports, read receipts and abuse reports, and the message that each is about.

The standard forms come first (RFC 3464, 8098, 5965). Most mail servers of the last decades have
forms of their own; these count only if the message comes from a mail system, by its sender or an
empty Return-Path. `flufl.bounce` knows some more.
"""

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from functools import cached_property
from itertools import islice

from flufl.bounce import all_failures

from helpdesk.mail.reading.addresses import addresses, kept
from helpdesk.mail.reading.automatic import is_away
from helpdesk.mail.reading.body import texts
from helpdesk.mail.reading.headers import Headers, one_line, split
from helpdesk.mail.reading.message import Address, Problem, Recipient, Report, ReportKind
from helpdesk.mail.reading.mime import Part

MOST_RECIPIENTS = 100
MOST_WORDS = 2_000
_MOST_SEARCHED = 200_000
"""Characters in which signs of a report are looked for."""
_MOST_STATUS = 1_000_000

_ACTIONS = {
    "failed": ReportKind.FAILED,
    "failure": ReportKind.FAILED,
    "delayed": ReportKind.DELAYED,
    "relayed": ReportKind.RELAYED,
    "expanded": ReportKind.RELAYED,
    "delivered": ReportKind.DELIVERED,
}
_WORST = (
    *(ReportKind.FAILED, ReportKind.DELAYED, ReportKind.RELAYED, ReportKind.DELIVERED),
    *(ReportKind.READ, ReportKind.ABUSE, ReportKind.OTHER),
)
_ORIGINAL = ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global")
_SYSTEM = re.compile(
    r"^(?:mailer[-_. ]?daemon|mail[-_.]?daemon|post[-_.]?master|mdaemon|mail[-_.]?delivery\S*|"
    r"mail[-_.]?system|mail-?admin|double-bounce|bounces?|mailerdaemon|uucp|amavis\w*|virus\w*|"
    r"majordomo|owner-\S*|complaints?|feedback\w*|abuse|fbl\S*|no-?reply|do-?not-?reply|root|"
    r"administrator|system|mailadm\w*|nobody|staff)[@+%\s-]|^mailer-daemon$|^postmaster$",
    re.IGNORECASE,
)
_DAEMON = re.compile(r"^(?:mailer[-_. ]?daemon|mail-?daemon|mdaemon)\b", re.IGNORECASE)
_POSTMASTER = re.compile(r"^(?:post[-_.]?master|mail[-_.]delivery\S*)(?:@|$)", re.IGNORECASE)
_SUBJECT = re.compile(
    r"undeliver|undeliv|non[- ]?deliver|not (?:be )?deliver|un(?:able|successful) to deliver|"
    r"returned? (?:to sender|mail)|mail (?:delivery|system|failure|error)|delivery|"
    r"failure noti|deliver\w* fail|message (?:not|you sent|delay|could|status)|failed|failure|"
    r"bounce|mailbox (?:full|unavail)|could not|cannot (?:be )?(?:send|sent|deliver)|delayed|"
    r"rejected|user unknown|error sending|e?mail status|permanent|abuse report|complaint|"
    r"spam report|unzustellbar|nicht zugestellt|zustell\w*|retour|nicht erreich|"
    r"non remis|échec|no se puede|no entregado|devuelto|não entregue|mancato recapito|"
    r"mancata consegna|недостав|не доставл|niedostarcz|onbestelbaar|配信|エラー|退信|系统退信",
    re.IGNORECASE,
)
_RETURNED = re.compile(r"original|undelivered|returned|failed", re.IGNORECASE)
_EXPLAINS = re.compile(
    r"error message below|(?:permanent|fatal|transient) (?:fatal )?errors?|transcript of session|"
    r"(?:not|un)(?: be(?:en)?)? deliver|could not (?:be )?(?:deliver|send|sent)|undeliverable|"
    r"returned to (?:the )?sender|recipients? (?:failed|rejected|could not)|delivery (?:failed|"
    r"errors?)|mailer-daemon|reason for (?:the )?(?:failure|problem)|bounced|nicht zugestellt|"
    r"送信できません|届けることができません",
    re.IGNORECASE,
)
_ENOUGH = 3
"""Signs: a mailer daemon counts twice; an empty Return-Path, and each of the content, once."""
_COMPLAINT = re.compile(r"^\W*(?:complaint about message|abuse report|spam report)", re.IGNORECASE)
_RECEIPT = re.compile(
    r"^\W{0,3}(?:read|not read|gelesen|ungelesen|lu|non lu|leído|letto|gelezen|przeczytane|"
    r"lido|return receipt|read receipt|lesebestätigung|empfangsbestätigung|disposition)\b",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"delayed|will (?:be retried|keep trying|continue)|still trying|not yet been delivered|"
    r"warning(?: only|: message)|do not need to resend|temporar(?:y|ily)\b.{0,40}(?:fail|problem)|"
    r"verzöger|wird weiter",
    re.IGNORECASE,
)
_RELAYED = re.compile(
    r"successfully (?:relayed|delivered|sent)|was relayed|relayed to", re.IGNORECASE
)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"(?<![\d.\-/:])([45])\d\d[ -](?=\D|[45]\.)")
_SAYS = re.compile(
    r"^.*(?:(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?![\d.])|(?<![\d.:/-])[45][0-57]\d[ -]|unknown|"
    r"reject|not found|no such|quota|full|denied|refused|unavailable|undeliverable|failed|timed out"
    r"|does not exist|invalid).*$",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_FAILED_FIELD = re.compile(r"^(?:final|original)-recipient:\s*(?:rfc822\s*;)?\s*(\S+)", re.I | re.M)
_GROUP = re.compile(rb"(?:[^\r\n]++(?:\r\n|\n|\r|\Z))++")
_INSIDE = re.compile(r"^[>\s|]{0,12}message-id:\s*<([^<>\n]{1,500})>", re.IGNORECASE | re.MULTILINE)
_ID = re.compile(r"<([^<>\s]{1,500})>")


@dataclass(frozen=True)
class _Mail:
    """A message that may be a report, with the words of the system that sent it."""

    message: Part
    parts: list[Part]
    problems: set[Problem]

    @cached_property
    def text(self) -> str:
        """Text without the mail that it is about; decoded only when it is asked for."""
        own = [
            part
            for part in self.parts
            if part.content_type in ("text/plain", "text/html") and not part.children
        ]
        if len(own) > 1 and own[0].content_type == "text/plain":
            own = own[:2]
        return texts(own[:10], _MOST_SEARCHED, self.problems)[:_MOST_SEARCHED]


def report_of(message: Part, problems: set[Problem]) -> Report | None:
    """Return the report that a message is; None if it is none."""
    mail = _Mail(message, list(message.walk()), problems)
    return _standard(mail) or _feedback(mail) or _receipt(mail) or _by_signs(mail)


def _standard(mail: _Mail) -> Report | None:
    """Return a report of RFC 3464, also one in a form of its own with a standard part within."""
    status = [
        part
        for part in mail.parts
        if part.content_type in ("message/delivery-status", "message/global-delivery-status")
    ]
    is_report = mail.message.content_type == "multipart/report"
    kind_of_report = mail.message.parameters.get("report-type", "delivery-status").lower()
    if not status and not (is_report and "delivery" in kind_of_report):
        return None
    recipients = [found for part in status for found in _recipients(part.content(mail.problems))]
    if not recipients:
        return _in_words(mail, ReportKind.FAILED)
    kind = min((each.kind for each in recipients), key=_WORST.index)
    words = "\n".join(dict.fromkeys(each.words for each in recipients if each.words))
    return Report(
        kind,
        tuple(recipients[:MOST_RECIPIENTS]),
        _about(mail),
        words[:MOST_WORDS] or _reason(mail.text),
    )


def _recipients(content: bytes) -> Iterator[Recipient]:
    """Yield the groups of fields of a delivery status, one a recipient; the first is of
    the report."""
    for group in islice(_GROUP.finditer(content[:_MOST_STATUS]), MOST_RECIPIENTS + 1):
        headers, _end = split(group[0])
        address = _typed(headers.first("final-recipient") or headers.first("original-recipient"))
        if not address and not headers.has("action"):
            continue
        words = one_line(_typed(headers.first("diagnostic-code")))[:MOST_WORDS]
        status = _STATUS.search(headers.first("status")) or _STATUS.search(words)
        action = headers.first("action").lower().split(" ")[0].strip(";()")
        kind = _ACTIONS.get(action) or _kind_of(status[0] if status else "")
        yield Recipient(kept(address.strip("<>")), status[0] if status else "", words, kind)


def _typed(value: str) -> str:
    """Return a value without its type: `rfc822; jane@example.com`."""
    before, semicolon, after = value.partition(";")
    return after.strip() if semicolon and "@" not in before else value


def _kind_of(status: str) -> ReportKind:
    return {"2": ReportKind.DELIVERED, "4": ReportKind.DELAYED}.get(status[:1], ReportKind.FAILED)


def _feedback(mail: _Mail) -> Report | None:
    """Return an abuse report of RFC 5965, or an older one: a complaint with the mail attached."""
    feedback = [part for part in mail.parts if part.content_type == "message/feedback-report"]
    complains = bool(_COMPLAINT.match(mail.message.headers.text("subject"))) and any(
        part.content_type in _ORIGINAL for part in mail.parts
    )
    is_report = mail.message.parameters.get("report-type", "").lower() == "feedback-report"
    if not (feedback or is_report or complains):
        return None
    recipients = []
    kind = ReportKind.ABUSE
    for part in feedback:
        headers, _end = split(part.content(mail.problems))
        if "opt-out" in headers.first("feedback-type") or "auth" in headers.first("feedback-type"):
            kind = ReportKind.OTHER
        for name in ("original-rcpt-to", "removal-recipient"):
            for value in headers.raw(name):
                address = kept(value.strip("<> "))
                recipients.append(Recipient(address, "", "", kind))
    found = tuple(dict.fromkeys(recipients))[:MOST_RECIPIENTS]
    words = _reason(mail.text)
    return Report(kind, found, _about(mail), words)


def _receipt(mail: _Mail) -> Report | None:
    """Return a read receipt of RFC 8098."""
    notices = [part for part in mail.parts if "disposition-notification" in part.content_type]
    kind = mail.message.parameters.get("report-type", "").lower()
    if not notices and kind != "disposition-notification":
        return None
    message_id = ""
    recipients = []
    for part in notices:
        headers, _end = split(part.content(mail.problems))
        found = _ID.search(headers.first("original-message-id"))
        message_id = message_id or (found[1] if found else "")
        address = _typed(headers.first("final-recipient") or headers.first("original-recipient"))
        said = one_line(headers.first("disposition"))
        recipients.append(Recipient(kept(address.strip("<>")), "", said, ReportKind.READ))
    words = _reason(mail.text)
    about = message_id or _about(mail)
    return Report(ReportKind.READ, tuple(recipients[:MOST_RECIPIENTS]), about, words)


def _by_signs(mail: _Mail) -> Report | None:
    """Return a report in a server's own form, by its sender and another sign."""
    headers = mail.message.headers
    sender = next(iter(addresses(headers.first("from"), set())), None)
    address = sender.address if sender else ""
    returns_nowhere = headers.first("return-path").replace(" ", "") in ("<>", '<"">')
    if headers.has("x-failed-recipients"):
        return _in_words(mail, ReportKind.FAILED)
    if not (returns_nowhere or _SYSTEM.match(address) or not address):
        return None
    subject = headers.text("subject")
    if is_away(subject):
        return None
    if returns_nowhere and _RECEIPT.match(subject):
        return _in_words(mail, ReportKind.READ)
    text = mail.text
    speaks = bool(_SUBJECT.search(subject))
    carried = [part for part in mail.parts if part.content_type in _ORIGINAL]
    carries = bool(carried) or bool(_INSIDE.search(text))
    refuses = bool(_STATUS.search(text) or _REPLY.search(text) or _FAILED_FIELD.search(text))
    says_so = any(_RETURNED.search(part.headers.text("content-description")) for part in carried)
    surely = 2 * bool(_DAEMON.match(address)) + bool(_POSTMASTER.match(address))
    explains = bool(_EXPLAINS.search(text[:5_000]))
    content = speaks + carries + refuses + says_so + explains
    if content and surely + returns_nowhere + content >= _ENOUGH:
        return _in_words(mail, ReportKind.FAILED)
    if not (surely or returns_nowhere):
        return None
    temporary, permanent = _known_to_flufl(mail.message)
    if permanent or temporary:
        kind = ReportKind.FAILED if permanent else ReportKind.DELAYED
        return _in_words(mail, kind, [*permanent, *temporary])
    return None


def _known_to_flufl(message: Part) -> tuple[list[str], list[str]]:
    """Return addresses with temporary and permanent failures, if flufl.bounce knows the form."""
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL + 1)
    fields = b"".join(
        name.encode() + b": " + value + b"\n" for name, value in message.headers.fields
    )
    try:
        temporary, permanent = all_failures(
            message_from_bytes(fields + b"\n" + message.body[:_MOST_SEARCHED])
        )
    except Exception:  # noqa: BLE001 (its detectors raise on what they do not expect)
        return [], []
    found = [
        [each.decode("ascii", "replace") for each in sorted(some)]
        for some in (temporary, permanent)
    ]
    return found[0], found[1]


def _in_words(mail: _Mail, kind: ReportKind, known: Sequence[str] = ()) -> Report:
    """Return a report of which only the text is known."""
    headers = mail.message.headers
    text = mail.text
    words = _reason(text)
    status = _STATUS.search(words) or _STATUS.search(text)
    subject = headers.text("subject")
    if kind is ReportKind.FAILED and not known:
        if _DELAYED.search(subject) or (_DELAYED.search(text[:3_000]) and not _is_final(text)):
            kind = ReportKind.DELAYED
        elif _RELAYED.search(text[:3_000]) or _RELAYED.search(subject):
            kind = ReportKind.RELAYED
    named = list(known)
    for value in headers.raw("x-failed-recipients"):
        named += value.split(",")
    named += _FAILED_FIELD.findall(text)
    if not named:
        before = _INSIDE.search(text)
        named = _ADDRESS.findall(text[: before.start()] if before else text)[:20]
        own = {each.address for name in ("from", "to") for each in _listed(headers, name)}
        named = [name for name in named if kept(name) not in own][:1]
    unique = dict.fromkeys(kept(name.strip(" <>;,")) for name in named if "@" in name)
    recipients = tuple(
        Recipient(address, status[0] if status else "", words, kind)
        for address in list(unique)[:MOST_RECIPIENTS]
    )
    return Report(kind, recipients, _about(mail), words)


def _is_final(text: str) -> bool:
    return bool(re.search(r"(?<![\d.])5\.\d{1,3}\.\d{1,3}|permanent|giving up", text, re.I))


def _listed(headers: Headers, name: str) -> Iterator[Address]:
    return iter(addresses(headers.first(name), set()))


def _reason(text: str) -> str:
    """Return the lines of a text that give a server's reason; its beginning if there are none."""
    found = _INSIDE.search(text)
    before = text[: found.start()] if found else text
    lines = [line.strip()[:500] for line in _SAYS.findall(before[:20_000])]
    words = "\n".join(dict.fromkeys(lines)) or before.strip()
    return words[:MOST_WORDS]


def _about(mail: _Mail) -> str:
    """Return the Message-ID of the mail that a report is about; "" if it does not say."""
    for part in mail.parts:
        if part.content_type in _ORIGINAL or part.disposition == "attachment":
            headers, _end = split(part.content(mail.problems).lstrip(b"\r\n"), whole=True)
            found = _ID.search(headers.first("message-id"))
            if found:
                return found[1]
    for part in mail.parts:
        if part.content_type.endswith("delivery-status"):
            content = part.content(mail.problems).decode("latin-1")
            named = re.search(r"(?i)^(?:x-)?original-message-id:\s*<([^<>\n]+)>", content, re.M)
            if named:
                return named[1]
    inside = _INSIDE.search(mail.text)
    if inside:
        return inside[1].strip()
    for name in ("in-reply-to", "references", "x-original-message-id"):
        ids = _ID.findall(mail.message.headers.first(name))
        if ids:
            return ids[-1]
    return ""
