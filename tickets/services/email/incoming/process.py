"""Find the outcome of a recorded message.

One transaction writes it: the record, the ticket under its version, the message in its log, the
Message-IDs that lead to the ticket, the events. A crash before that leaves the record waiting, and
the next try begins anew.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

import structlog
from django.utils.translation import gettext as _

from customers.services.read import customer_with_email
from helpdesk.accounts.actors import Actor, actor_of
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.errors import Busy, NotFound
from helpdesk.log_redaction import kind_of
from helpdesk.mail.delivery import ENGINES_AWAY
from helpdesk.mail.reading import Automatic, ReadMessage, ReportKind, Unreadable, read_safely
from helpdesk.mail.reading.addressed import written_sender
from helpdesk.short_text import one_line
from tickets.domain.errors import TicketArchived
from tickets.domain.mail import signed
from tickets.domain.mail.matching import Authentication, Match
from tickets.domain.mail.outcome import Cause, Outcome, Remark
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import BlockedSender, Mailbox
from tickets.services.conversation.communicate import communicate
from tickets.services.email.incoming import bounces, limits
from tickets.services.email.incoming.matching import (
    Sender,
    hides_author,
    kept_address,
    sender_of,
    ticket_of,
)
from tickets.services.email.incoming.messages import (
    kept_files,
    storable,
    text_of,
)
from tickets.services.email.incoming.outcomes import (
    Case,
    TakenMeanwhile,
    add_to,
    arrival,
    end,
    finish,
    open_ticket,
    unless_taken,
)
from tickets.services.email.mailboxes import (
    base_of,
    mailbox_of,
    mailbox_of_record,
    mailboxes,
    own_addresses,
    signer,
)
from tickets.services.email.storage import raw_messages
from tickets.services.lifecycle.draft import Draft
from tickets.store import mail as store
from tickets.store import queries
from tickets.store.items import Communication
from tickets.store.mail import STORED, InboundEmail, SameMessage

log = structlog.get_logger(__name__)

MOST_TRIES = 5
WAITING_STATES = (STORED, Outcome.PARKED.value)
"""States from which a message is processed; a parked one is tried again."""


def process(pk: str, *, now: datetime | None = None) -> InboundEmail:
    """Find and write a message's outcome; return its record.

    A repeat changes nothing. Raises what the engines raise: then the message waits for the next
    try. Cost: the message is read once, and the reads and the transaction of its outcome.
    """
    mail = store.email(pk)
    if mail is None:
        raise NotFound(_("This email is not recorded."))
    if mail.state not in WAITING_STATES:
        return mail
    structlog.contextvars.bind_contextvars(mail=mail.message_key[:12])
    at = now or this_second()
    mail.ended_at = at
    try:
        message = read_safely(raw_messages.read(mail.sha256))
    except FileNotFoundError:
        return end(mail, Outcome.PARKED, Cause.UNREADABLE)
    except Unreadable as reason:
        _show_sender(mail)
        log.warning("mail_parked", reason=str(reason))
        return end(mail, Outcome.PARKED, Cause.UNREADABLE)
    _show(mail, message)
    with suppress(TakenMeanwhile):
        return _decide(mail, message, at)
    return store.email(pk) or mail


def try_to_process(mail: InboundEmail, *, now: datetime | None = None) -> InboundEmail:
    """Process a recorded message; return its record. Never raises.

    While an engine is away the message waits. If it fails MOST_TRIES times for another reason, it
    would fail always: it is parked, where a person sees it.
    """
    try:
        return process(mail.pk, now=now)
    except (*ENGINES_AWAY, Busy) as error:
        log.warning("mail_waits", reason=kind_of(error))
        return mail
    except Exception as error:
        log.exception("mail_not_processed", reason=kind_of(error))
    with suppress(*ENGINES_AWAY, ConditionFailed, Busy):
        with Transaction() as transaction:
            transaction.update(mail, [InboundEmail.tries.add(1)], InboundEmail.state == mail.state)
        counted = store.email(mail.pk) or mail
        if counted.tries >= MOST_TRIES:
            return end(counted, Outcome.PARKED, Cause.FAULT)
        return counted
    return mail


def _show(mail: InboundEmail, message: ReadMessage) -> None:
    """Store on a record what lists show of its message."""
    if message.sender:
        mail.sender = storable(message.sender[0].address)[:254] or None
        mail.sender_name = one_line(storable(message.sender[0].name))[:200] or None
    mail.subject = one_line(storable(message.subject))[:300] or None


def _show_sender(mail: InboundEmail) -> None:
    """Store the sender that an unreadable message names, so that an erasure finds it."""
    written = written_sender(raw_messages.read(mail.sha256))
    mail.sender = storable(written)[:254] or None


def _decide(mail: InboundEmail, message: ReadMessage, now: datetime) -> InboundEmail:
    first = _same_message(mail)
    if first is not None:
        return end(
            mail,
            Outcome.DUPLICATE,
            Cause.SAME_MESSAGE,
            ticket_id=first.ticket_id or "",
            same_file=first.sha256 == mail.sha256,
        )
    if message.automatic is Automatic.REPORT:
        return _take_report(mail, message, now)
    arrived = mailbox_of_record(mail.mailbox)
    sender = sender_of(message, arrived)  # whom a message names has no say in who is believed
    if sender is None:
        return end(mail, Outcome.SUSPENDED, _without_sender(mail, message))
    if hides_author(message, arrived):
        return end(mail, Outcome.SUSPENDED, Cause.HIDDEN_SENDER)
    if base_of(sender.address) in own_addresses():
        return _from_ourselves(mail, message)
    if _is_blocked(sender.address):
        return end(mail, Outcome.SUSPENDED, Cause.BLOCKED_SENDER)
    case = Case(mail, message, _mailbox(message, arrived), sender, now)
    found = ticket_of(message, sender, mail.envelope_to)
    if sender.colleague is not None:
        try:
            return _from_colleague(case, found, arrived)
        except TicketArchived:
            named = found.ticket_id or found.refused
            return end(mail, Outcome.SUSPENDED, Cause.TICKET_ARCHIVED, ticket_id=named)
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


def _without_sender(mail: InboundEmail, message: ReadMessage) -> Cause:
    """Return why nobody can be answered on a message that has no sender with a usable address."""
    if mail.sender and _is_blocked(mail.sender):
        return Cause.BLOCKED_SENDER
    named = bool(message.sender) and "@" in message.sender[0].address
    return Cause.UNUSABLE_SENDER if named else Cause.NO_SENDER


def _is_blocked(address: str) -> bool:
    return BlockedSender.objects.filter(address=address).exists()


def _same_message(mail: InboundEmail) -> InboundEmail | None:
    """Return the record of the same message in another mailbox, if there is one.

    The first one is processed; which one that is, is stored before anything else.
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
    if (
        reported
        and not mail.tries
        and not limits.may_report(reported.line.communication_id, now=now)
    ):
        return end(mail, Outcome.SUSPENDED, Cause.TOO_MANY, ticket_id=reported.ticket.ticket_id)
    if reported is None:
        return end(mail, _of_no_message(mail, message), Cause.UNKNOWN_REPORT)

    def keep(transaction: Transaction, draft: Draft, line: Communication) -> None:
        finish(
            transaction,
            mail,
            Outcome.BOUNCE,
            ticket_id=draft.ticket.ticket_id,
            communication_id=line.communication_id,
        )

    unless_taken(mail)
    bounces.take(message, mail, reported, keep, now=now)
    return store.email(mail.pk) or mail


def _of_no_message(mail: InboundEmail, message: ReadMessage) -> Outcome:
    """Return the outcome of a report about no message of the desk: it changes nothing.

    If a customer or a colleague sent it, it may be no report at all, so a person decides.
    """
    sender = sender_of(message, mailbox_of_record(mail.mailbox))
    is_known = sender is not None and (sender.customer or sender.user) is not None
    is_receipt = message.report is not None and message.report.kind is ReportKind.READ
    return Outcome.SUSPENDED if is_known and not is_receipt else Outcome.BOUNCE


def _from_ourselves(mail: InboundEmail, message: ReadMessage) -> InboundEmail:
    """Ignore a message of the desk that came back, if it has our signature.

    Without one it only claims to be from the desk, as a message of a web form may.
    """
    claim = signed.claim_of_message_id(message.message_id)
    recipients = [one.address for one in (*message.to, *message.cc)]
    if claim and signer().recipient_of(claim, recipients):
        return end(mail, Outcome.IGNORED, Cause.FROM_OURSELVES)
    return end(mail, Outcome.SUSPENDED, Cause.CLAIMS_TO_BE_US)


def _mailbox(message: ReadMessage, arrived: Mailbox) -> Mailbox:
    """Return the mailbox whose team and category a ticket gets.

    It is the first one that the message names, else the one that it came to.
    """
    named = mailbox_of(one.address for one in (*message.to, *message.cc))
    return named or arrived


def _from_colleague(case: Case, found: Match, arrived: Mailbox) -> InboundEmail:
    """Add a colleague's message: a note on the ticket that it names, or a reply if the mailbox
    allows it.

    A forwarded message becomes a ticket of the customer who wrote it.
    """
    assert case.sender.colleague is not None  # noqa: S101 (for types)
    by = actor_of(case.sender.colleague)
    ticket_id = found.ticket_id or found.refused
    automatic = case.message.automatic is not Automatic.NO
    if not by.works_tickets:
        return end(case.mail, Outcome.SUSPENDED, Cause.CLAIMS_COLLEAGUE, ticket_id=ticket_id)
    if not ticket_id:
        if automatic:
            return end(case.mail, Outcome.SUSPENDED, Cause.AUTOMATIC)
        return _handed_on(case, by)
    if _too_many(case, ticket_id):
        return end(case.mail, Outcome.SUSPENDED, Cause.TOO_MANY, ticket_id=ticket_id)
    answers = arrived.colleagues_reply and not automatic and _to_own_address(case, ticket_id)
    unless_taken(case.mail)
    with kept_files(ticket_id, case.message, case.mail.pk) as files:
        came = arrival(
            case,
            Outcome.AUTO_REPLY if automatic else Outcome.REPLY,
            from_customer=False,
            side_thread=found.side_thread,
        )
        communicate(
            ticket_id,
            type=CommunicationType.CUSTOMER_RESPONSE
            if answers
            else CommunicationType.INTERNAL_NOTE,
            content=text_of(case.message).shown,
            direction=Direction.OUTBOUND,
            attachments=files,
            arrival=came,
            by=by,
            now=case.now,
        )
    return store.email(case.mail.pk) or case.mail


def _to_own_address(case: Case, ticket_id: str) -> bool:
    """Return whether a message was sent to the reply address that was signed for this sender."""
    message = case.message
    to = (*message.delivered_to, *(one.address for one in (*message.to, *message.cc)))
    desk = [one.address for one in mailboxes()]
    claims = (signed.claim_of_address(address, desk) for address in to)
    return any(
        claim.ticket_id == ticket_id
        and not claim.side_thread
        and signer().proves(claim, case.sender.address)
        for claim in claims
        if claim
    )


def _too_many(case: Case, ticket_id: str) -> bool:
    """Return whether a ticket has reached the hourly limit for an address. Each mail
    counts once."""
    if case.mail.tries:
        return False
    return not limits.may_write(ticket_id, case.sender.address, now=case.now)


def _handed_on(case: Case, by: Actor) -> InboundEmail:
    """Create a ticket for the author of a message that a colleague forwards.

    If it does not name its author, the ticket is the colleague's.
    """
    forwarded = case.message.forwarded
    original = forwarded.sender if forwarded else None
    address = kept_address(original.address) if original else ""
    if original is None or not address or base_of(address) in own_addresses():
        return open_ticket(case)
    writer = Sender(
        address=address,
        name=original.name,
        authentication=Authentication.NOT_CONFIGURED,
        user=None,
        customer=customer_with_email(address),
    )
    handed_on = replace(case, sender=writer, forwarded_by=by)
    return open_ticket(handed_on, remarks=(Remark.FORWARDED,))


def _add(case: Case, found: Match) -> InboundEmail:
    """Add a message to the ticket that it belongs to."""
    ticket = queries.ticket(found.ticket_id)
    if ticket is None:
        return end(case.mail, Outcome.SUSPENDED, Cause.TICKET_GONE)
    if _too_many(case, found.ticket_id):
        return end(case.mail, Outcome.SUSPENDED, Cause.TOO_MANY, ticket_id=found.ticket_id)
    try:
        return add_to(case, found.ticket_id, side_thread=found.side_thread)
    except TicketArchived:
        return end(case.mail, Outcome.SUSPENDED, Cause.TICKET_ARCHIVED, ticket_id=found.ticket_id)
