"""Receive a message: store it, record it, and only then process it.

The sender may delete it once it is recorded. A sweep finds messages that were recorded and not
processed, because a process died or an engine was away.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from helpdesk import wake
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.errors import Busy
from helpdesk.mail.delivery import ENGINES_AWAY
from helpdesk.mail.reading import content_key, version
from helpdesk.mail.reading.addressed import addressed_to
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.services.email.incoming.process import try_to_process
from tickets.services.email.mailboxes import mailbox_named, mailbox_of, mailboxes
from tickets.services.email.storage import raw_messages, unrecorded
from tickets.store import mail as store
from tickets.store.mail import STORED, InboundEmail

log = structlog.get_logger(__name__)

BATCH = 100
AGAIN = 10
"""Parked messages that are tried again in one run: each may take as long as reading is allowed."""
LEFT_BEHIND = timedelta(minutes=1)
"""If a recorded message is not processed by then, its process has died."""


class NoMailbox(Exception):
    """The desk has no mailbox that could receive a message."""


@dataclass(frozen=True)
class Received:
    """The outcome of a message, as `receive_mail` and the webhook report it."""

    outcome: Outcome | None
    """None: it is safely recorded, and processed later."""
    cause: Cause | None
    ticket_id: str | None
    communication_id: str | None
    message_key: str

    def as_json(self) -> dict[str, str | None]:
        """Return the outcome under the names that the webhook's response has."""
        return {
            "outcome": self.outcome.value if self.outcome else None,
            "cause": self.cause.value if self.cause else None,
            "ticketId": self.ticket_id,
            "communicationId": self.communication_id,
            "messageKey": self.message_key,
        }


def receive(
    raw: bytes,
    *,
    mailbox: str | None = None,
    envelope_from: str | None = None,
    envelope_to: str | None = None,
    received_at: datetime | None = None,
    now: datetime | None = None,
) -> Received:
    """Record a message and process it; return its outcome.

    Without a `mailbox` its headers decide, else it is the first. A message that came before is a
    duplicate, whatever its outcome was. Failures after the recording are logged, and retried by the
    sweep. Raises NotFound for an unknown mailbox, NoMailbox, NoRoom, and what the engines raise
    before it is recorded.
    """
    mail, is_new = record(
        raw,
        mailbox=mailbox,
        envelope_from=envelope_from,
        envelope_to=envelope_to,
        received_at=received_at,
        now=now,
    )
    if not is_new and mail.state != STORED:
        return Received(
            Outcome.DUPLICATE, Cause.SAME_MESSAGE, mail.ticket_id, mail.communication_id,
            mail.message_key,
        )  # fmt: skip
    return result_of(try_to_process(mail, now=now))


def record(
    raw: bytes,
    *,
    mailbox: str | None = None,
    envelope_from: str | None = None,
    envelope_to: str | None = None,
    received_at: datetime | None = None,
    size: int | None = None,
    now: datetime | None = None,
) -> tuple[InboundEmail, bool]:
    """Store a message and record it under a hash of its content; return the record, and whether it
    is new.

    `size` is that of the whole message, of which `raw` may be the beginning. Two calls at once make
    one record. A read, a file, and three writes.
    """
    at = now or this_second()
    name = mailbox_named(mailbox).name if mailbox else _mailbox_for(raw, envelope_to)
    key = content_key(raw)
    pk = store.email_pk(name, key)
    if before := store.email(pk):
        return before, False
    mail = InboundEmail(
        pk,
        mailbox=name,
        message_key=key,
        sha256=raw_messages.digest_of(raw),
        size=size or len(raw),
        cut=True if size and size > len(raw) else None,
        envelope_from=envelope_from,
        envelope_to=envelope_to,
        received_at=min(received_at or at, at),
        recorded_at=at,
    )
    store.set_email_keys(mail)
    unrecorded.announce(mail, now=at)
    raw_messages.keep(raw)
    try:
        with Transaction() as transaction:
            transaction.put(mail, InboundEmail.pk.does_not_exist())
    except ConditionFailed:
        before = store.email(mail.pk)
        if before is None:  # it was erased this moment
            raise
        if before.sha256 != mail.sha256:
            raw_messages.forget(mail.sha256)  # the same message on another way
        _is_recorded(mail)
        return before, False
    _is_recorded(mail)
    return mail, True


def _is_recorded(mail: InboundEmail) -> None:
    """Say so, if the engine can still be reached; else the sweep finds it out."""
    with suppress(*ENGINES_AWAY, Busy):
        unrecorded.recorded(mail.sha256)


def process_left_behind(
    *, each: Callable[[], object] = lambda: None, now: datetime | None = None
) -> int:
    """Process messages that were recorded and not processed; return how many.

    One that fails does not stop the others. Cost: a query a shard, and that of each message.
    """
    at = now or this_second()
    done = 0
    for mail in store.emails_page(STORED, limit=BATCH, forward=True):
        if at - mail.recorded_at < LEFT_BEHIND:
            continue
        done += try_to_process(mail, now=at).state != STORED
        each()
    return done


def try_parked_again(*, now: datetime | None = None) -> int:
    """Process messages that an earlier release of the reader could not read, each once; return how
    many are parked no longer.

    A message that cannot be read now either is parked by this release, at the end of the list. If
    there are more than AGAIN, a worker is woken for the rest. Cost: a query a shard and a batch
    read, and that of at most AGAIN messages.
    """
    oldest = store.emails_page(Outcome.PARKED.value, limit=BATCH, forward=True)
    earlier = [one for one in oldest if (one.reader or 0) < version.READER]
    states = [try_to_process(mail, now=now).state for mail in earlier[:AGAIN]]
    if len(earlier) > AGAIN:
        wake.send("tickets.try_parked_mail")
    return sum(state != Outcome.PARKED for state in states)


def result_of(mail: InboundEmail) -> Received:
    """Return the outcome of a record's message."""
    return Received(
        mail.outcome,
        Cause(mail.cause) if mail.cause else None,
        mail.ticket_id,
        mail.communication_id,
        mail.message_key,
    )


def _mailbox_for(raw: bytes, envelope_to: str | None) -> str:
    """Return the mailbox that a message names: in its delivery headers first, then in To and Cc."""
    known = mailboxes()
    if not known:
        raise NoMailbox
    named: Sequence[str] = ([envelope_to] if envelope_to else []) + addressed_to(raw)
    found = mailbox_of(named)
    return found.name if found else known[0].name
