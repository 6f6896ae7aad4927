"""Conversations with third parties inside a ticket: carriers, brokers, ports.

A colleague begins one by forwarding a message. It has a number on the ticket and signed addresses
of its own. The customer does not see it, it has no effect on the clocks, and replies to the
customer do not quote it.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from customers.services.read import get_customer
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.errors import Invalid
from helpdesk.idempotency import Token
from helpdesk.mail.address import AddressRefused, as_kept
from helpdesk.mail.reading import ReadMessage
from tickets.domain import events
from tickets.domain.errors import MergedAway
from tickets.domain.ticket import Channel, CommunicationType, Delivery
from tickets.services.conversation import attachments as files
from tickets.services.conversation.communicate import refuse_repeat
from tickets.services.email.incoming.matching import (
    MOST_REFERENCES,
    Sender,
    our_claims,
    side_thread_of,
    takes_part,
)
from tickets.services.email.mailboxes import base_of, own_addresses, signer
from tickets.services.email.participation.forwarded import OPENING, message, opening
from tickets.services.lifecycle import idempotency
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.services.lifecycle.validation import LONGEST_CONTENT, Checks
from tickets.store import queries
from tickets.store.items import Attachment, Communication, RecipientDelivery
from tickets.store.ticket import Ticket

MOST_RECIPIENTS = 10


def forward(
    ticket_id: str,
    *,
    to: Sequence[str],
    content: str,
    side_thread: str = "",
    forwarded_line: str = "",
    quotes: bool = True,
    as_shown: str = "",
    with_files: Collection[int] = (),
    attachments: Sequence[Attachment] = (),
    token: Token | None = None,
    by: Actor,
    now: datetime | None = None,
) -> tuple[Ticket, Communication]:
    """Write to third parties about a ticket; return it, and the message.

    Begins a conversation, or continues `side_thread`. The text of `forwarded_line` is quoted below
    the new one if `quotes`, and copies of its files at the places `with_files` are attached; it has
    to be a message from the customer, one of the same conversation, or OPENING. With `as_shown`,
    the digest of what the actor was shown, that has to be what it still is. Raises
    DuplicateMessage for a `token` that this actor used before; Invalid for an invalid address, one
    of the desk or the customer, an empty text, another message, a file that is not there, or files
    that are too large; MergedAway, NotFound, NotAllowed, Busy.
    """
    require_ticket_work(by)
    checks = Checks()
    content = checks.text("content", content, longest=LONGEST_CONTENT)
    addresses = _addresses(to, checks)
    checks.done()
    refuse_repeat(token, by)
    taken: Sequence[Attachment] = ()
    if forwarded_line:
        if forwarded_line == OPENING:
            _ticket, source = opening(ticket_id, by=by)
        else:
            source = message(ticket_id, forwarded_line, side_thread)
        if as_shown and as_shown != source.digest:
            words = _("This message was changed meanwhile. Read it again, then send.")
            raise Invalid({"forwards": words})
        content = f"{content}\n\n{source.quote}" if quotes else content
        taken = source.chosen(with_files)
    _check_size([*attachments, *taken])

    written: list[Communication] = []

    def write(draft: Draft) -> None:
        if written:  # an attempt that met another writer: perhaps the same request
            refuse_repeat(token, by)
        ticket = draft.ticket
        if ticket.merged_into:
            raise MergedAway(ticket.merged_into)
        customer = get_customer(ticket.customer_id)
        if customer and customer.email in addresses:
            raise Invalid({"to": _("This is the customer’s address. Send a reply instead.")})
        number = _number(ticket, side_thread)
        entry = draft.add_entry(
            CommunicationType.INTERNAL_NOTE,
            content,
            attachments=[*attachments, *copies],
            delivery=Delivery.PENDING,
        )
        entry.channel = Channel.EMAIL.value
        entry.side_thread = number
        entry.deliveries = [
            RecipientDelivery(address=one, state=Delivery.SENDING.value) for one in addresses
        ]
        written[:] = [entry]
        if token:
            draft.checks.append(
                lambda transaction: idempotency.remember(
                    transaction, token, by=by, at=draft.at, ticket=ticket, line=entry
                )
            )
        draft.emit(
            events.Communicated(
                communication_id=entry.communication_id,
                type=CommunicationType.INTERNAL_NOTE.value,
                deliver=True,
                assigned_to=ticket.assigned_to,
                team_id=ticket.team_id,
            )
        )

    with files.copied(ticket_id, taken) as copies:
        return change(ticket_id, write, by=by, now=now), written[0]


def _check_size(attached: Sequence[Attachment]) -> None:
    if sum(int(one.size) for one in attached) > files.LARGEST:
        words = _("Attachments may not exceed %(most)s in total.")
        raise Invalid({"files": words % {"most": filesizeformat(files.LARGEST)}})


def named_by(message: ReadMessage, sender: Sender, ticket: Ticket, envelope_to: str | None) -> str:
    """Return the conversation of a ticket that a message names; "" for the customer's.

    For a person who adds the message: an address or id is enough that the desk signed for anybody
    of that conversation, such as the carrier whose colleague writes. It is not enough for somebody
    who takes part in the ticket, whose messages are the customer's conversation. Cost: for each of
    MOST_REFERENCES addresses and ids a read, and the log for each conversation.
    """
    insider = takes_part(ticket, sender.address, sender.customer)
    known: dict[tuple[str, str], list[str]] = {}
    claims = our_claims(message, [envelope_to] if envelope_to else ())
    for claim in islice(claims, MOST_REFERENCES):
        number = side_thread_of(claim)
        found = _after_merges(claim.ticket_id, number, ticket) if number else ""
        if not found:
            continue
        conversation = claim.ticket_id, number
        if conversation not in known:
            others = () if insider else _third_parties(*conversation)
            known[conversation] = [sender.address, *others]
        if signer().recipient_of(claim, known[conversation]):
            return found
    return ""


def check_number(ticket: Ticket, number: str) -> None:
    """Raise Invalid unless a ticket has a conversation of this number."""
    if not number.isdecimal() or not 1 <= int(number) <= ticket.side_threads:
        raise Invalid({"sideThread": _("This ticket has no such conversation.")})


def _third_parties(ticket_id: str, number: str) -> Iterator[str]:
    """Yield the addresses to which the desk wrote in a conversation. Cost: the whole log."""
    for line in queries.every_line(ticket_id):
        if line.side_thread == number:
            yield from (str(one.address) for one in line.deliveries or ())


def _after_merges(ticket_id: str, number: str, ticket: Ticket) -> str:
    """Return the number that a conversation of one ticket has on another, which it was merged
    into; "" if it was not. A read for each merge."""
    found = queries.ticket(ticket_id)
    while found is not None and found.ticket_id != ticket.ticket_id:
        if not found.merged_into:
            return ""
        number = str(int(number) + found.side_threads_before)
        found = queries.ticket(found.merged_into)
    return number if found is not None else ""


def _number(ticket: Ticket, asked: str) -> str:
    """Return the number of the conversation: the next one, or the one given. Raises Invalid."""
    if asked:
        check_number(ticket, asked)
        return asked
    ticket.side_threads += 1
    return str(ticket.side_threads)


def _addresses(to: Sequence[str], checks: Checks) -> list[str]:
    own = own_addresses()
    found: list[str] = []
    for written in to:
        try:
            address = as_kept(written)
        except AddressRefused as refused:
            checks.errors["to"] = str(_(refused.message))
            continue
        if base_of(address) in own:
            checks.errors["to"] = _("This is one of our own mailboxes.")
        found.append(address)
    if not found:
        checks.errors.setdefault("to", _("Enter an email address."))
    if len(found) > MOST_RECIPIENTS:
        words = _("Enter at most %(most)s addresses.")
        checks.errors["to"] = words % {"most": MOST_RECIPIENTS}
    return list(dict.fromkeys(found))
