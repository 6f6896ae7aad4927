"""A message that was received, and not typed into the desk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from helpdesk.dynamo.transaction import Transaction
from tickets.domain.mail.outcome import Remark
from tickets.domain.ticket import Channel
from tickets.services.lifecycle.draft import Draft
from tickets.store.items import Communication, EmailFacts
from tickets.store.ticket import Ticket

MOST_PARTICIPANTS = 50


def _nothing(_transaction: Transaction, _draft: Draft, _line: Communication) -> None:
    pass


@dataclass(frozen=True)
class Arrival:
    """What came with a message, and what is written in the transaction that adds it to a ticket."""

    channel: Channel
    email: EmailFacts | None = None
    """What its headers say, if it is an email."""
    participants: Sequence[str] = ()
    """Who takes part from now on, each as "Name <address>"."""
    from_customer: bool = True
    """Whether the ticket's customer wrote it; only then it has an effect on status and clocks."""
    automatic: bool = False
    """Whether a machine did: then it has no effect, and nobody is told."""
    side_thread: str = ""
    reply_to: str = ""
    """Where the customer asks to be answered, if not at the address that they wrote from."""
    keep: Callable[[Transaction, Draft, Communication], None] = _nothing

    @property
    def has_effect(self) -> bool:
        """Whether the message counts for status and SLA: the customer wrote it, no machine, in the
        conversation with them."""
        return self.from_customer and not self.automatic and not self.side_thread

    def after_merge(self, merged: Ticket | None) -> Self:
        """Return the same for the ticket that `merged` was merged into, where the conversations
        with third parties of both are numbered on."""
        before = merged.side_threads_before if merged else 0
        return replace(self, side_thread=str(before + int(self.side_thread)))

    def note_on(self, draft: Draft, line: Communication) -> None:
        """Write down on a message and its ticket how the message came."""
        line.channel = self.channel.value
        line.email = self.email
        line.side_thread = self.side_thread or None
        if not self.has_effect:
            line.without_effect = True
        if not self.from_customer:
            line.author_id = None
        draft.checks.append(lambda transaction: self.keep(transaction, draft, line))
        if line.email:
            unmark_returned(draft, line.email.sender)
        if self.has_effect:
            draft.ticket.reply_to = self.reply_to or None
        if not self.side_thread and not add_participants(draft, self.participants) and line.email:
            remarks: list[Any] = [*(line.email.remarks or ()), Remark.PARTICIPANTS_LEFT_OUT.value]
            line.email.remarks = remarks


def add_participants(draft: Draft, people: Sequence[str]) -> bool:
    """Let people take part in a ticket who do not yet, up to MOST_PARTICIPANTS; return whether
    everybody does."""
    known = {_address(one) for one in draft.ticket.participants}
    new = [one for one in people if _address(one) not in known]
    room = max(MOST_PARTICIPANTS - len(known), 0)
    if new[:room]:
        draft.ticket.participants = [*draft.ticket.participants, *new[:room]]
    return len(new) <= room


def unmark_returned(draft: Draft, address: str) -> None:
    """Remove from a ticket the mark that mail to a participant came back, if it has one."""
    if address in draft.ticket.returned_addresses:
        draft.ticket.returned_addresses = [
            one for one in draft.ticket.returned_addresses if one != address
        ]


def _address(participant: str) -> str:
    return participant.rpartition("<")[2]
