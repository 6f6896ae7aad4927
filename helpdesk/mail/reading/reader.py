"""Read a message from its bytes."""

import re
from datetime import datetime
from pathlib import Path

from helpdesk.mail.reading.addresses import addresses, kept
from helpdesk.mail.reading.automatic import automatic, from_list
from helpdesk.mail.reading.body import body_of
from helpdesk.mail.reading.forwarded import date_of, forwarded_from
from helpdesk.mail.reading.headers import Headers, one_line
from helpdesk.mail.reading.message import (
    Address,
    Automatic,
    Problem,
    ReadMessage,
    Report,
    Unreadable,
)
from helpdesk.mail.reading.mime import Part, parse
from helpdesk.mail.reading.reports import report_of

MOST_REFERENCES = 1_000
_LONGEST_ID = 2_000

_DELIVERED = (
    *("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to"),
    *("x-forwarded-to", "x-rcpt-to", "apparently-to"),
)
_IDS = re.compile(r"<([^<>]+)>")
_SPACE = re.compile(r"\s+")


def read(raw: bytes) -> ReadMessage:
    """Return the message in `raw`, whatever it is. Takes time in proportion to its length.

    Raises Unreadable if this message exposes a bug in our parser, since it must not stop the
    messages after it.
    """
    try:
        return _read(raw)
    except MemoryError:
        raise Unreadable(Unreadable.TOO_LARGE) from None
    except Exception as fault:
        raise Unreadable(Unreadable.FAULT, _where(fault)) from fault


def _where(fault: Exception) -> str:
    """Return the type of an error and where it was raised; its message may quote the mail."""
    trace = fault.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else ""
    return type(fault).__name__ + place


def _read(raw: bytes) -> ReadMessage:
    problems: set[Problem] = set()
    message = parse(raw, problems)
    headers = message.headers
    sender = _addresses(headers, "from", problems)
    if not any("@" in each.address for each in sender):
        problems.add(Problem.NO_SENDER)
    elif len({each.address for each in sender}) > 1:
        problems.add(Problem.SEVERAL_SENDERS)
    date = _date(headers, problems)
    message_id = next(iter(_ids(headers, "message-id", problems)), "")
    if not message_id:
        problems.add(Problem.NO_MESSAGE_ID)
    subject = headers.text("subject")
    body = body_of(message, problems)
    report = report_of(message, problems)
    files = tuple(body.files)
    forwarded = forwarded_from(subject, body.text, files) if not report else None
    return ReadMessage(
        message_id=message_id,
        date=date,
        subject=subject,
        sender=sender,
        reply_to=_addresses(headers, "reply-to", problems),
        to=_addresses(headers, "to", problems),
        cc=_addresses(headers, "cc", problems),
        delivered_to=delivered_to(headers),
        return_path=_return_path(headers),
        original_sender=_original_sender(headers),
        in_reply_to=_ids(headers, "in-reply-to", problems),
        references=_ids(headers, "references", problems),
        text=body.text,
        html=body.html,
        files=files,
        automatic=_automatic(headers, report),
        report=report,
        from_list=from_list(headers),
        encrypted=body.encrypted,
        problems=tuple(sorted(problems | headers.problems | _part_problems(message))),
        authentication_results=tuple(map(one_line, headers.raw("authentication-results"))),
        forwarded=forwarded,
    )


def _part_problems(message: Part) -> set[Problem]:
    return {problem for part in message.walk() for problem in part.headers.problems}


def _addresses(headers: Headers, name: str, problems: set[Problem]) -> tuple[Address, ...]:
    """Return the addresses of all fields of a name, each once."""
    found = [each for value in headers.raw(name) for each in addresses(value, problems)]
    return tuple(dict.fromkeys(found))


def _date(headers: Headers, problems: set[Problem]) -> datetime | None:
    written = headers.first("date")
    # A date without a zone is taken as UTC: it is shown, and decides nothing.
    date = date_of(written) or date_of(f"{written[:100]} +0000")
    if written and not date:
        problems.add(Problem.BAD_DATE)
    return date


def _ids(headers: Headers, name: str, problems: set[Problem]) -> tuple[str, ...]:
    """Return Message-IDs without angle brackets and whitespace, in order, each once."""
    found: list[str] = []
    for value in headers.raw(name):
        decoded = headers.decoded(value)
        bracketed = _IDS.findall(decoded)
        found += bracketed or [word.strip("<>,;") for word in decoded.split() if "@" in word]
    if name == "message-id" and not found:
        found = [_SPACE.sub("", value).strip("<>") for value in headers.raw(name)]
    unique = [each for each in dict.fromkeys(_SPACE.sub("", one) for one in found) if each]
    ids = [each for each in unique if len(each) <= _LONGEST_ID]
    if len(ids) > MOST_REFERENCES or len(ids) < len(unique):
        problems.add(Problem.TOO_MANY_REFERENCES)
        ids = ids[:1] + ids[1:][-MOST_REFERENCES + 1 :]
    return tuple(ids)


def delivered_to(headers: Headers) -> tuple[str, ...]:
    found = [
        kept(address.strip("<> "))
        for name in _DELIVERED
        for value in headers.raw(name)
        for address in value.split(",")[:100]
    ]
    return tuple(dict.fromkeys(address for address in found if address))


def _return_path(headers: Headers) -> str | None:
    if not headers.has("return-path"):
        return None
    written = headers.first("return-path").strip('<>" \t')
    return kept(written) if written else ""


def _original_sender(headers: Headers) -> Address | None:
    """Return the original sender that a mailing list has recorded. It is not verified here."""
    named = [
        address
        for name in ("x-original-sender", "x-original-from")
        for address in addresses(headers.first(name), set())
        if "@" in address.address
    ]
    return next(
        (each for each in named if each.name and each.address == named[0].address), None
    ) or (named[0] if named else None)


def _automatic(headers: Headers, report: Report | None) -> Automatic:
    return Automatic.REPORT if report else automatic(headers)
