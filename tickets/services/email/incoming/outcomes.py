"""The outcomes of a message: a new ticket, an entry in a ticket, suspension, or none.

Each is written in one transaction, which fails if somebody else has written an outcome.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from customers.services.bounced import unmark_bounced
from customers.services.create import create_customer
from customers.services.read import customer_with_email
from customers.store.items import Customer
from helpdesk.accounts.actors import SYSTEM, Actor
from helpdesk.dynamo.transaction import Action, ConditionFailed, Transaction
from helpdesk.errors import Invalid, NotFound, ServiceError
from helpdesk.mail.reading import Automatic, ReadMessage, version
from helpdesk.short_text import one_line
from tickets.domain.mail.outcome import Cause, Outcome, Remark
from tickets.domain.ticket import Channel, CommunicationType, Direction, Priority
from tickets.models import Mailbox
from tickets.services.conversation.arrival import Arrival
from tickets.services.conversation.communicate import communicate
from tickets.services.email.incoming.matching import (
    MOST_REFERENCES,
    Sender,
    ids_named,
    kept_address,
    people_beside,
)
from tickets.services.email.incoming.messages import (
    facts_of,
    kept_files,
    left_out,
    storable,
    subject_of,
    text_of,
)
from tickets.services.email.mailboxes import base_of, own_addresses
from tickets.services.email.replies import acknowledgement
from tickets.services.email.storage import raw_messages
from tickets.services.lifecycle.create import FirstMessage, create_ticket
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.validation import LONGEST_DESCRIPTION
from tickets.store import mail as store
from tickets.store import queries, ticket_numbers
from tickets.store.items import Communication
from tickets.store.mail import InboundEmail, MessageTicket

NOT_KEPT = (Outcome.DUPLICATE, Outcome.IGNORED, Outcome.DELETED)


class TakenMeanwhile(ServiceError):
    """Somebody else has written the message's outcome."""


@dataclass(frozen=True)
class Case:
    """A message without an outcome yet, with all that is known about it."""

    mail: InboundEmail
    message: ReadMessage
    mailbox: Mailbox
    sender: Sender
    now: datetime
    remarks: tuple[Remark, ...] = ()
    forwarded_by: Actor = SYSTEM
    """The colleague who handed it on."""


def end(
    mail: InboundEmail,
    outcome: Outcome,
    cause: Cause | None = None,
    *,
    ticket_id: str = "",
    same_file: bool = False,
) -> InboundEmail:
    """Write the outcome of a message that is not added to a ticket; return its record.

    Changes nothing if somebody else has written one. The message itself is deleted if nobody will
    need it, unless it is the `same_file` as another record's: an erasure finds only what tickets
    name, and what is listed.
    """
    with suppress(ConditionFailed):
        with Transaction() as transaction:
            finish(transaction, mail, outcome, cause=cause, ticket_id=ticket_id)
        if outcome in NOT_KEPT and not same_file:
            raw_messages.forget(mail.sha256)
    return store.email(mail.pk) or mail


def finish(
    transaction: Transaction,
    mail: InboundEmail,
    outcome: Outcome,
    *,
    cause: Cause | None = None,
    ticket_id: str = "",
    communication_id: str = "",
) -> None:
    """Add a message's outcome to a transaction, which then fails if there is one already."""
    ended = InboundEmail.from_raw_data(mail.serialize())
    ended.state = outcome.value
    ended.cause = cause.value if cause else None
    ended.ticket_id = ticket_id or None
    listed = ended.list_name in store.SHOWN_LISTS
    store.set_email_keys(ended)
    actions: list[Action] = [
        InboundEmail.state.set(ended.state),
        InboundEmail.record_key.set(ended.record_key),
        InboundEmail.record_at.set(ended.record_at),
        InboundEmail.ended_at.set(ended.listed_at),
        InboundEmail.cause.set(cause.value) if cause else InboundEmail.cause.remove(),
        InboundEmail.reader.set(version.READER)
        if outcome is Outcome.PARKED
        else InboundEmail.reader.remove(),
    ]
    for attribute, value in (
        (InboundEmail.ticket_id, ticket_id),
        (InboundEmail.communication_id, communication_id),
        (InboundEmail.sender, mail.sender if listed else None),
        (InboundEmail.sender_name, mail.sender_name if listed else None),
        (InboundEmail.subject, mail.subject if listed else None),
        (InboundEmail.envelope_from, mail.envelope_from if listed else None),
        (InboundEmail.envelope_to, mail.envelope_to if listed else None),
    ):
        actions.append(attribute.set(value) if value else attribute.remove())
    transaction.update(mail, actions, InboundEmail.state == mail.state)


def add_to(
    case: Case, ticket_id: str, *, side_thread: str = "", invites: bool = True
) -> InboundEmail:
    """Add a message to a ticket, as its sender's: the customer's, or another participant's.

    With `invites` they and people in copy become participants.
    """
    ticket = queries.ticket(ticket_id)
    if ticket is None:
        raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
    automatic = case.message.automatic is not Automatic.NO
    customer = case.sender.customer
    from_customer = customer is not None and customer.customer_id == ticket.customer_id
    unless_taken(case.mail)
    unmark_bounced(customer, case.sender.address)
    tells = not side_thread and invites and bool(left_out(case.message))
    tells = tells and acknowledgement.may_tell(case.message, case.sender, now=case.now)
    with kept_files(ticket_id, case.message, case.mail.pk) as files:
        came = arrival(
            case,
            Outcome.AUTO_REPLY if automatic else Outcome.REPLY,
            from_customer=from_customer,
            tells=tells,
            side_thread=side_thread,
            participants=()
            if automatic or not invites
            else people_beside(case.message, case.sender, ticket.customer_id),
        )
        communicate(
            ticket_id,
            type=CommunicationType.INTERNAL_NOTE
            if side_thread
            else CommunicationType.CUSTOMER_RESPONSE,
            content=text_of(case.message).shown,
            direction=Direction.INBOUND,
            attachments=files,
            arrival=came,
            by=SYSTEM,
            now=case.now,
        )
    return store.email(case.mail.pk) or case.mail


def open_ticket(
    case: Case,
    *,
    customer: Customer | None = None,
    refused: str = "",
    remarks: tuple[Remark, ...] = (),
) -> InboundEmail:
    """Create a ticket with a message, for its sender or for `customer`.

    Somebody who writes for the first time becomes a customer. `refused` is a ticket that the
    message named without permission.
    """
    customer = customer or case.sender.customer or _new_customer(case)
    text = text_of(case.message)
    new = (*remarks, *((Remark.NEW_BECAUSE_REFUSED,) if refused else ()))
    case = replace(case, remarks=(*case.remarks, *new))
    people = people_beside(case.message, case.sender, customer.customer_id)
    unless_taken(case.mail)
    unmark_bounced(case.sender.customer, case.sender.address)
    forwarded = case.forwarded_by != SYSTEM
    wanted = case.mailbox.acknowledges or (not forwarded and bool(left_out(case.message)))
    acknowledges = wanted and acknowledgement.may_tell(case.message, case.sender, now=case.now)
    ticket_id = ticket_numbers.next_ticket_id()
    with kept_files(ticket_id, case.message, case.mail.pk) as files:
        came = arrival(case, Outcome.TICKET, participants=people)
        create_ticket(
            ticket_id=ticket_id,
            customer_id=customer.customer_id,
            subject=subject_of(case.message, _("(no subject)")),
            description=text.shown[:LONGEST_DESCRIPTION].strip() or _("(no text)"),
            category=case.mailbox.category,
            priority=Priority.MEDIUM.value,
            team_id=str(case.mailbox.team_id) if case.mailbox.team_id else None,
            channel=Channel.EMAIL,
            mailbox=case.mailbox.name,
            first_message=FirstMessage(
                content=text.shown,
                attachments=files,
                inbound=True,
                written_by=case.forwarded_by.user_id,
                beside=lambda draft, line: _note(came, acknowledges, draft, line),
            ),
            by=SYSTEM,
            now=case.now,
        )
    return store.email(case.mail.pk) or case.mail


def _note(came: Arrival, acknowledges: bool, draft: Draft, line: Communication) -> None:
    came.note_on(draft, line)
    if acknowledges:
        number, at = draft.ticket.ticket_id, draft.at
        draft.checks.append(lambda transaction: acknowledgement.queue_in(transaction, number, at))


def _new_customer(case: Case) -> Customer:
    """Create a customer for somebody who writes for the first time, or return one created
    meanwhile."""
    sender = case.sender
    name = one_line(storable(sender.name))[:200] or sender.address[:200]
    try:
        return create_customer(name=name, email=sender.address, by=SYSTEM, now=case.now)
    except Invalid:
        found = customer_with_email(sender.address)
        if found is None:
            raise
        return found


def arrival(
    case: Case,
    outcome: Outcome,
    *,
    from_customer: bool = True,
    side_thread: str = "",
    participants: Sequence[str] = (),
    tells: bool = False,
) -> Arrival:
    """Return what is different about a message that came by email. With `tells` its sender is told
    that files of it were left out."""
    return Arrival(
        channel=Channel.EMAIL,
        email=facts_of(case.message, case.sender, case.mail, remarks=case.remarks),
        participants=participants,
        from_customer=from_customer,
        automatic=case.message.automatic is not Automatic.NO,
        side_thread=side_thread,
        reply_to=_reply_address_of(case),
        keep=lambda transaction, draft, line: _keep(transaction, draft, line, case, outcome, tells),
    )


def _reply_address_of(case: Case) -> str:
    """Return the address of Reply-To where an answer could go that is not the sender's; else ""."""
    address = next((kept_address(one.address) for one in case.message.reply_to), "")
    ours = address and base_of(address) in own_addresses()
    return "" if ours or address == case.sender.address else address


def _keep(
    transaction: Transaction,
    draft: Draft,
    line: Communication,
    case: Case,
    outcome: Outcome,
    tells: bool,
) -> None:
    """Add what is written beside a message: its record's outcome, and its Message-IDs."""
    ticket_id = draft.ticket.ticket_id
    unless_taken(case.mail)
    finish(
        transaction,
        case.mail,
        outcome,
        ticket_id=ticket_id,
        communication_id=line.communication_id,
    )
    if tells:
        acknowledgement.queue_in(transaction, ticket_id, draft.at, line.communication_id)
    named = [case.message.message_id, *ids_named(case.message)[:MOST_REFERENCES]]
    ids = list(dict.fromkeys(one for one in named if one))
    known = store.tickets_of_messages(ids)
    for message_id in ids:
        if message_id not in known:
            entry = MessageTicket(store.message_pk(message_id), ticket_id=ticket_id)
            transaction.put(entry, MessageTicket.pk.does_not_exist())


def unless_taken(mail: InboundEmail) -> None:
    """Raise TakenMeanwhile if the message has an outcome already."""
    now = store.email(mail.pk)
    if now is None or now.state != mail.state:
        raise TakenMeanwhile(_("This email was already processed."))
