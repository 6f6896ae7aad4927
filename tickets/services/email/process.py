"""What becomes of a recorded message.

One transaction brings it to its end: the record done, the ticket under its version, the message in
its log, the Message-IDs that lead to the ticket, the events. Whatever dies before it leaves the
record waiting, and the next try begins anew.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from django.utils.translation import gettext as _

from customers.services.create import create_customer
from customers.services.read import customer_with_email
from customers.store.items import Customer
from helpdesk.accounts.actors import SYSTEM, Actor, actor_of
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import Action, ConditionFailed, Transaction
from helpdesk.errors import Invalid, NotFound, ServiceError
from helpdesk.mail.reading import Automatic, ReadMessage, Unreadable, read_safely
from helpdesk.short_text import one_line
from tickets.domain.mail import signed
from tickets.domain.mail.matching import Authentication, Match
from tickets.domain.mail.outcome import Cause, Outcome, Remark
from tickets.domain.ticket import Channel, CommunicationType, Direction, Priority
from tickets.models import BlockedSender, Mailbox
from tickets.services.conversation.arrival import Arrival
from tickets.services.conversation.communicate import communicate
from tickets.services.email import acknowledgement, bounces, limits, raw_messages
from tickets.services.email.mailboxes import (
    base_of,
    mailbox_named,
    mailbox_of,
    mailboxes,
    own_addresses,
    signer,
)
from tickets.services.email.matching import (
    MOST_REFERENCES,
    Sender,
    ids_named,
    people_beside,
    sender_of,
    ticket_of,
)
from tickets.services.email.messages import (
    facts_of,
    kept_files,
    storable,
    subject_of,
    text_of,
)
from tickets.services.lifecycle.create import FirstMessage, create_ticket
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.validation import LONGEST_DESCRIPTION
from tickets.store import mail as store
from tickets.store import queries
from tickets.store.items import Communication
from tickets.store.mail import STORED, InboundEmail, MessageTicket, SameMessage

log = structlog.get_logger(__name__)

LISTED = (Outcome.SUSPENDED, Outcome.PARKED)
"""Outcomes of which a person sees a list, with sender and subject."""
NOT_KEPT = (Outcome.DUPLICATE, Outcome.IGNORED, Outcome.DELETED)
WAITING_STATES = (STORED, Outcome.PARKED.value)
"""States from which a message is processed; a parked one is tried again."""


class TakenMeanwhile(ServiceError):
    """Somebody else has brought the message to its end."""


@dataclass(frozen=True)
class Case:
    """A message on its way to its end, with all that is known of it."""

    mail: InboundEmail
    message: ReadMessage
    mailbox: Mailbox
    sender: Sender
    now: datetime
    remarks: tuple[Remark, ...] = ()
    forwarded_by: Actor = SYSTEM
    """The colleague who handed it on."""


def process(pk: str, *, now: datetime | None = None) -> InboundEmail:
    """Bring a recorded message to its end, and return the record as it then is.

    A repeat changes nothing. Raises what the engines raise: then the message waits for the next
    try. Cost: the message read once, and the reads and the transaction of what it comes to.
    """
    mail = store.email(pk)
    if mail is None:
        raise NotFound(_("This email is not recorded."))
    if mail.state not in WAITING_STATES:
        return mail
    structlog.contextvars.bind_contextvars(mail=mail.message_key[:12])
    at = now or this_second()
    try:
        message = read_safely(raw_messages.read(mail.sha256))
    except Unreadable as reason:
        log.warning("mail_parked", reason=str(reason))
        return end(mail, Outcome.PARKED, Cause.UNREADABLE)
    _show(mail, message)
    with suppress(TakenMeanwhile):
        return _decide(mail, message, at)
    return store.email(pk) or mail


def end(
    mail: InboundEmail,
    outcome: Outcome,
    cause: Cause | None = None,
    *,
    ticket_id: str = "",
) -> InboundEmail:
    """Write down what became of a message that is not added to a ticket; return the record.

    Changes nothing where somebody else was first. The message itself is removed where nobody will
    ask for it: erasing a customer finds what their tickets name, and what is listed.
    """
    with suppress(ConditionFailed):
        with Transaction() as transaction:
            finish(transaction, mail, outcome, cause=cause, ticket_id=ticket_id)
        if outcome in NOT_KEPT:
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
    """Let a transaction bring a message to its end, and hold only where nobody has done so."""
    ended = InboundEmail.from_raw_data(mail.serialize())
    ended.state = outcome.value
    listed = outcome in LISTED
    store.set_email_keys(ended)
    actions: list[Action] = [
        InboundEmail.state.set(ended.state),
        InboundEmail.record_key.set(ended.record_key),
        InboundEmail.record_at.set(ended.record_at),
        InboundEmail.cause.set(cause.value) if cause else InboundEmail.cause.remove(),
    ]
    for attribute, value in (
        (InboundEmail.ticket_id, ticket_id),
        (InboundEmail.communication_id, communication_id),
        (InboundEmail.sender, mail.sender if listed else None),
        (InboundEmail.sender_name, mail.sender_name if listed else None),
        (InboundEmail.subject, mail.subject if listed else None),
    ):
        actions.append(attribute.set(value) if value else attribute.remove())
    transaction.update(mail, actions, InboundEmail.state == mail.state)


def _show(mail: InboundEmail, message: ReadMessage) -> None:
    """Note on a record what lists show of its message."""
    if message.sender:
        mail.sender = storable(message.sender[0].address)[:254] or None
        mail.sender_name = one_line(storable(message.sender[0].name))[:200] or None
    mail.subject = one_line(storable(message.subject))[:300] or None


def _decide(mail: InboundEmail, message: ReadMessage, now: datetime) -> InboundEmail:
    first = _same_message(mail)
    if first is not None:
        return end(mail, Outcome.DUPLICATE, Cause.SAME_MESSAGE, ticket_id=first.ticket_id or "")
    if message.automatic is Automatic.REPORT:
        return _take_report(mail, message, now)
    mailbox = _mailbox(mail, message)
    sender = sender_of(message, mailbox)
    if sender is None:
        return end(mail, Outcome.SUSPENDED, Cause.NO_SENDER)
    if base_of(sender.address) in own_addresses():
        return _from_ourselves(mail, message)
    if BlockedSender.objects.filter(address=sender.address).exists():
        return end(mail, Outcome.SUSPENDED, Cause.BLOCKED_SENDER)
    case = Case(mail, message, mailbox, sender, now)
    found = ticket_of(message, sender)
    if sender.colleague is not None:
        return _from_colleague(case, found)
    claims = bool(found.ticket_id or found.refused)
    if sender.user is not None and claims:
        return end(mail, Outcome.SUSPENDED, Cause.CLAIMS_COLLEAGUE, ticket_id=found.ticket_id)
    if found.cause is not None:
        return end(mail, Outcome.SUSPENDED, found.cause, ticket_id=found.ticket_id)
    if found.ticket_id:
        return _add(case, found)
    if message.automatic is not Automatic.NO:
        return end(mail, Outcome.SUSPENDED, Cause.AUTOMATIC)
    return open_ticket(case, refused=found.refused)


def _same_message(mail: InboundEmail) -> InboundEmail | None:
    """Return the mail of another mailbox that is the same message, where there is one.

    Whoever comes first is the one that is taken; it is written down before anything else.
    """
    mark = SameMessage(store.same_pk(mail.message_key), first=mail.pk)
    try:
        with Transaction() as transaction:
            transaction.put(mark, SameMessage.pk.does_not_exist())
    except ConditionFailed:
        mark.refresh(consistent_read=True)
        return None if mark.first == mail.pk else store.email(mark.first)
    return None


def _take_report(mail: InboundEmail, message: ReadMessage, now: datetime) -> InboundEmail:
    reported = bounces.message_of(message, mail)
    if reported is None:
        return end(mail, Outcome.SUSPENDED, Cause.UNKNOWN_REPORT)

    def keep(transaction: Transaction, draft: Draft, line: Communication) -> None:
        finish(
            transaction,
            mail,
            Outcome.BOUNCE,
            ticket_id=draft.ticket.ticket_id,
            communication_id=line.communication_id,
        )

    _unless_taken(mail)
    bounces.take(message, mail, reported, keep, now=now)
    return store.email(mail.pk) or mail


def _from_ourselves(mail: InboundEmail, message: ReadMessage) -> InboundEmail:
    """A mail of the desk that came back is ignored where it carries our mac; without one it only
    says that it is from the desk, as a web form may."""
    claim = signed.claim_of_message_id(message.message_id)
    recipients = [one.address for one in (*message.to, *message.cc)]
    if claim and signer().recipient_of(claim, recipients):
        return end(mail, Outcome.IGNORED, Cause.FROM_OURSELVES)
    return end(mail, Outcome.SUSPENDED, Cause.CLAIMS_TO_BE_US)


def _mailbox(mail: InboundEmail, message: ReadMessage) -> Mailbox:
    """Return the mailbox that a message is for: the first one that it names, else the one that it
    came to."""
    named = mailbox_of(one.address for one in (*message.to, *message.cc))
    return named or mailbox_named(mail.mailbox)


def _from_colleague(case: Case, found: Match) -> InboundEmail:
    """A colleague writes a note on the ticket that the mail names, an answer where the mailbox
    allows it, or hands on what a customer wrote to them."""
    assert case.sender.colleague is not None  # noqa: S101 (for types)
    by = actor_of(case.sender.colleague)
    ticket_id = found.ticket_id or found.refused
    if not by.works_tickets:
        return end(case.mail, Outcome.SUSPENDED, Cause.CLAIMS_COLLEAGUE, ticket_id=ticket_id)
    if not ticket_id:
        return _handed_on(case, by)
    text = text_of(case.message)
    answers = case.mailbox.colleagues_reply and bool(found.ticket_id) and _to_signed(case)
    _unless_taken(case.mail)
    with kept_files(ticket_id, case.message) as (files, left_out):
        arrival = _arrival(case, Outcome.REPLY, from_customer=False, left_out=left_out)
        communicate(
            ticket_id,
            type=CommunicationType.CUSTOMER_RESPONSE
            if answers
            else CommunicationType.INTERNAL_NOTE,
            content=text.shown,
            direction=Direction.OUTBOUND,
            attachments=files,
            arrival=arrival,
            by=by,
            now=case.now,
        )
    return store.email(case.mail.pk) or case.mail


def _to_signed(case: Case) -> bool:
    """Whether a message was sent to a signed reply address."""
    message = case.message
    to = (*message.delivered_to, *(one.address for one in (*message.to, *message.cc)))
    desk = [one.address for one in mailboxes()]
    return any(signed.claim_of_address(address, desk) for address in to)


def _handed_on(case: Case, by: Actor) -> InboundEmail:
    """Open a ticket of whoever wrote the mail that a colleague forwards; of the colleague where it
    does not say who that is."""
    forwarded = case.message.forwarded
    original = forwarded.sender if forwarded else None
    if original is None or base_of(original.address) in own_addresses():
        return open_ticket(case)
    writer = Sender(
        address=base_of(original.address),
        name=original.name,
        authentication=Authentication.NOT_CONFIGURED,
        user=None,
        customer=customer_with_email(original.address),
    )
    handed_on = replace(case, sender=writer, forwarded_by=by)
    return open_ticket(handed_on, remarks=(Remark.FORWARDED,))


def _add(case: Case, found: Match) -> InboundEmail:
    """Add a message to the ticket that it belongs to."""
    ticket = queries.ticket(found.ticket_id)
    if ticket is None:
        return end(case.mail, Outcome.SUSPENDED, Cause.TICKET_GONE)
    sender = case.sender
    if not limits.may_write(found.ticket_id, sender.address, now=case.now):
        return end(case.mail, Outcome.SUSPENDED, Cause.TOO_MANY, ticket_id=found.ticket_id)
    return add_to(case, found.ticket_id, side_thread=found.side_thread)


def add_to(case: Case, ticket_id: str, *, side_thread: str = "") -> InboundEmail:
    """Add a message to a ticket as its sender's: the customer's, or another participant's."""
    ticket = queries.ticket(ticket_id)
    if ticket is None:
        raise NotFound(_("Ticket %(id)s not found.") % {"id": ticket_id})
    automatic = case.message.automatic is not Automatic.NO
    customer = case.sender.customer
    from_customer = customer is not None and customer.customer_id == ticket.customer_id
    _unless_taken(case.mail)
    with kept_files(ticket_id, case.message) as (files, left_out):
        arrival = _arrival(
            case,
            Outcome.AUTO_REPLY if automatic else Outcome.REPLY,
            from_customer=from_customer,
            left_out=left_out,
            side_thread=side_thread,
            participants=()
            if automatic
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
            arrival=arrival,
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
    """Open a ticket with a message, of its sender or of `customer`; who writes for the first time
    becomes a customer. `refused` is a ticket that it named without a right to it."""
    customer = customer or case.sender.customer or _new_customer(case)
    text = text_of(case.message)
    new = (*remarks, *((Remark.NEW_BECAUSE_REFUSED,) if refused else ()))
    case = replace(case, remarks=new)
    people = people_beside(case.message, case.sender, customer.customer_id)
    _unless_taken(case.mail)
    acknowledges = acknowledgement.is_due(case.message, case.mailbox, case.sender, now=case.now)
    ticket_id = queries.next_ticket_id()
    with kept_files(ticket_id, case.message) as (files, left_out):
        arrival = _arrival(case, Outcome.TICKET, left_out=left_out, participants=people)
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
                beside=lambda draft, line: _note(arrival, acknowledges, draft, line),
            ),
            by=SYSTEM,
            now=case.now,
        )
    return store.email(case.mail.pk) or case.mail


def _note(arrival: Arrival, acknowledges: bool, draft: Draft, line: Communication) -> None:
    arrival.note_on(draft, line)
    if acknowledges:
        number, at = draft.ticket.ticket_id, draft.at
        draft.checks.append(lambda transaction: acknowledgement.queue_in(transaction, number, at))


def _new_customer(case: Case) -> Customer:
    """Make a customer of somebody who writes for the first time; one who came to be meanwhile is
    found."""
    sender = case.sender
    name = one_line(storable(sender.name))[:200] or sender.address
    try:
        return create_customer(name=name, email=sender.address, by=SYSTEM, now=case.now)
    except Invalid:
        found = customer_with_email(sender.address)
        if found is None:
            raise
        return found


def _arrival(
    case: Case,
    outcome: Outcome,
    *,
    from_customer: bool = True,
    left_out: bool,
    side_thread: str = "",
    participants: Sequence[str] = (),
) -> Arrival:
    remarks = (*case.remarks, *((Remark.FILES_LEFT_OUT,) if left_out else ()))
    return Arrival(
        channel=Channel.EMAIL,
        email=facts_of(case.message, case.sender, case.mail, remarks=remarks),
        participants=participants,
        from_customer=from_customer,
        automatic=case.message.automatic is not Automatic.NO,
        side_thread=side_thread,
        keep=lambda transaction, draft, line: _keep(transaction, draft, line, case, outcome),
    )


def _keep(
    transaction: Transaction, draft: Draft, line: Communication, case: Case, outcome: Outcome
) -> None:
    """Write beside a message: its record is done, and its Message-IDs lead to the ticket."""
    ticket_id = draft.ticket.ticket_id
    _unless_taken(case.mail)
    finish(
        transaction,
        case.mail,
        outcome,
        ticket_id=ticket_id,
        communication_id=line.communication_id,
    )
    named = [case.message.message_id, *ids_named(case.message)[:MOST_REFERENCES]]
    ids = list(dict.fromkeys(one for one in named if one))
    known = store.tickets_of_messages(ids)
    for message_id in ids:
        if message_id not in known:
            entry = MessageTicket(store.message_pk(message_id), ticket_id=ticket_id)
            transaction.put(entry, MessageTicket.pk.does_not_exist())


def _unless_taken(mail: InboundEmail) -> None:
    """Raises TakenMeanwhile for a message that somebody else has brought to its end."""
    now = store.email(mail.pk)
    if now is None or now.state != mail.state:
        raise TakenMeanwhile(_("This email was already processed."))
