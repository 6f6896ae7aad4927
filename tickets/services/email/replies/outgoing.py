"""A reply as an email: its sender, its text, and how it threads in the customer's mail program."""

from collections.abc import Iterator
from email.utils import formataddr, parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext as _

from customers.store.items import Customer
from helpdesk.accounts.people import names_of
from helpdesk.mail.address import mailable
from helpdesk.mail.templates import composed
from tickets.domain.mail import signed
from tickets.domain.mail.outcome import Remark
from tickets.domain.ticket import Direction
from tickets.models import Mailbox
from tickets.services.email.incoming.matching import addresses_of, kept_address
from tickets.services.email.incoming.messages import without_reply_marks
from tickets.services.email.mailboxes import sending_mailbox, signer
from tickets.store import queries
from tickets.store.items import Communication
from tickets.store.ticket import Ticket

MOST_LINES = 200
"""Entries of a conversation that are looked through for what a reply answers."""
MOST_THREADED = 40
"""Message-IDs in References: the first, and the newest."""


def customers_language(customer: Customer | None) -> str:
    """Return the language of automatic text to a customer: theirs, if the desk has it.

    A record stores it in its own form, such as `de` or `de-AT`.
    """
    written = ((customer.language if customer else None) or "").strip().lower()
    known = [code for code, _name in settings.LANGUAGES]
    return next((code for code in known if written[:2] == code), settings.LANGUAGE_CODE)


def reply(ticket: Ticket, line: Communication, recipient: str) -> EmailMultiAlternatives:
    """Return the email with a reply to one recipient, without its files.

    It answers the last message received and names the whole conversation, except what a colleague
    added of somebody who takes no part in it. Its reply address is
    valid for this recipient only, and reports about it go to an address of its own. One query of
    the log, one SQL query or two.
    """
    mailbox = sending_mailbox(ticket.mailbox)
    log = queries.ticket_with_log(ticket.ticket_id, limit=MOST_LINES)
    before = [one for one in log.log if one.sk < line.sk] if log else []
    mails = [
        one
        for one in before
        if one.side_thread == line.side_thread and not _of_outsider(ticket, one)
    ]
    came = [one for one in mails if _came_by_mail(one)]
    # An absence note is not answered, unless there is nothing else.
    answered = next((one for one in reversed(came) if not _is_automatic(one)), None)
    answered = answered or (came[-1] if came else None)
    context = {
        "ticket": ticket,
        "content": line.content,
        "subject": without_reply_marks(answered.email.subject or "") if answered else "",
        "forwards": bool(line.side_thread),
        "signature": mailbox.signature if mailbox else "",
        "quoted": answered.content if answered and mailbox and mailbox.quotes else "",
        "quoted_name": (answered.email.sender_name or answered.email.sender) if answered else "",
        "mailbox": mailbox,
    }
    return composed(
        "reply",
        context,
        to=[recipient],
        from_email=_from(mailbox, line),
        headers=_headers(ticket, line, recipient, mailbox, mails, answered),
    )


def automatic(
    name: str,
    ticket: Ticket,
    recipient: str,
    mailbox: Mailbox,
    answered: Communication | None = None,
) -> EmailMultiAlternatives:
    """Return an automatic email about a ticket, from the templates of `name`.

    It answers the ticket's first message, or the one `answered`. Without any it uses the ticket's
    last id in place of a message's, so that its Message-ID and envelope address are signed, too.
    One query of the log.
    """
    first = answered
    if first is None:
        found = queries.ticket_with_first_lines(ticket.ticket_id, after=None, limit=10)
        first = next((one for one in found.log if _came_by_mail(one)), None) if found else None
    line = first.communication_id if first else str(ticket.last_id)
    address = mailable(mailbox.address)
    headers = {
        "Message-ID": signer().message_id(
            _domain(mailbox), ticket.ticket_id, line, recipient=_kept(recipient)
        ),
        "Reply-To": signer().reply_address(address, ticket.ticket_id, recipient=_kept(recipient)),
        "Return-Path": signer().envelope_address(
            address, ticket.ticket_id, line, recipient=_kept(recipient)
        ),
    }
    if first and first.email.message_id:
        theirs = list(_named(first, _kept(recipient)))
        headers["In-Reply-To"] = _bracketed(first.email.message_id)
        headers["References"] = " ".join([*theirs[-MOST_THREADED:], headers["In-Reply-To"]])
    return composed(
        name,
        {
            "ticket": ticket,
            "signature": mailbox.signature,
            "files_left_out": bool(first and _left_out_of_its_writers(first)),
        },
        to=[recipient],
        from_email=formataddr((mailbox.sender_name, address)),
        headers=headers,
    )


def _left_out_of_its_writers(line: Communication) -> bool:
    """Return whether files of a message are missing that its sender sent, not a colleague who
    forwarded it."""
    forwarded = Remark.FORWARDED.value in (line.email.remarks or ())
    return bool(line.email.left_out) and not forwarded


def message_id(ticket_id: str, line_id: str, recipient: str, mailbox: Mailbox | None) -> str:
    """Return the Message-ID of a reply to one recipient."""
    return signer().message_id(_domain(mailbox), ticket_id, line_id, recipient=_kept(recipient))


def _headers(
    ticket: Ticket,
    line: Communication,
    recipient: str,
    mailbox: Mailbox | None,
    mails: list[Communication],
    answered: Communication | None,
) -> dict[str, str]:
    side = f".s{line.side_thread}" if line.side_thread else ""
    root = f"<ticket-{ticket.ticket_id}{side}@{_domain(mailbox)}>"
    chain = list(dict.fromkeys(_chain(ticket, mails, recipient, mailbox)))
    threaded = [root, *chain[:1], *chain[1:][-MOST_THREADED:]]
    headers = {
        "Message-ID": message_id(ticket.ticket_id, line.communication_id, recipient, mailbox),
        "In-Reply-To": _bracketed(str(answered.email.message_id))
        if answered and answered.email.message_id
        else threaded[-1],
        "References": " ".join(threaded),
    }
    if mailbox:
        number, address = ticket.ticket_id, mailable(mailbox.address)
        headers["Reply-To"] = signer().reply_address(
            address, number, recipient=_kept(recipient), side_thread=line.side_thread or ""
        )
        headers["Return-Path"] = signer().envelope_address(
            address, number, line.communication_id, recipient=_kept(recipient)
        )
    return headers


def _chain(
    ticket: Ticket, mails: list[Communication], recipient: str, mailbox: Mailbox | None
) -> Iterator[str]:
    """Yield the Message-IDs of a conversation, oldest first: theirs, and ours as this recipient has
    them."""
    for one in mails:
        if _came_by_mail(one):
            yield from _named(one, _kept(recipient))
            if one.email.message_id:
                yield _bracketed(str(one.email.message_id))
        elif one.delivery:
            yield message_id(ticket.ticket_id, one.communication_id, recipient, mailbox)


def _named(line: Communication, recipient: str) -> Iterator[str]:
    """Yield the Message-IDs that a message names, without those of the desk that were signed for
    somebody else: who knows one may write as its recipient."""
    for message_id in map(str, line.email.references or ()):
        claim = signed.claim_of_message_id(message_id)
        if claim is None or signer().proves(claim, recipient):
            yield _bracketed(message_id)


def _kept(recipient: str) -> str:
    """Return a recipient in the form in which addresses are compared and signed.

    An international domain is in Unicode there, whatever mail servers write.
    """
    return kept_address(recipient) or recipient


def _is_automatic(line: Communication) -> bool:
    return Remark.AUTOMATIC in (line.email.remarks or ())


def _came_by_mail(line: Communication) -> bool:
    """Return whether somebody outside wrote it; a third party's message is stored as a note."""
    if line.email is None or line.event is not None:
        return False
    return bool(line.side_thread) or line.direction == Direction.INBOUND.value


def _of_outsider(ticket: Ticket, line: Communication) -> bool:
    """Return whether a colleague added to the customer's conversation the mail of somebody who does
    not take part in it. They may be a third party, of whom the customer must not read."""
    if line.side_thread or line.author_id or line.email is None:
        return False
    by_hand = Remark.BY_HAND.value in (line.email.remarks or ())
    return by_hand and line.email.sender not in addresses_of(ticket.participants)


def _bracketed(message_id: str) -> str:
    """Return a Message-ID for a header, without characters that could end the header."""
    return f"<{''.join(message_id.strip('<>').split())}>"


def _from(mailbox: Mailbox | None, line: Communication) -> str:
    if mailbox is None:
        return settings.DEFAULT_FROM_EMAIL
    author = names_of([line.created_by]).get(line.created_by, "")
    name = mailbox.sender_name
    if author and name:
        name = _("%(person)s from %(company)s") % {"person": author, "company": name}
    return formataddr((name or author, mailable(mailbox.address)))


def _domain(mailbox: Mailbox | None) -> str:
    address = mailable(mailbox.address) if mailbox else parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    return address.rpartition("@")[2] or "localhost"
