"""Who wrote a message, and which ticket it belongs to. EMAIL.md, "Which ticket" and "Who"."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from customers.services.read import customer_with_email, get_customer
from customers.store.items import Customer
from helpdesk.accounts.models import User
from helpdesk.mail.address import AddressRefused, as_kept
from helpdesk.mail.reading import Address, ReadMessage, Verdict, verdict
from tickets.domain.mail import signed
from tickets.domain.mail.matching import Authentication, Match, Reference, Trust, match
from tickets.domain.mail.signed import Claim
from tickets.models import Mailbox
from tickets.services.email.mailboxes import base_of, mailboxes, own_addresses, signer
from tickets.store import queries
from tickets.store.mail import tickets_of_messages
from tickets.store.ticket import Ticket

MOST_REFERENCES = 20
"""Message-IDs of a message that are looked up and kept; the newest ones."""
MOST_LOOKED_UP = 60
"""Addresses of a message that are looked up: more than can take part."""
_VIA = re.compile(r"\bvia\b", re.IGNORECASE)
_NUMBER = re.compile(r"\[#([0-9]{1,12})\]")
_BY_VERDICT = {
    Verdict.PASSED: Authentication.PASSED,
    Verdict.FAILED: Authentication.FAILED,
    Verdict.NONE: Authentication.UNKNOWN,
}


@dataclass(frozen=True)
class Sender:
    """A message's sender, as far as it is known."""

    address: str
    name: str
    authentication: Authentication
    user: User | None
    """The colleague with this address; only an authenticated one acts as themselves."""
    customer: Customer | None

    @property
    def colleague(self) -> User | None:
        """The user whose address wrote, if the mail server has confirmed the sender; else None."""
        return self.user if self.authentication is Authentication.PASSED else None


def sender_of(message: ReadMessage, mailbox: Mailbox) -> Sender | None:
    """Return who wrote a message; None if it has no sender, or one whose address cannot be used.

    From, or the original sender behind a relay that the mailbox names. Three reads at most, and one
    SQL query.
    """
    if not message.sender:
        return None
    written = message.sender[0]
    authentication = _authentication(message, mailbox, written.address)
    original = _author_behind(message, mailbox)
    if original:
        # The relay is authenticated; of the sender that it names no trusted server says anything.
        written, authentication = original, Authentication.UNKNOWN
    address = kept_address(written.address)
    if not address:
        return None
    user = User.objects.filter(email=address, is_active=True).first()
    return Sender(
        address,
        written.name,
        authentication,
        user,
        customer_with_email(address) if user is None else None,
    )


def unknown_sender(message: ReadMessage) -> Sender:
    """Return the sender of a message of which `sender_of` knows none: nobody, with an empty
    address and the name that it gives."""
    name = message.sender[0].name if message.sender else ""
    return Sender("", name, Authentication.NOT_CONFIGURED, user=None, customer=None)


def ticket_of(message: ReadMessage, sender: Sender, envelope_to: str | None = None) -> Match:
    """Return where a message goes; `envelope_to` are the addresses it was delivered to.

    Cost: a batch read of Message-IDs, a read for each ticket that the message names, at most five.
    """
    return match(tuple(_references(message, sender, envelope_to)), sender.authentication)


def takes_part(ticket: Ticket, address: str, customer: Customer | None) -> bool:
    """Return whether somebody takes part in a ticket, as its customer or as a participant."""
    is_customer = customer is not None and customer.customer_id == ticket.customer_id
    return is_customer or address in addresses_of(ticket.participants)


def people_beside(message: ReadMessage, sender: Sender, customer_id: str) -> list[str]:
    """Return the participants that a message adds, each as "Name <address>".

    They are its sender, and people in To and CC who are neither the desk nor the customer.
    """
    own = own_addresses()
    found: dict[str, str] = {}
    people = (Address(sender.name, sender.address), *message.to, *message.cc)
    for one in people[:MOST_LOOKED_UP]:
        address = kept_address(one.address)
        if not address or base_of(address) in own or address in found:
            continue
        holder = customer_with_email(address)
        if holder is None or holder.customer_id != customer_id:
            found[address] = participant(one.name, address)
    return list(found.values())


def participant(name: str, address: str) -> str:
    """Return a participant in the form that a ticket stores."""
    plain = " ".join(re.sub(r"[<>\"\\]", " ", name).split())[:80]
    return f"{plain} <{address}>" if plain else f"<{address}>"


def name_and_address(kept: str) -> tuple[str, str]:
    """Return the name and address of a stored participant."""
    name, _bracket, rest = kept.rpartition("<")
    return name.strip(), rest.removesuffix(">")


def addresses_of(participants: Sequence[str]) -> set[str]:
    """Return the addresses of participants."""
    return {name_and_address(one)[1] for one in participants}


def our_claims(message: ReadMessage, more_recipients: Sequence[str] = ()) -> Iterator[Claim]:
    """Yield the claims of the addresses that a message was sent to, then of the ids it names,
    newest first."""
    desk = [one.address for one in mailboxes()]
    to = [one.address for one in (*message.to, *message.cc)]
    for address in dict.fromkeys((*more_recipients, *message.delivered_to, *to)):
        if found := signed.claim_of_address(address, desk):
            yield found
    for message_id in ids_named(message):
        if found := signed.claim_of_message_id(message_id):
            yield found


def ids_named(message: ReadMessage) -> list[str]:
    """Return the Message-IDs that a message names, newest first, each once."""
    named = [*reversed(message.in_reply_to), *reversed(message.references)]
    return list(dict.fromkeys(named))


def _references(
    message: ReadMessage, sender: Sender, envelope_to: str | None
) -> Iterator[Reference]:
    tickets: dict[str, Ticket | None] = {}

    def ticket(ticket_id: str) -> Ticket | None:
        if ticket_id not in tickets and len(tickets) < 5:
            tickets[ticket_id] = queries.ticket(ticket_id)
        return tickets.get(ticket_id)

    for claim in our_claims(message, [envelope_to] if envelope_to else ()):
        if found := ticket(claim.ticket_id):
            trust = _trust(claim, sender, found)
            part = takes_part(found, sender.address, sender.customer)
            thread = side_thread_of(claim) if trust is Trust.SIGNED else ""
            yield Reference(claim.ticket_id, trust, part, thread)
    foreign = [one for one in ids_named(message) if not signed.claim_of_message_id(one)]
    known = tickets_of_messages(foreign[:MOST_REFERENCES]) if foreign else {}
    numbers = _NUMBER.findall(message.subject)[-1:]
    by_trust = (
        *((known[one], Trust.KNOWN) for one in foreign if one in known),
        *((one, Trust.NUMBER) for one in numbers),
    )
    for ticket_id, trust in by_trust:
        if found := ticket(ticket_id):
            part = takes_part(found, sender.address, sender.customer)
            yield Reference(ticket_id, trust, part)


def side_thread_of(claim: Claim) -> str:
    """Return the side thread that a claim belongs to; "" for the customer's conversation.

    A signed address names it; for a Message-ID it is looked up. Without it a third party's reply
    would appear among the customer's messages.
    """
    if claim.side_thread or not claim.line:
        return claim.side_thread
    line = queries.communication(claim.ticket_id, claim.line.upper())
    return str(line.side_thread or "") if line else ""


def _trust(claim: Claim, sender: Sender, ticket: Ticket) -> Trust:
    signer_ = signer()
    theirs = [sender.address]
    writer = sender.customer
    if ticket.reply_to and writer is not None and writer.customer_id == ticket.customer_id:
        theirs.append(ticket.reply_to)  # where the customer themselves asked to be answered
    if signer_.recipient_of(claim, theirs):
        return Trust.SIGNED
    customer = get_customer(ticket.customer_id)
    others = [*addresses_of(ticket.participants)]
    if customer and customer.email:
        others.append(customer.email)
    made_for = signer_.recipient_of(claim, others)
    return Trust.SIGNED_FOR_ANOTHER if made_for else Trust.FORGED


def _authentication(message: ReadMessage, mailbox: Mailbox, address: str) -> Authentication:
    if len({one.address for one in message.sender}) > 1:
        return Authentication.FAILED  # nobody can say which of them wrote it
    hosts = mailbox.checks_senders
    if not hosts:
        return Authentication.NOT_CONFIGURED
    return _BY_VERDICT[verdict(message, address, hosts=hosts)]


def hides_author(message: ReadMessage, mailbox: Mailbox) -> bool:
    """Return whether a relay that the mailbox names replaced the sender ("Name via List") without
    naming one who wrote the message."""
    return (
        _is_from_relay(message, mailbox)
        and bool(_VIA.search(message.sender[0].name))
        and _author_behind(message, mailbox) is None
    )


def _author_behind(message: ReadMessage, mailbox: Mailbox) -> Address | None:
    """Return the author whom a relay names that has replaced the sender; None if there is no such
    relay, or it names nobody.

    Google Groups have a header for it, Mailman puts them into Reply-To, where there may be others.
    """
    if not _is_from_relay(message, mailbox):
        return None
    written = message.sender[0]
    via = _VIA.search(written.name)
    if message.original_sender or not via or len(message.reply_to) != 1:
        return message.original_sender
    [author] = message.reply_to
    address = kept_address(author.address)
    if not address or address in mailbox.relays.split() or base_of(address) in own_addresses():
        return None
    return Address(author.name or written.name[: via.start()].strip(" '\""), address)


def _is_from_relay(message: ReadMessage, mailbox: Mailbox) -> bool:
    if not message.sender:
        return False
    address = message.sender[0].address
    return (
        kept_address(address) in mailbox.relays.split()
        and _authentication(message, mailbox, address) is Authentication.PASSED
    )


def kept_address(address: str) -> str:
    """Return an address in its canonical form; "" if it is invalid."""
    with suppress(AddressRefused):
        return as_kept(address)
    return ""
