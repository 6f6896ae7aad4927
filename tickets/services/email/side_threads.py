"""Conversations with third parties inside a ticket: carriers, brokers, ports.

A colleague begins one by forwarding a message. It has a number on the ticket and signed addresses
of its own. The customer does not see it, it has no effect on the clocks, and replies to the
customer do not quote it.
"""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor
from helpdesk.errors import Invalid
from helpdesk.idempotency import Token
from helpdesk.mail.address import AddressRefused, as_kept
from tickets.domain import events
from tickets.domain.errors import MergedAway
from tickets.domain.ticket import Channel, CommunicationType, Delivery
from tickets.services.email.mailboxes import base_of, own_addresses
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
    attachments: Sequence[Attachment] = (),
    token: Token | None = None,
    by: Actor,
    now: datetime | None = None,
) -> Ticket:
    """Write to third parties about a ticket; return it.

    Begins a conversation, or continues `side_thread`. The text of `forwarded_line` is quoted below
    the new one. With a `token` that this actor used before nothing is written. Raises Invalid for
    an invalid address, an address of the desk, or an empty text; MergedAway, NotFound, NotAllowed,
    Busy.
    """
    checks = Checks()
    content = checks.text("content", content, longest=LONGEST_CONTENT)
    addresses = _addresses(to, checks)
    checks.done()
    if forwarded_line and (line := queries.communication(ticket_id, forwarded_line)):
        content = f"{content}\n\n{_quoted(line)}"

    def write(draft: Draft) -> None:
        ticket = draft.ticket
        if ticket.merged_into:
            raise MergedAway(ticket.merged_into)
        number = _number(ticket, side_thread)
        entry = draft.add_entry(
            CommunicationType.INTERNAL_NOTE,
            content,
            attachments=attachments,
            delivery=Delivery.PENDING,
        )
        entry.channel = Channel.EMAIL.value
        entry.side_thread = number
        entry.deliveries = [
            RecipientDelivery(address=one, state=Delivery.SENDING.value) for one in addresses
        ]
        draft.emit(
            events.Communicated(
                communication_id=entry.communication_id,
                type=CommunicationType.INTERNAL_NOTE.value,
                deliver=True,
                assigned_to=ticket.assigned_to,
                team_id=ticket.team_id,
            )
        )

    return change(ticket_id, write, token=token, by=by, now=now)


def _number(ticket: Ticket, asked: str) -> str:
    """Return the number of the conversation: the next one, or the one given. Raises Invalid."""
    if not asked:
        ticket.side_threads += 1
        return str(ticket.side_threads)
    if not asked.isdecimal() or not 1 <= int(asked) <= ticket.side_threads:
        raise Invalid({"sideThread": _("This ticket has no such conversation.")})
    return asked


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
            checks.errors["to"] = _("This is an address of this desk.")
        found.append(address)
    if not found:
        checks.errors.setdefault("to", _("Enter an email address."))
    if len(found) > MOST_RECIPIENTS:
        words = _("Enter at most %(most)s addresses.")
        checks.errors["to"] = words % {"most": MOST_RECIPIENTS}
    return list(dict.fromkeys(found))


def _quoted(line: Communication) -> str:
    """Return a message as forwarded text: its author above, and a mark before each line."""
    head = "---------- Forwarded message ----------"
    if line.email:
        head = f"{head}\nFrom: {line.email.sender_name or ''} <{line.email.sender}>"
    return "\n".join([head, *(f"> {one}" for one in line.content.splitlines())])
