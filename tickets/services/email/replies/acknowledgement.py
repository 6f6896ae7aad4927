"""The email that confirms to a sender that their message was received, if a mailbox wants it."""

from collections.abc import Sequence
from datetime import datetime

from django.core.mail import EmailMessage
from django.utils import translation

from customers.services.read import get_customer
from helpdesk.dynamo.transaction import Transaction
from helpdesk.mail import queue
from helpdesk.mail.kinds import MailKind, Reference, Undeliverable, recipient
from helpdesk.mail.problems import ProblemCode
from helpdesk.mail.queue import UndeliveredEmail
from helpdesk.mail.reading import Automatic, ReadMessage
from tickets.services.email.incoming import limits
from tickets.services.email.incoming.matching import Sender
from tickets.services.email.mailboxes import sending_mailbox
from tickets.services.email.replies import outgoing
from tickets.store import queries

KIND = "acknowledgement"


def may_tell(message: ReadMessage, sender: Sender, *, now: datetime) -> bool:
    """Return whether a message's sender may get an acknowledgement, and count it. Two writes at
    most."""
    if message.automatic is not Automatic.NO or message.from_list or message.return_path == "":
        return False
    return limits.may_acknowledge(sender.address, now=now)


def queue_in(
    transaction: Transaction, ticket_id: str, now: datetime, communication_id: str = ""
) -> None:
    """Queue the acknowledgement of a ticket's first message, or of a later one, in the transaction
    that writes the message, so that it is sent once."""
    reference = {"ticketId": ticket_id}
    if communication_id:
        reference["communicationId"] = communication_id
    group = _group(communication_id or ticket_id)
    transaction.put(queue.queued(KIND, reference, group=group, at=now))


def forget(acknowledged: str) -> None:
    """Take the acknowledgement of a ticket or a message off the list of undelivered mail, which may
    quote the mail server. A repeat does no harm. One write."""
    UndeliveredEmail(*queue.undelivered_key(KIND, _group(acknowledged))).delete()


def _group(acknowledged: str) -> str:
    return f"ack-{acknowledged}"


def _compose(about: Sequence[Reference]) -> EmailMessage | None:
    """Return the acknowledgement to a ticket's customer, or to who wrote a later message, with the
    ticket's own reply address."""
    [reference] = about
    ticket = queries.ticket(reference["ticketId"])
    customer = get_customer(ticket.customer_id) if ticket else None
    mailbox = sending_mailbox(ticket.mailbox) if ticket else None
    if ticket is None or customer is None or mailbox is None:
        return None
    address, line = customer.email, None
    if communication_id := reference.get("communicationId"):
        line = queries.communication(ticket.ticket_id, communication_id)
        if line is None or line.email is None:
            return None  # erased meanwhile
        address = str(line.email.sender)
    if not address:
        raise Undeliverable(ProblemCode.NO_ADDRESS)
    to = recipient(address)
    with translation.override(outgoing.customers_language(customer)):
        return outgoing.automatic("acknowledgement", ticket, to, mailbox, line)


EMAIL = MailKind(_compose)
