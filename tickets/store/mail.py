"""Incoming mail: each message's outcome, its Message-IDs, and how far each mailbox was read."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

from pynamodb.attributes import BooleanAttribute, ListAttribute, UnicodeAttribute
from pynamodb.exceptions import DoesNotExist, UpdateError

from helpdesk.dynamo.attributes import InstantAttribute, IntegerAttribute
from helpdesk.dynamo.batches import read_all
from helpdesk.dynamo.pages import Page, PagePosition, read_page
from helpdesk.dynamo.shards import shard_key
from helpdesk.dynamo.table import Item
from tickets.domain import instant
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.store.ticket import ByRecord, TicketTableMeta

EMAIL, MESSAGE, MAILBOX, RATE, ADDRESS = "EMAIL", "MESSAGE", "MAILBOX", "MAILRATE", "ADDRESS"
FILE = "MAILFILE"
STORED = "stored"
"""The state of a message that was recorded and is not processed yet; then it is its outcome."""
REPORTS = "reports"
"""The list of delivery reports that are about no message of the desk."""
BLOCKED = "blocked"
"""The list of suspended mail of blocked senders."""
SHOWN_LISTS = (Outcome.SUSPENDED.value, Outcome.PARKED.value, REPORTS, BLOCKED)
"""Lists that people see, with sender and subject of each message."""


class InboundEmail(Item):
    """A recorded message, and its outcome.

    `state` is STORED until it is processed, then the outcome; the list that shows it follows from
    that. The message itself is in the storage of files, under its SHA-256.
    """

    class Meta(TicketTableMeta):
        pass

    # Declared for the table by Ticket; queried here, for mails.
    by_record = ByRecord()

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=EMAIL)
    mailbox = UnicodeAttribute()
    message_key = UnicodeAttribute(attr_name="messageKey")
    sha256 = UnicodeAttribute()
    size = IntegerAttribute()  # bytes
    cut = BooleanAttribute(null=True)  # only its beginning was fetched
    envelope_from = UnicodeAttribute(attr_name="envelopeFrom", null=True)
    envelope_to = UnicodeAttribute(attr_name="envelopeTo", null=True)
    received_at = InstantAttribute(attr_name="receivedAt")
    recorded_at = InstantAttribute(attr_name="recordedAt")
    # Since when it has its state; absent: since it was recorded
    ended_at = InstantAttribute(attr_name="endedAt", null=True)
    state = UnicodeAttribute(default=STORED)
    # Of a parked one: the release of the reader that could not read it; absent: an earlier one
    reader = IntegerAttribute(null=True)
    cause = UnicodeAttribute(null=True)
    tries = IntegerAttribute(default=0)
    ticket_id = UnicodeAttribute(attr_name="ticketId", null=True)
    communication_id = UnicodeAttribute(attr_name="communicationId", null=True)
    # What lists show of it
    sender = UnicodeAttribute(null=True)
    sender_name = UnicodeAttribute(attr_name="senderName", null=True)
    subject = UnicodeAttribute(null=True)
    # Index keys, set by set_email_keys alone
    record_key = UnicodeAttribute(attr_name="recordKey", null=True)
    record_at = UnicodeAttribute(attr_name="recordAt", null=True)

    @property
    def outcome(self) -> Outcome | None:
        """The outcome; None until the mail is processed."""
        return None if self.state == STORED else Outcome(self.state)

    @property
    def listed_at(self) -> datetime:
        """Since when it is in its list."""
        return self.ended_at or self.recorded_at

    @property
    def list_name(self) -> str:
        """The list that it belongs in: that of its state, or REPORTS, or BLOCKED.

        Mail of blocked senders that earlier releases suspended stays in the list of its state.
        """
        if self.state == Outcome.BOUNCE and not self.ticket_id:
            return REPORTS
        if self.state == Outcome.SUSPENDED and self.cause == Cause.BLOCKED_SENDER:
            return BLOCKED
        return self.state


class MessageTicket(Item):
    """The ticket that a Message-ID leads to: that of the message, or of one that names it."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=MESSAGE)
    ticket_id = UnicodeAttribute(attr_name="ticketId")


class SameMessage(Item):
    """A message in one mailbox, by which its copy in another is recognised."""

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default="SAME")
    first = UnicodeAttribute()
    """The key of the mail that was processed."""


class UnrecordedFile(Item):
    """An original that is being stored, and that no record may name yet."""

    class Meta(TicketTableMeta):
        pass

    by_record = ByRecord()

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default="FILE")
    mail = UnicodeAttribute()  # the key of the record that is to name it
    message_key = UnicodeAttribute(attr_name="messageKey")
    at = InstantAttribute()
    removing = BooleanAttribute(null=True)  # the sweep has begun to remove it
    record_key = UnicodeAttribute(attr_name="recordKey", null=True)
    record_at = UnicodeAttribute(attr_name="recordAt", null=True)


class MailboxState(Item):
    """How far a mailbox was read, and the result of the last fetch.

    The cursor is UIDVALIDITY with the last UID. Up to `past_until` the date of a message decides
    whether it is the mailbox's past; that is so where the server has numbered its messages anew.
    """

    class Meta(TicketTableMeta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default="STATE")
    uid_validity = IntegerAttribute(attr_name="uidValidity", null=True)
    last_uid = IntegerAttribute(attr_name="lastUid", null=True)
    past_until = IntegerAttribute(attr_name="pastUntil", null=True)
    # Messages behind the cursor that could not be taken; tried again at each fetch
    left_out: ListAttribute[Any] = ListAttribute(
        of=IntegerAttribute, attr_name="leftOut", default=list
    )
    left_out_at = InstantAttribute(attr_name="leftOutAt", null=True)  # when they failed last
    # The account and the folder, and the server, that all of this is about
    folder = UnicodeAttribute(null=True)
    server = UnicodeAttribute(null=True)
    # When it was first opened: what was there then is its past
    begun_at = InstantAttribute(attr_name="begunAt", null=True)
    fetched_at = InstantAttribute(attr_name="fetchedAt", null=True)
    failed_at = InstantAttribute(attr_name="failedAt", null=True)
    failures = IntegerAttribute(default=0)  # in a row
    problem = UnicodeAttribute(null=True)  # tickets.domain.mail.fetching.Problem
    problem_detail = UnicodeAttribute(attr_name="problemDetail", null=True)
    problem_uid = IntegerAttribute(attr_name="problemUid", null=True)  # the message that was read
    leased_by = UnicodeAttribute(attr_name="leasedBy", null=True)
    leased_until = InstantAttribute(attr_name="leasedUntil", null=True)


class MailCount(Item):
    """The number of mails to or from an address within an hour."""

    class Meta(TicketTableMeta):
        pass

    by_record = ByRecord()

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default="COUNT")
    mails = IntegerAttribute(default=0)
    record_key = UnicodeAttribute(attr_name="recordKey", null=True)
    record_at = UnicodeAttribute(attr_name="recordAt", null=True)


def email_pk(mailbox: str, message_key: str) -> str:
    return f"{EMAIL}#{mailbox}#{message_key}"


def message_pk(message_id: str) -> str:
    """Return the key of a Message-ID: hashed, since it may be long, and may name a person."""
    return f"{MESSAGE}#{sha256(message_id.strip('<>').encode(errors='replace')).hexdigest()[:40]}"


def same_pk(message_key: str) -> str:
    return f"SAME#{message_key}"


def file_pk(digest: str) -> str:
    return f"{FILE}#{digest}"


def digest_of(file: UnrecordedFile) -> str:
    return file.pk.partition("#")[2]


def set_file_keys(file: UnrecordedFile) -> None:
    file.record_key = shard_key(FILE, file.pk)
    file.record_at = f"{instant.text(file.at)}#{file.pk}"


def unrecorded_files(*, before: datetime, limit: int) -> list[UnrecordedFile]:
    """Return files that were announced before an instant, oldest first.

    One Query a shard, one BatchGetItem for each hundred.
    """
    page = read_page(
        UnrecordedFile.by_record,
        [FILE],
        place_of=lambda row: str(row.record_at),
        limit=limit,
        condition=UnrecordedFile.record_at < instant.text(before),
    )
    found = read_all(UnrecordedFile, [(str(row.pk), str(row.sk)) for row in page])
    # The index may name one that was announced again since.
    return [one for one in found if one.at < before]


def first_of_same(message_key: str) -> str:
    """Return the key of the record of a message that came to several mailboxes; "" if none was
    processed. One GetItem, consistent."""
    try:
        return str(SameMessage.get(same_pk(message_key), "SAME", consistent_read=True).first)
    except DoesNotExist:
        return ""


def mailbox_pk(mailbox: str) -> str:
    return f"{MAILBOX}#{mailbox}"


def set_email_keys(mail: InboundEmail) -> None:
    """Set the index keys of a mail from its state and ticket."""
    mail.record_key = shard_key(f"{EMAIL}#{mail.list_name}", mail.pk)
    mail.record_at = f"{instant.text(mail.listed_at)}#{mail.pk}"


def email(pk: str) -> InboundEmail | None:
    """Return one mail. One GetItem, consistent."""
    try:
        return InboundEmail.get(pk, EMAIL, consistent_read=True)
    except DoesNotExist:
        return None


def emails(keys: Sequence[str]) -> dict[str, InboundEmail]:
    """Return those of the mails that are recorded, by key. One BatchGetItem for each hundred."""
    return {str(one.pk): one for one in read_all(InboundEmail, [(key, EMAIL) for key in keys])}


def emails_page(
    list_name: str, *, limit: int, forward: bool = False, place: PagePosition | None = None
) -> Page[InboundEmail]:
    """Return mails of a list, newest first (with `forward` oldest first).

    Cost: one Query a shard of keys, one BatchGetItem for each hundred. The index may be late: read
    the mail itself before a decision.
    """
    partition = f"{EMAIL}#{list_name}"
    condition = None
    if place:
        beyond = InboundEmail.record_at
        condition = beyond > place.key if forward is not place.back else beyond < place.key
    page = read_page(
        InboundEmail.by_record,
        [partition],
        place_of=lambda row: str(row.record_at),
        limit=limit,
        condition=condition,
        forward=forward,
        place=place,
    )
    keys = [(str(row.pk), str(row.sk)) for row in page]
    found = {one.pk: one for one in read_all(InboundEmail, keys)}
    # The index may name a mail that has left the list since.
    here = {pk for pk, one in found.items() if one.record_key == shard_key(partition, pk)}
    rows = [found[pk] for pk, _sk in keys if pk in here]
    return Page(rows, page.next, page.previous)


def tickets_of_messages(message_ids: Sequence[str]) -> dict[str, str]:
    """Return the tickets that these Message-IDs lead to, by Message-ID. One BatchGetItem."""
    keys = {message_pk(one): one for one in message_ids}
    found = read_all(MessageTicket, ((pk, MESSAGE) for pk in keys))
    return {keys[one.pk]: one.ticket_id for one in found}


def mailbox_state(mailbox: str) -> MailboxState | None:
    """Return how far a mailbox was read. One GetItem, consistent."""
    try:
        return MailboxState.get(mailbox_pk(mailbox), "STATE", consistent_read=True)
    except DoesNotExist:
        return None


def count_up(what: str, who: str, *, at: datetime, most: int) -> bool:
    """Count one `what` for `who` in the hour of `at`; return False, uncounted, above `most`.

    One write. Raises whatever goes wrong: without a count the caller must not continue.
    """
    hour = instant.text(at)[:13]
    digest = sha256(who.casefold().encode(errors="replace")).hexdigest()[:32]
    counter = MailCount(f"{RATE}#{what}#{digest}#{hour}")
    actions: list[Any] = [
        MailCount.mails.add(1),
        MailCount.record_key.set(shard_key(RATE, counter.pk)),
        MailCount.record_at.set(f"{hour}#{counter.pk}"),
    ]
    try:
        counter.update(actions, (MailCount.mails < most) | MailCount.mails.does_not_exist())
    except UpdateError as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            return False
        raise
    return True


def old_counts(before: datetime, *, limit: int) -> list[MailCount]:
    """Yield counters of past hours. One Query a shard."""
    page = read_page(
        MailCount.by_record,
        [RATE],
        place_of=lambda row: str(row.record_at),
        limit=limit,
        condition=MailCount.record_at < instant.text(before)[:13],
    )
    return [MailCount(str(row.pk)) for row in page]
