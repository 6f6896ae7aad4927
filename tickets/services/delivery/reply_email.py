"""E-mails with replies to customers.

A reply is written with its delivery `pending`. The outbox queues the mail and turns the delivery
to `sending`, in one transaction, so that a repeat queues no second one. What becomes of it is kept
with the reply: it was sent, it failed, or nobody can know; then a person decides.
"""

from collections.abc import Sequence
from datetime import datetime
from email import encoders
from email.mime.base import MIMEBase
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.utils.translation import gettext as _

from customers.services.read import get_customer
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import Action, ConditionFailed, Transaction
from helpdesk.errors import Invalid, NotFound
from helpdesk.mail import queue
from helpdesk.mail.delivery import send_soon
from helpdesk.mail.kinds import MailKind, Reference, Result, Undeliverable, recipient
from helpdesk.mail.queue import UndeliveredEmail
from helpdesk.markdown import to_html
from tickets.domain.events import Communicated
from tickets.domain.ticket import Delivery
from tickets.services.conversation import attachments
from tickets.store import queries
from tickets.store.events import OutboxEvent
from tickets.store.items import Attachment, Communication, communication_sk
from tickets.store.ticket import Ticket, ticket_pk

KIND = "reply"


def handle_events(events: Sequence[OutboxEvent]) -> None:
    """Queue a mail for each reply to a customer. A repeat queues none."""
    for event in events:
        match event.what:
            case Communicated(communication_id=line_id, deliver=True):
                _queue(event.ticket_id, line_id, at=event.at)


def send_again(
    ticket_id: str, communication_id: str, *, by: Actor, now: datetime | None = None
) -> None:
    """Try a mail again that failed, or may have got lost.

    Raises Invalid when it is on its way or was sent; NotFound, NotAllowed.
    """
    require_ticket_work(by)
    line = queries.communication(ticket_id, communication_id)
    if line is None:
        raise NotFound(_("Message not found."))
    at = now or this_second()
    hopeless = Communication.delivery.is_in(Delivery.FAILED.value, Delivery.UNKNOWN.value)
    try:
        with Transaction() as transaction:
            transaction.update(line, _delivery(Delivery.SENDING, "", at), hopeless)
            transaction.put(queued(ticket_id, communication_id, at=at))
            transaction.delete(_listed(line))
    except ConditionFailed as refused:
        raise Invalid({"delivery": _("This email was already sent or is being sent.")}) from refused
    send_soon()


def queued(ticket_id: str, communication_id: str, *, at: datetime) -> queue.QueuedEmail:
    """Return the mail with a reply, to be put into a transaction."""
    reference = {"ticketId": ticket_id, "communicationId": communication_id}
    return queue.queued(KIND, reference, group=communication_id, at=at)


def forget(line: Communication) -> None:
    """Take a reply off the list of undelivered mails, which may show the server's words."""
    _listed(line).delete()


def message_id(ticket_id: str, communication_id: str = "") -> str:
    """What mail programs thread by; without a line's id, the root of the ticket's thread."""
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].partition("@")[2] or "localhost"
    part = f".{communication_id.lower()}" if communication_id else ""
    return f"<ticket-{ticket_id}{part}@{domain}>"


def _queue(ticket_id: str, communication_id: str, *, at: datetime) -> None:
    line = Communication(ticket_pk(ticket_id), communication_sk(communication_id))
    try:
        with Transaction() as transaction:
            transaction.update(
                line,
                [Communication.delivery.set(Delivery.SENDING.value)],
                Communication.delivery == Delivery.PENDING.value,
            )
            transaction.put(queued(ticket_id, communication_id, at=at))
    except ConditionFailed:
        return  # queued, or even sent, already


def _listed(line: Communication) -> UndeliveredEmail:
    return UndeliveredEmail(*queue.undelivered_key(KIND, line.communication_id))


def _compose(about: Sequence[Reference]) -> EmailMessage | None:
    [reference] = about
    line = queries.communication(reference["ticketId"], reference["communicationId"])
    ticket = queries.ticket(reference["ticketId"])
    if line is None or ticket is None:
        return None
    customer = get_customer(ticket.customer_id)
    if customer is None or not customer.email:
        raise Undeliverable(_("The customer has no email address."))
    return _message(ticket, line, recipient(customer.email))


def _message(ticket: Ticket, line: Communication, address: str) -> EmailMultiAlternatives:
    root = message_id(ticket.ticket_id)
    message = EmailMultiAlternatives(
        subject=f"[#{ticket.ticket_id}] {ticket.subject}",
        body=line.content,
        to=[address],
        headers={
            "Message-ID": message_id(ticket.ticket_id, line.communication_id),
            "In-Reply-To": root,
            "References": root,
        },
    )
    message.attach_alternative(str(to_html(line.content)), "text/html")
    for attached in line.attachments or ():
        message.attach(_part(attached))
    return message


def _part(attached: Attachment) -> MIMEBase:
    """A file as it is, byte for byte: Django reads mails and texts first, and fails on bytes that
    are no UTF-8. Raises Undeliverable for a file that is lost."""
    try:
        with attachments.opened(attached) as file:
            content = file.read()
    except NotFound as lost:
        raise Undeliverable(str(lost)) from lost
    main, _slash, sub = attachments.content_type(attached.name).partition("/")
    if main in ("message", "multipart"):  # which may not be sent as base64
        main, sub = "application", "octet-stream"
    part = MIMEBase(main, sub)
    part.set_payload(content)
    encoders.encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=attached.name)
    return part


def _record(
    transaction: Transaction, about: Reference, result: Result, problem: str, now: datetime
) -> None:
    line = Communication(ticket_pk(about["ticketId"]), communication_sk(about["communicationId"]))
    match result:
        case Result.POSTPONED:
            becomes = Delivery.SENDING
        case Result.PARTLY:  # the problem names who did not get it
            becomes = Delivery.SENT
        case _:
            becomes = Delivery(result.value)
    transaction.update(line, _delivery(becomes, problem, now), Communication.pk.exists())


def _delivery(delivery: Delivery, problem: str, now: datetime) -> list[Action]:
    return [
        Communication.delivery.set(delivery.value),
        Communication.delivery_at.set(now),
        Communication.delivery_problem.set(problem)
        if problem
        else Communication.delivery_problem.remove(),
    ]


EMAIL = MailKind(_compose, _record, automatic=False, person_decides=True)
