"""The email that confirms to a sender that their message was received, if a mailbox wants it."""

from collections.abc import Sequence
from datetime import datetime

from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from customers.services.read import get_customer
from helpdesk.dynamo.transaction import Transaction
from helpdesk.mail import queue
from helpdesk.mail.kinds import MailKind, Reference, Undeliverable, recipient
from helpdesk.mail.reading import Automatic, ReadMessage
from tickets.models import Mailbox
from tickets.services.email import limits, outgoing
from tickets.services.email.mailboxes import sending_mailbox
from tickets.services.email.matching import Sender
from tickets.store import queries

KIND = "acknowledgement"


def is_due(message: ReadMessage, mailbox: Mailbox, sender: Sender, *, now: datetime) -> bool:
    """Return whether a new ticket's sender gets an acknowledgement, and count it. Two writes at
    most."""
    if not mailbox.acknowledges or message.automatic is not Automatic.NO or message.from_list:
        return False
    if message.return_path == "":
        return False
    return limits.may_acknowledge(sender.address, now=now)


def queue_in(transaction: Transaction, ticket_id: str, now: datetime) -> None:
    """Queue a ticket's acknowledgement in the transaction that creates it, so that it
    is sent once."""
    transaction.put(queue.queued(KIND, {"ticketId": ticket_id}, group=f"ack-{ticket_id}", at=now))


def _compose(about: Sequence[Reference]) -> EmailMessage | None:
    """Return the acknowledgement to a ticket's customer, with the ticket's own reply address."""
    [reference] = about
    ticket = queries.ticket(reference["ticketId"])
    customer = get_customer(ticket.customer_id) if ticket else None
    mailbox = sending_mailbox(ticket.mailbox) if ticket else None
    if ticket is None or customer is None or mailbox is None:
        return None
    if not customer.email:
        raise Undeliverable(_("The customer has no email address."))
    to = recipient(customer.email)
    with translation.override(outgoing.customers_language(customer)):
        return outgoing.automatic("acknowledgement", ticket, to, mailbox)


EMAIL = MailKind(_compose)
