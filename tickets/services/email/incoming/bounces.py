"""Reports about mail that the desk sent: not delivered, delayed, or read."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from customers.services.bounced import mark_bounced
from customers.services.read import customer_with_email, get_customer
from helpdesk.accounts.actors import SYSTEM
from helpdesk.dynamo.transaction import Transaction
from helpdesk.mail.reading import ReadMessage, ReportKind
from helpdesk.short_text import one_line
from tickets.domain import events, instant
from tickets.domain.mail import signed
from tickets.domain.mail.signed import Claim
from tickets.domain.ticket import Channel, CommunicationType, LogEvent
from tickets.services.delivery import reply_email
from tickets.services.email.incoming.matching import addresses_of
from tickets.services.email.mailboxes import mailboxes, signer
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.store import queries
from tickets.store.items import Communication, EmailFacts
from tickets.store.mail import InboundEmail
from tickets.store.ticket import Ticket

LONGEST_WORDS = 500

Keep = Callable[[Transaction, Draft, Communication], None]


@dataclass(frozen=True)
class Reported:
    """The message that a report is about, and its recipient."""

    ticket: Ticket
    line: Communication
    recipient: str


def message_of(report: ReadMessage, mail: InboundEmail) -> Reported | None:
    """Return the message that a report is about; None if the desk did not send it.

    It is named by the envelope address that the report was sent to, else by the Message-ID inside.
    Cost: a read of the ticket and one of the customer, and a query of the log.
    """
    desk = [one.address for one in mailboxes()]
    to = [one.address for one in (*report.to, *report.cc)]
    addresses = [mail.envelope_to or "", *report.delivered_to, *to]
    claims = [signed.claim_of_envelope(one, desk) for one in addresses if one]
    if report.report and report.report.message_id:
        claims.append(signed.claim_of_message_id(report.report.message_id))
    for claim in claims:
        if claim and (found := _proven(claim)):
            return found
    return None


def take(
    report: ReadMessage,
    mail: InboundEmail,
    reported: Reported,
    keep: Keep,
    *,
    now: datetime | None,
) -> tuple[Ticket, Communication]:
    """Add a report to its ticket: an entry in the log, and the delivery of the message.

    It reopens nothing and has no effect on the clock. Raises Busy.
    """
    kind = report.report.kind if report.report else ReportKind.OTHER
    words = one_line(report.report.words if report.report else "")[:LONGEST_WORDS]
    written: list[Communication] = []

    def write(draft: Draft) -> None:
        line = draft.add_entry(
            CommunicationType.SYSTEM_UPDATE,
            f"Delivery report ({kind.value}) for {reported.line.communication_id}: {words}",
            event=LogEvent.DELIVERY_REPORT,
            reason=words or None,
            reference=f"{kind.value} {reported.line.communication_id}",
        )
        line.channel = Channel.EMAIL.value
        line.email = EmailFacts(
            key=mail.pk,
            sha256=mail.sha256,
            sender=next((one.address for one in report.sender), ""),
            to=[reported.recipient],
            received_at=mail.received_at,
        )
        written[:] = [line]
        draft.checks.append(lambda transaction: keep(transaction, draft, line))
        if kind is ReportKind.FAILED and reported.line.delivery:
            draft.checks.append(
                lambda transaction: reply_email.bounced(
                    transaction, reported.line, reported.recipient, words, draft.at
                )
            )
            customer = customer_with_email(reported.recipient)
            if customer is not None and customer.email == reported.recipient:
                draft.checks.append(
                    lambda transaction: mark_bounced(transaction, customer, draft.at)
                )
            _mark_participant(draft, reported.recipient)
            _note_returned(draft.ticket, reported.line, draft.at)
            draft.emit(
                events.Bounced(
                    reported.line.communication_id,
                    written_by=reported.line.created_by,
                    assigned_to=draft.ticket.assigned_to,
                )
            )

    ticket = change(reported.ticket.ticket_id, write, archived=True, by=SYSTEM, now=now)
    return ticket, written[0]


def is_reply(line: Communication) -> bool:
    """Return whether an entry of a log is a reply that was sent to the customer."""
    sent = line.type == CommunicationType.CUSTOMER_RESPONSE and bool(line.delivery)
    return sent and not line.side_thread


def _note_returned(ticket: Ticket, line: Communication, at: datetime) -> None:
    """Note on a ticket that a reply to its customer came back, unless it did before."""
    known = ticket.returned_replies or []
    if is_reply(line) and not any(one.startswith(line.communication_id) for one in known):
        returned = f"{line.communication_id} {instant.text(at)}"
        ticket.returned_replies = [*known, returned]


def _mark_participant(draft: Draft, address: str) -> None:
    """Note on a ticket that mail to a participant came back: the next reply leaves them out unless
    its writer wants otherwise."""
    ticket = draft.ticket
    if address in addresses_of(ticket.participants) and address not in ticket.returned_addresses:
        ticket.returned_addresses = [*ticket.returned_addresses, address]


def _proven(claim: Claim) -> Reported | None:
    ticket = queries.ticket(claim.ticket_id)
    if ticket is None:
        return None
    for line in queries.lines_written_at(claim.ticket_id, claim.line.upper()):
        whole = Claim(claim.ticket_id, claim.kind, claim.mac, line.communication_id.lower())
        recipient = signer().recipient_of(whole, _recipients(ticket, line))
        if recipient:
            return Reported(ticket, line, recipient)
    return None


def _recipients(ticket: Ticket, line: Communication) -> Iterator[str]:
    yield from (str(one.address) for one in line.deliveries or ())
    customer = get_customer(ticket.customer_id)
    if customer and customer.email:
        yield customer.email
    yield from addresses_of(ticket.participants)
