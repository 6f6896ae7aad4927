"""Erase a customer's email: the original bytes, and everything that names a person."""

from collections.abc import Callable, Iterator
from typing import Any

from helpdesk.dynamo.transaction import (
    Action,
    Condition,
    ConditionFailed,
    Transaction,
)
from helpdesk.mail.reading import Unreadable, read_safely
from tickets.domain.mail.outcome import Remark
from tickets.services.email.storage import raw_messages
from tickets.store import mail as store
from tickets.store.items import Communication
from tickets.store.mail import InboundEmail, MessageTicket


def forget_email(line: Communication) -> None:
    """Erase a message's original, what its record says of people, and its Message-IDs.

    That the message came is remembered, so that it is not processed again. A repeat does no harm.
    Raises Contended where another write is at the same item. Cost: a file, and a write for each id.
    """
    facts = line.email
    if facts.sha256:
        raw_messages.forget(facts.sha256)
    if facts.key:
        _write_if(
            InboundEmail(facts.key),
            [
                InboundEmail.sender.remove(),
                InboundEmail.sender_name.remove(),
                InboundEmail.subject.remove(),
                InboundEmail.envelope_from.remove(),
                InboundEmail.envelope_to.remove(),
            ],
            InboundEmail.pk.exists(),
        )
    ids = [*(facts.references or ()), *([facts.message_id] if facts.message_id else ())]
    for message_id in dict.fromkeys(ids):
        try:
            with Transaction() as transaction:
                transaction.delete(
                    MessageTicket(store.message_pk(message_id)),
                    MessageTicket.ticket_id == line.ticket_id,
                )
        except ConditionFailed:
            continue  # it leads to another ticket, or is gone


def original_names(line: Communication, are_in: Callable[[str], bool]) -> bool:
    """Return whether a message's original has somebody in its headers or texts, as `are_in` says.

    One that cannot be read may. Cost: a file, and reading it.
    """
    try:
        return any(map(are_in, _texts_of(str(line.email.sha256))))
    except Unreadable:
        return True
    except FileNotFoundError:
        return False


def rename_email(line: Communication) -> None:
    """Give the record of a message the subject that its headers have now, unless the record's is
    erased. One write."""
    if line.email.key and line.email.subject:
        subject = InboundEmail.subject
        _write_if(InboundEmail(line.email.key), [subject.set(line.email.subject)], subject.exists())


def forget_original(line: Communication, why: Remark = Remark.ORIGINAL_ERASED) -> None:
    """Remove a message's original, and say why among its headers, which the caller writes."""
    facts = line.email
    raw_messages.forget(str(facts.sha256))
    facts.sha256 = facts.html = facts.left_out = None
    remarks: list[Any] = [*(facts.remarks or ()), why.value]
    facts.remarks = remarks


def _texts_of(sha256: str) -> Iterator[str]:
    """Yield what a person can read of an original."""
    message = read_safely(raw_messages.read(sha256))
    people = (*message.sender, *message.reply_to, *message.to, *message.cc)
    yield " ".join((*(f"{one.name} {one.address}" for one in people), *message.delivered_to))
    yield from (message.subject, message.text, message.html)
    for file in message.files:
        yield file.name
        if file.content_type.startswith(("text/", "message/")):
            yield file.content.decode(errors="replace")


def _write_if(mail: InboundEmail, actions: list[Action], condition: Condition) -> None:
    try:
        with Transaction() as transaction:
            transaction.update(mail, actions, condition)
    except ConditionFailed:
        return
