"""How emails are shown: why one is suspended, and remarks about one that was added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.store.items import Customer
from helpdesk.mail.reading import Problem
from helpdesk.mail.reading.quotes import Block, folded
from tickets.domain.mail.outcome import Cause, Remark
from tickets.domain.ticket import CommunicationType
from tickets.services.email.incoming.matching import addresses_of, kept_address, name_and_address
from tickets.services.email.mailboxes import base_of, own_addresses
from tickets.store.items import Communication, EmailFacts
from tickets.store.ticket import Ticket


@dataclass(frozen=True)
class EmailLine:
    """A message as an email: sender and recipients, its text with folded parts, remarks."""

    sender: str
    reply_to: str
    to: Sequence[str]
    cc: Sequence[str]
    subject: str
    sent_at: datetime | None
    """The Date of the message; when it reached the mailbox is `received_at`."""
    received_at: datetime | None
    blocks: Sequence[Block]
    remarks: Sequence[Promise]
    left_out: Sequence[str]
    """Names of files that are only in the original."""
    original: str
    """Where the original is, and its HTML; empty where it is not kept."""
    html: str
    others: Sequence[str] = ()
    """Whom a third party named beside themselves and the desk, as addresses."""


@dataclass(frozen=True)
class Recipient:
    """The mail to one recipient: `state` is a member of tickets.domain.ticket.Delivery."""

    address: str
    state: str
    problem: str
    is_customer: bool
    """Whether it goes to the customer's own address."""


@dataclass(frozen=True)
class Participant:
    """Somebody who gets replies beside the customer."""

    name: str
    address: str
    is_returned: bool
    """Whether the last mail to them came back."""


CAUSES: Mapping[str, Promise] = {
    Cause.NOT_ITS_RECIPIENT: _(
        "It was sent to the reply address of a ticket that its sender does not take part in, for "
        "example after forwarding."
    ),
    Cause.NOT_AUTHENTICATED: _("The mail server could not confirm that it is from this sender."),
    Cause.CLAIMS_COLLEAGUE: _(
        "It says that a colleague wrote it, and the mail server could not confirm that."
    ),
    Cause.NO_SENDER: _("It has no sender."),
    Cause.UNUSABLE_SENDER: _("Its sender’s address cannot be used."),
    Cause.HIDDEN_SENDER: _("A mailing list sent it on without saying who wrote it."),
    Cause.BLOCKED_SENDER: _("Its sender is blocked."),
    Cause.AUTOMATIC: _("It was sent automatically, and belongs to no ticket."),
    Cause.UNKNOWN_REPORT: _("It is a delivery report about an email that was not sent from here."),
    Cause.CLAIMS_TO_BE_US: _(
        "The sender’s address is one of ours, but the email was not sent from here."
    ),
    Cause.TOO_MANY: _("Too many emails came from this sender within an hour."),
    Cause.TICKET_GONE: _("Its ticket no longer exists."),
    Cause.TICKET_ARCHIVED: _("Its ticket is archived."),
    Cause.FAULT: _("It could not be processed. The original is kept."),
    Cause.UNREADABLE: _("It could not be read. The original is kept."),
}

REMARKS: Mapping[str, Promise] = {
    Remark.NEW_BECAUSE_REFUSED: _(
        "This email named another ticket that its sender does not take part in, so it became a new "
        "ticket."
    ),
    Remark.ENCRYPTED: _("The email is encrypted. Open the original to read it."),
    Remark.FILES_LEFT_OUT: _("Not all files fit beside it. The others are only in the original."),
    Remark.LONG: _("The text is long. All of it is in message.txt."),
    Remark.SUBJECT_CUT: _("The subject is long. All of it is in the original."),
    Remark.CUT: _(
        "The email is too large. Only its beginning was fetched; all of it is at the mail server."
    ),
    Remark.ORIGINAL_ERASED: _("The original was removed: a person it named was erased."),
    Remark.CARD_REMOVED: _("The original was removed: it had a card number."),
    Remark.FORWARDED: _("Forwarded by a colleague."),
    Remark.AUTOMATIC: _("Sent automatically."),
    Remark.PARTICIPANTS_LEFT_OUT: _(
        "Not everybody in copy takes part: the ticket has as many participants as it can."
    ),
    Remark.LATE: _("It arrived late."),
    Remark.BY_HAND: _("Taken from suspended mail."),
    Remark.SENDER_ENTERED: _(
        "It names no sender who could be answered. A colleague entered the address."
    ),
    Problem.UNDECODABLE: _("Some characters could not be read. They are in the original."),
    Problem.CONTROL_CHARACTERS: _("Control characters were replaced."),
    Problem.BROKEN_ENCODING: _("The email is damaged. Compare the original."),
    Problem.NO_HEADERS: _("The email has no headers."),
    Problem.SEVERAL_SENDERS: _("It names several senders. The first one counts."),
    Problem.BROKEN_STRUCTURE: _("The email is damaged. Compare the original."),
    Problem.TEXT_OUTSIDE_PARTS: _("Text outside its parts is only in the original."),
    Problem.TOO_MANY_PARTS: _("The email has too many parts. The rest is one file."),
    Problem.TOO_DEEP: _("Deeply nested parts are one file."),
    Problem.TOO_MANY_ADDRESSES: _("It has too many recipients. All of them are in the original."),
    Problem.TEXT_CUT: _("The text is long. All of it is in a file."),
    Problem.HTML_CUT: _("The HTML is too long to be shown whole."),
    Problem.UNREADABLE_ATTACHMENT: _("An attachment could not be unpacked."),
}
"""Remarks without words here are of no use to people."""


def remarks_of(values: Sequence[str] | None) -> list[Promise]:
    """Return the remarks about a message as text, each once."""
    return list(dict.fromkeys(REMARKS[one] for one in values or () if one in REMARKS))


def email_line(ticket_id: str, line: Communication) -> EmailLine | None:
    """Return what a page shows of a message that came by email; None for any other."""
    facts = line.email
    if facts is None:
        return None
    kept = bool(facts.sha256)
    place = [ticket_id, line.communication_id]
    report = line.type == CommunicationType.SYSTEM_UPDATE.value
    return EmailLine(
        sender=str(facts.sender),
        reply_to=str(facts.reply_to or ""),
        to=[str(one) for one in facts.to or ()],
        cc=[str(one) for one in facts.cc or ()],
        subject=str(facts.subject or ""),
        sent_at=facts.sent_at,
        received_at=facts.received_at,
        blocks=() if report else folded(line.content),
        remarks=remarks_of([str(one) for one in facts.remarks or ()]),
        left_out=[str(one) for one in facts.left_out or ()],
        original=reverse("ticket_original", args=place) if kept else "",
        html=reverse("ticket_html", args=place) if kept and facts.html else "",
        others=_others(facts) if line.side_thread else (),
    )


def _others(facts: EmailFacts) -> list[str]:
    """Return the addresses in To and Cc that are neither the desk's nor the sender's.

    None if a colleague decided on the message: then nothing proves who wrote it.
    """
    if Remark.BY_HAND.value in (facts.remarks or ()):
        return []
    named = (name_and_address(str(one))[1] for one in (*(facts.to or ()), *(facts.cc or ())))
    known = {facts.sender, facts.reply_to, ""}
    found = dict.fromkeys(one for one in map(kept_address, named) if one not in known)
    own = own_addresses()
    return [one for one in found if base_of(one) not in own]


def insiders(ticket: Ticket, customer: Customer | None) -> set[str]:
    """Return the addresses of the customer's conversation, which are no third party's."""
    of_customer = {(customer.email if customer else None) or "", ticket.reply_to or ""}
    return addresses_of(ticket.participants) | of_customer


def participants_of(ticket: Ticket) -> list[Participant]:
    """Return who takes part in a ticket beside its customer."""
    returned = ticket.returned_addresses
    people = map(name_and_address, ticket.participants)
    return [Participant(name, address, address in returned) for name, address in people]


def recipients_of(line: Communication) -> list[Recipient]:
    """Return the recipients of a reply, if they are known."""
    return [
        Recipient(
            str(one.address) or gettext("no email address"),
            str(one.state),
            str(one.problem or ""),
            is_customer=bool(one.customer_id),
        )
        for one in line.deliveries or ()
    ]
