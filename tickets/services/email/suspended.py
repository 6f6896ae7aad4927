"""Suspended mail, on which a person decides: suspicious or unreadable messages, and delivery
reports about mail that is not ours.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from customers.services.read import customer_with_email
from helpdesk import idempotency
from helpdesk.accounts.actors import Actor, require_supervision, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.dynamo import cursor
from helpdesk.dynamo.pages import PagePosition
from helpdesk.dynamo.table import fits
from helpdesk.errors import Invalid, NotFound, ServiceError
from helpdesk.idempotency import Token
from helpdesk.mail.address import AddressRefused, as_kept
from helpdesk.mail.reading import ReadMessage, Unreadable, read_safely
from tickets.domain.errors import TicketArchived
from tickets.domain.mail.outcome import Cause, MailList, Outcome, Remark
from tickets.models import BlockedSender
from tickets.services.email.incoming import process
from tickets.services.email.incoming.matching import Sender, sender_of, unknown_sender
from tickets.services.email.incoming.outcomes import Case, TakenMeanwhile, add_to, end, open_ticket
from tickets.services.email.mailboxes import base_of, mailbox_of_record, own_addresses
from tickets.services.email.participation import side_threads
from tickets.services.email.storage import raw_messages
from tickets.store import mail as store
from tickets.store import queries
from tickets.store.mail import InboundEmail
from tickets.store.ticket import Ticket

SHOWN = 50
KEPT = timedelta(days=30)
"""A suspended message or report is deleted after this time."""
_LISTS = {
    MailList.SUSPENDED: Outcome.SUSPENDED.value,
    MailList.PARKED: Outcome.PARKED.value,
    MailList.BOUNCE: store.REPORTS,
    MailList.BLOCKED: store.BLOCKED,
}


@dataclass(frozen=True)
class SuspendedEmail:
    """A suspended mail; it is deleted automatically at `deleted_at`."""

    key: str
    mail: InboundEmail
    cause: Cause | None
    deleted_at: datetime


@dataclass(frozen=True)
class Destination:
    """The ticket that a suspended mail may be added to, with the number of its conversations with
    third parties, and the one that the mail names."""

    ticket_id: str = ""
    side_threads: int = 0
    side_thread: str = ""


@dataclass(frozen=True)
class OpenedEmail:
    """A suspended mail with its message, if it can be read.

    With `asks_sender` it names no sender who could be a ticket's customer: a person has to say.
    """

    listed: SuspendedEmail
    message: ReadMessage | None
    destination: Destination
    asks_sender: bool = False


class OtherConversations(Invalid):
    """The conversation was chosen among those of another ticket."""

    def __init__(self, ticket_id: str) -> None:
        words = _(
            "Ticket %(id)s has conversations with third parties, too. "
            "Choose where the email belongs."
        )
        super().__init__({"sideThread": words % {"id": ticket_id}})


@dataclass(frozen=True)
class SuspendedPage:
    """Some suspended mails, newest first, and the cursors of the pages before and after."""

    mails: list[SuspendedEmail]
    next: str | None
    previous: str | None


def suspended(
    *, state: MailList = MailList.SUSPENDED, cursor_text: str | None = None, by: Actor
) -> SuspendedPage:
    """Return a page of a list of suspended mails. Raises NotAllowed, InvalidCursor.

    Cost: a query a shard and a batch read.
    """
    require_ticket_work(by)
    query = ["suspended", state.value, by.user_id]
    place = None
    if cursor_text:
        side, _space, key = cursor.decode(cursor_text, query=query).partition(" ")
        place = PagePosition(key, back=side == "before")
    page = store.emails_page(_LISTS[state], limit=SHOWN, place=place)

    def text(at: PagePosition | None) -> str | None:
        if at is None:
            return None
        return cursor.encode(query=query, place=f"{'before' if at.back else 'after'} {at.key}")

    return SuspendedPage([_listed(one) for one in page.rows], text(page.next), text(page.previous))


def one_suspended(key: str, *, ticket_id: str = "", by: Actor) -> OpenedEmail:
    """Return a suspended mail, and where it may be added: to a ticket, else to the one it names.

    Raises NotFound, NotAllowed. Cost: that of `side_threads.named_by`.
    """
    require_ticket_work(by)
    mail = _waiting(key)
    try:
        message = read_safely(raw_messages.read(mail.sha256))
    except (Unreadable, FileNotFoundError):
        return OpenedEmail(_listed(mail), None, Destination())
    sender = _sender(mail, message)
    ticket = _after_merges(ticket_id or mail.ticket_id or "")
    if ticket is None:
        return OpenedEmail(_listed(mail), message, Destination(), not sender.address)
    named = side_threads.named_by(message, sender, ticket, mail.envelope_to)
    to = Destination(ticket.ticket_id, ticket.side_threads, named)
    return OpenedEmail(_listed(mail), message, to, not sender.address)


def original(key: str, *, by: Actor) -> bytes:
    """Return the original of a suspended mail. Raises NotFound if there is none, NotAllowed."""
    require_ticket_work(by)
    try:
        return raw_messages.read(_waiting(key).sha256)
    except FileNotFoundError as gone:
        raise NotFound(_("The original is no longer available.")) from gone


def open_ticket_of(
    key: str, *, sender: str = "", by: Actor, now: datetime | None = None
) -> InboundEmail:
    """Create a ticket with a suspended message, as if it had not been suspended.

    `sender` is the address of who wrote a message that names none that can be used. Raises NotFound
    if a colleague was first, NotAllowed, Invalid for a message that cannot be read, or a `sender`
    that is missing, invalid, one of the desk, or not needed.
    """
    case = _case(key, by, now)
    if bool(sender) == bool(case.sender.address):
        raise Invalid(
            {
                "sender": _("This email has a sender.")
                if sender
                else _("Enter the address of who wrote this email.")
            }
        )
    return open_ticket(_written_by(case, sender) if sender else case)


def add_to_ticket(
    key: str,
    ticket_id: str,
    *,
    side_thread: str | None = None,
    shown: str | None = None,
    by: Actor,
    now: datetime | None = None,
) -> InboundEmail:
    """Add a suspended message to a ticket: to the conversation with a third party `side_thread`,
    or with "" to the customer's. Without it the message itself decides, by what it names. One whose
    sender is unknown has no effect on status and clock.

    `shown` is the ticket of which the conversation was chosen. Raises OtherConversations if it is
    another one and there is a choice; Invalid for an unknown ticket or conversation, and as above.
    """
    case = _case(key, by, now)
    ticket = queries.ticket(ticket_id)
    if ticket is None:
        raise Invalid({"ticketId": _("Ticket %(id)s not found.") % {"id": ticket_id[:12]}})
    if shown is not None and shown != ticket_id:
        side_thread = None
        current = _after_merges(ticket_id)
        if current is not None and current.side_threads:
            raise OtherConversations(ticket_id)
    if side_thread is None:
        side_thread = side_threads.named_by(
            case.message, case.sender, ticket, case.mail.envelope_to
        )
    elif side_thread:
        side_threads.check_number(ticket, side_thread)
    # Adding this message does not make its sender a participant.
    try:
        return add_to(case, ticket_id, side_thread=side_thread, invites=False)
    except TicketArchived as refused:
        raise Invalid({"ticketId": str(refused)}) from refused


def delete(key: str, *, by: Actor) -> InboundEmail:
    """Delete a suspended message. It is remembered, so that it is not processed again.

    Raises NotFound if there was none, NotAllowed.
    """
    require_ticket_work(by)
    return _delete(_waiting(key))


def block_sender(key: str, *, by: Actor) -> InboundEmail:
    """Block the sender of a suspended message and delete it.

    For supervisors. Raises Invalid if it has no sender; NotFound, NotAllowed.
    """
    require_supervision(by)
    mail = _waiting(key)
    if not mail.sender:
        raise Invalid({"sender": _("This email has no sender.")})
    BlockedSender.objects.get_or_create(address=mail.sender, defaults={"blocked_by": by.name})
    return _delete(mail)


def read_again(key: str, *, by: Actor, now: datetime | None = None) -> InboundEmail:
    """Process an unreadable message again, for example after an upgrade. Raises NotFound,
    NotAllowed."""
    require_ticket_work(by)
    return process.process(_waiting(key).pk, now=now)


def once(
    key: str,
    decide: Callable[[], InboundEmail],
    *,
    ends: Collection[Outcome],
    token: Token,
    by: Actor,
    now: datetime | None = None,
) -> InboundEmail:
    """Carry out a decision about a mail; a repeat of the request returns the mail as it left it.

    `ends` are the outcomes of that decision: a mail that has one is not decided on again. Raises
    Invalid for a token that was used for a different request, and what `decide` raises: then the
    token may be used again.
    """
    require_ticket_work(by)
    claimed = idempotency.claim(token, by=by, at=now or this_second())
    try:
        return decide()
    except ServiceError as refused:
        mail = _recorded(key)
        if isinstance(refused, NotFound | TakenMeanwhile) and mail and mail.outcome in ends:
            return mail
        if claimed:
            idempotency.release(token, by=by)
        raise


def sweep(*, now: datetime | None = None) -> int:
    """Delete suspended messages and reports that are older than KEPT; return how many.

    Cost: three queries a shard, and a write and a file for each.
    """
    at = now or this_second()
    gone = 0
    for state in (MailList.SUSPENDED, MailList.BOUNCE, MailList.BLOCKED):
        for mail in store.emails_page(_LISTS[state], limit=100, forward=True):
            if mail.listed_at > at - KEPT:
                break
            _delete(mail)
            gone += 1
    return gone


def forget_senders(are_theirs: Callable[[str], bool]) -> None:
    """Delete suspended messages and blocked addresses of a person, for an erasure.

    Cost: a query of all suspended mail, a batch read for each hundred, and a write for each found.
    """
    for blocked in BlockedSender.objects.all():
        if are_theirs(blocked.address):
            blocked.delete()
    for list_name in store.SHOWN_LISTS:
        place: PagePosition | None = None
        while True:
            page = store.emails_page(list_name, limit=100, forward=True, place=place)
            for mail in page.rows:
                if mail.sender and are_theirs(mail.sender):
                    _delete(mail)
            if page.next is None:
                break
            place = page.next


def _after_merges(ticket_id: str) -> Ticket | None:
    """Return a ticket, or the one that it was merged into. A read for each merge."""
    ticket = queries.ticket(ticket_id) if ticket_id else None
    while ticket is not None and ticket.merged_into:
        ticket = queries.ticket(ticket.merged_into)
    return ticket


def _delete(mail: InboundEmail) -> InboundEmail:
    return end(mail, Outcome.DELETED)


def _recorded(key: str) -> InboundEmail | None:
    return store.email(key) if key.startswith(f"{store.EMAIL}#") and fits(key) else None


def _waiting(key: str) -> InboundEmail:
    mail = _recorded(key)
    if mail is None or mail.list_name not in store.SHOWN_LISTS:
        raise NotFound(_("A colleague already handled this email."))
    return mail


def _written_by(case: Case, address: str) -> Case:
    try:
        kept = as_kept(address)
    except AddressRefused as refused:
        raise Invalid({"sender": str(_(refused.message))}) from refused
    if base_of(kept) in own_addresses():
        raise Invalid({"sender": _("This is one of our own mailboxes.")})
    sender = replace(case.sender, address=kept, customer=customer_with_email(kept))
    return replace(case, sender=sender, remarks=(*case.remarks, Remark.SENDER_ENTERED))


def _sender(mail: InboundEmail, message: ReadMessage) -> Sender:
    return sender_of(message, mailbox_of_record(mail.mailbox)) or unknown_sender(message)


def _case(key: str, by: Actor, now: datetime | None) -> Case:
    require_ticket_work(by)
    mail = _waiting(key)
    try:
        message = read_safely(raw_messages.read(mail.sha256))
    except (Unreadable, FileNotFoundError) as reason:
        raise Invalid({"mail": _("The original is no longer available.")}) from reason
    return Case(
        mail,
        message,
        mailbox_of_record(mail.mailbox),
        _sender(mail, message),
        now or this_second(),
        (Remark.BY_HAND,),
    )


def _listed(mail: InboundEmail) -> SuspendedEmail:
    cause = Cause(mail.cause) if mail.cause else None
    return SuspendedEmail(mail.pk, mail, cause, mail.listed_at + KEPT)
