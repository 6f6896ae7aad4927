"""Import a mailbox's past as tickets, with its own times.

Messages are added in the order in which they were received, each in one transaction: the ticket
under its version, the log entry, its Message-IDs, the record under its content key. So an import
that is repeated, or was killed, continues where it stopped. Nothing is escalated, nobody is
notified, no mail is sent.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from customers.services.create import create_customer
from customers.services.read import customer_with_email
from customers.store.items import Customer
from helpdesk.accounts.actors import SYSTEM, actor_of
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Contended, Transaction, changes
from helpdesk.errors import Invalid, ServiceError
from helpdesk.mail.address import AddressRefused
from helpdesk.mail.reading import (
    Address,
    Automatic,
    ReadMessage,
    Unreadable,
    content_key,
    read_safely,
)
from helpdesk.short_text import one_line
from tickets.domain import events
from tickets.domain.errors import DomainError
from tickets.domain.mail.matching import Authentication
from tickets.domain.mail.outcome import Outcome
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Category, Channel, CommunicationType, Direction, Priority, Status
from tickets.domain.workflow import EventType
from tickets.models import Mailbox
from tickets.services.conversation.arrival import Arrival
from tickets.services.delivery import outbox
from tickets.services.email.incoming.matching import (
    MOST_REFERENCES,
    Sender,
    ids_named,
    people_beside,
    sender_of,
    ticket_of,
)
from tickets.services.email.incoming.messages import (
    facts_of,
    kept_files,
    storable,
    subject_of,
    text_of,
)
from tickets.services.email.mailboxes import base_of, own_addresses
from tickets.services.email.storage import raw_messages
from tickets.services.lifecycle.draft import Draft, copy_of, new_draft, write_beside
from tickets.services.lifecycle.validation import LONGEST_DESCRIPTION
from tickets.services.maintenance.mail_archive import Archive, Place
from tickets.services.sla import policies
from tickets.store import mail as store
from tickets.store import queries, ticket_numbers
from tickets.store.items import Attachment, Communication
from tickets.store.keys import set_record_keys
from tickets.store.mail import InboundEmail, MessageTicket, SameMessage
from tickets.store.ticket import Ticket

TRIES = 3
"""Attempts at a message while others change its ticket."""


_REFUSALS = (*(Unreadable, DomainError, ServiceError, AddressRefused, Contended, ConditionFailed),)
"""What is about one message; anything else, such as an engine that is away, ends the import."""


@dataclass
class Summary:
    """The result of an import: tickets created, messages added, messages that came before, and
    those that were not imported, with the reason."""

    tickets: int = 0
    messages: int = 0
    skipped: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class _Message:
    mail: InboundEmail
    read: ReadMessage
    sender: Sender
    is_ours: bool
    at: datetime


def import_mail(
    paths: Sequence[Path],
    *,
    mailbox: Mailbox,
    close_after: timedelta | None = None,
    now: datetime | None = None,
    look: Callable[[int], object] = lambda count: None,
    start: Callable[[int], object] = lambda count: None,
    each: Callable[[], object] = lambda: None,
) -> Summary:
    """Import the messages of files and folders.

    First all are read for their time, then they are imported: `look` and `start` are called with
    their number, `each` after each. Tickets without a message for `close_after` are closed, as of
    their last one. A message that cannot be imported is skipped, with its reason. Cost: each
    message is read twice, and that of receiving it.
    """
    at = now or this_second()
    archive, summary = Archive(paths), Summary()
    look(len(archive))
    places: list[Place] = []
    for place in archive.places(now=at):
        places.append(place)
        each()
    places.sort()
    start(len(places))
    work = _Import(mailbox, at, summary)
    for place in places:
        raw = archive.read(place)
        try:
            work.take(raw, place)
        except _REFUSALS as refused:
            summary.refused.append((str(place), str(refused) or type(refused).__name__))
        each()
    if close_after is not None:
        work.close(before=at - close_after)
    outbox.wake_worker()
    return summary


class _Import:
    def __init__(self, mailbox: Mailbox, now: datetime, summary: Summary) -> None:
        self.mailbox, self.now, self.summary = mailbox, now, summary
        self._tickets: set[str] = set()

    def take(self, raw: bytes, place: Place) -> None:
        """Import one message, unless it was imported before."""
        key = content_key(raw)
        pk = store.email_pk(self.mailbox.name, key)
        if self._is_known(pk, key):
            self.summary.skipped += 1
            return
        message = read_safely(raw)
        sender = sender_of(message, self.mailbox)
        if sender is None:
            raise Invalid({"from": "no sender"})
        is_ours = base_of(sender.address) in own_addresses()
        mail = InboundEmail(
            pk, mailbox=self.mailbox.name, message_key=key, sha256=raw_messages.keep(raw),
            size=len(raw), received_at=place.at, recorded_at=place.at,
        )  # fmt: skip
        # The authentication in an old header can no longer be verified.
        sender = replace(sender, authentication=Authentication.NOT_CONFIGURED)
        one = _Message(mail, message, sender, is_ours, place.at)
        for attempt in range(1, TRIES + 1):
            try:
                self._add(one)
            except (ConditionFailed, Contended):
                if self._is_known(pk, key):
                    self.summary.skipped += 1
                    return
                if attempt == TRIES:
                    raise
            except BaseException:
                raw_messages.forget(mail.sha256)
                raise
            else:
                return

    def close(self, *, before: datetime) -> None:
        """Close imported tickets whose last message is older; tickets that others have changed
        stay."""
        for ticket_id in self._tickets:
            ticket = queries.ticket(ticket_id)
            if ticket is None or ticket.updated_at >= before or ticket.archived_at:
                continue
            timeline = Timeline.load(ticket.timeline)
            draft = Draft(copy_of(ticket), timeline, by=SYSTEM, now=ticket.updated_at)
            try:
                if draft.timeline.status not in (Status.RESOLVED, Status.CLOSED):
                    draft.apply(EventType.RESOLVED)
                draft.apply(EventType.CLOSED)
            except DomainError:  # it is closed
                continue
            with suppress(ConditionFailed, Contended):
                self._finish(draft, ticket)

    def _is_known(self, pk: str, key: str) -> bool:
        if before := store.email(pk):
            self._tickets |= {before.ticket_id} if before.ticket_id else set()
            return True
        with suppress(SameMessage.DoesNotExist):
            return bool(SameMessage.get(store.same_pk(key), "SAME", consistent_read=True))
        return False

    def _add(self, one: _Message) -> None:
        ticket = self._ticket(one)
        automatic = one.read.automatic is not Automatic.NO
        if ticket is None and automatic:
            self._note_ignored(one)
            return
        if ticket is not None:
            draft = Draft(copy_of(ticket), Timeline.load(ticket.timeline), by=SYSTEM, now=one.at)
        else:
            draft = self._new(one)
        with kept_files(draft.ticket.ticket_id, one.read, one.mail.pk) as files:
            self._write(one, ticket, draft, files)
        self.summary.messages += 1
        self.summary.tickets += ticket is None

    def _ticket(self, one: _Message) -> Ticket | None:
        """Return the ticket that a message belongs to, by the Message-IDs that it names."""
        if one.is_ours or one.sender.user is not None:
            known = store.tickets_of_messages(ids_named(one.read)[:MOST_REFERENCES])
            found = next((known[i] for i in ids_named(one.read) if i in known), "")
        else:
            found = ticket_of(one.read, one.sender).ticket_id
        ticket = queries.ticket(found) if found else None
        if ticket is None or ticket.archived_at or ticket.merged_into:
            return None
        return ticket

    def _new(self, one: _Message) -> Draft:
        customer = self._customer(one)
        category = Category(self.mailbox.category)
        terms = policies.snapshot_for(category=category, segment=customer.segment)
        fields: dict[str, Any] = {
            "ticket_id": ticket_numbers.next_ticket_id(),
            "customer_id": customer.customer_id,
            "subject": subject_of(one.read, "(no subject)"),
            "description": text_of(one.read).shown[:LONGEST_DESCRIPTION].strip() or "(no text)",
            "description_by_customer": not one.is_ours or None,
            "category": category.value,
            "priority": Priority.MEDIUM.value,
            "status": Status.OPEN.value,
            "team_id": str(self.mailbox.team_id) if self.mailbox.team_id else None,
            "tags": [],
            "channel": Channel.EMAIL.value,
            "mailbox": self.mailbox.name,
            "policy_id": terms.key,
            "segment": customer.segment,
        }
        return new_draft(
            fields, policy_key=terms.key, priority=Priority.MEDIUM, by=SYSTEM, now=one.at
        )

    def _customer(self, one: _Message) -> Customer:
        """Return the message's author as a customer; for a mail of the desk, its recipient."""
        own = own_addresses()
        others = [who for who in one.read.to if base_of(who.address) not in own]
        if one.is_ours and not others:
            raise Invalid({"to": "a mail of the desk to itself"})
        who = others[0] if one.is_ours else Address(one.sender.name, one.sender.address)
        found = customer_with_email(who.address)
        if found is not None:
            return found
        name = one_line(storable(who.name))[:200] or who.address
        return create_customer(name=name, email=who.address, by=SYSTEM, now=one.at)

    def _write(
        self, one: _Message, stored: Ticket | None, draft: Draft, files: Sequence[Attachment]
    ) -> None:
        """Add the log entry, the record and the Message-IDs, and write them with the ticket."""
        customer = one.sender.customer
        from_customer = customer is not None and customer.customer_id == draft.ticket.customer_id
        is_note = one.sender.user is not None and not one.is_ours and stored is not None
        late = stored is not None and one.at < stored.updated_at
        line = draft.add_entry(
            CommunicationType.INTERNAL_NOTE if is_note else CommunicationType.CUSTOMER_RESPONSE,
            text_of(one.read).shown,
            direction=None if is_note else Direction.OUTBOUND if one.is_ours else Direction.INBOUND,
            attachments=files,
        )
        arrival = Arrival(
            channel=Channel.EMAIL,
            email=facts_of(one.read, one.sender, one.mail),
            participants=people_beside(one.read, one.sender, draft.ticket.customer_id),
            from_customer=one.is_ours or is_note or from_customer or stored is None,
            automatic=one.read.automatic is not Automatic.NO or late,
        )
        arrival.note_on(draft, line)
        if one.sender.user is not None and (is_note or one.is_ours):
            line.created_by = actor_of(one.sender.user).user_id
            set_record_keys(line)
        if is_note:
            line.without_effect = None
        elif one.is_ours and arrival.has_effect:
            self._apply(draft, line, EventType.RESPONDED)
        elif stored is not None and arrival.has_effect:
            self._apply(draft, line, EventType.CUSTOMER_REPLIED)
        outcome = Outcome.TICKET if stored is None else Outcome.REPLY
        number = draft.ticket.ticket_id
        draft.checks.append(lambda t: self._put_record(t, one, outcome, number, line))
        draft.checks.append(lambda t: self._put_ids(t, one, number))
        self._finish(draft, stored, fires_later=late)
        self._tickets.add(number)

    def _finish(self, draft: Draft, stored: Ticket | None, *, fires_later: bool = False) -> None:
        """Write the ticket under its version, and everything beside it, in one transaction.

        Milestones that have passed count as escalated, unless the ticket is new today.
        """
        draft.log_changes()
        if stored is not None:
            draft.ticket.version = stored.version + 1
            draft.ticket.updated_at = draft.at
        draft.finish_without_firing(until=None if fires_later else self.now)
        draft.events.clear()  # what happened long ago is no news
        draft.emit(events.Imported())
        with Transaction() as transaction:
            if stored is None:
                transaction.put(draft.ticket, Ticket.pk.does_not_exist())
            else:
                actions = changes(stored, draft.ticket)
                transaction.update(stored, actions, Ticket.version == stored.version)
            write_beside(transaction, draft)

    def _apply(self, draft: Draft, line: Communication, kind: EventType) -> None:
        """Apply an event to the clocks if the workflow allows it; a closed ticket stays closed."""
        try:
            draft.apply(kind)
        except DomainError:
            line.without_effect = True

    def _note_ignored(self, one: _Message) -> None:
        """Record an automatic mail that belongs to no ticket, so that a repeat skips it."""
        with Transaction() as transaction:
            self._put_record(transaction, one, Outcome.IGNORED, "", None)
        raw_messages.forget(one.mail.sha256)
        self.summary.skipped += 1

    def _put_record(
        self,
        transaction: Transaction,
        one: _Message,
        outcome: Outcome,
        ticket_id: str,
        line: Communication | None,
    ) -> None:
        mail = one.mail
        mail.state = outcome.value
        mail.ticket_id = ticket_id or None
        mail.communication_id = line.communication_id if line else None
        store.set_email_keys(mail)
        transaction.put(mail, InboundEmail.pk.does_not_exist())
        mark = SameMessage(store.same_pk(mail.message_key), first=mail.pk)
        transaction.put(mark, SameMessage.pk.does_not_exist())

    def _put_ids(self, transaction: Transaction, one: _Message, ticket_id: str) -> None:
        named = [one.read.message_id, *ids_named(one.read)[:MOST_REFERENCES]]
        ids = list(dict.fromkeys(i for i in named if i))
        known = store.tickets_of_messages(ids)
        for message_id in ids:
            if message_id not in known:
                entry = MessageTicket(store.message_pk(message_id), ticket_id=ticket_id)
                transaction.put(entry, MessageTicket.pk.does_not_exist())
