"""The participants of a ticket, who get its replies beside its customer."""

from datetime import datetime

from django.utils.translation import gettext as _

from helpdesk.accounts.actors import Actor
from helpdesk.errors import Invalid
from helpdesk.idempotency import Token
from helpdesk.mail.address import AddressRefused, as_kept
from tickets.services.conversation.arrival import MOST_PARTICIPANTS, unmark_returned
from tickets.services.email.incoming.matching import (
    addresses_of,
    kept_address,
    name_and_address,
    participant,
)
from tickets.services.email.mailboxes import base_of, own_addresses
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.store.ticket import Ticket


def add(
    ticket_id: str,
    *,
    address: str,
    name: str = "",
    token: Token | None = None,
    by: Actor,
    now: datetime | None = None,
) -> Ticket:
    """Add a participant: replies go to them too, and what they answer comes to the ticket.

    A repeat changes nothing, except that they get replies again where mail to them had come back.
    Raises Invalid for an invalid address, an address of the desk, or too
    many participants; NotFound, NotAllowed, Busy.
    """
    try:
        kept = as_kept(address)
    except AddressRefused as refused:
        raise Invalid({"participant": str(_(refused.message))}) from refused
    if base_of(kept) in own_addresses():
        raise Invalid({"participant": _("This is one of our own mailboxes.")})

    def write(draft: Draft) -> None:
        unmark_returned(draft, kept)
        people = draft.ticket.participants
        if kept in addresses_of(people):
            return
        if len(people) >= MOST_PARTICIPANTS:
            words = _("A ticket can have at most %(most)s participants.")
            raise Invalid({"participant": words % {"most": MOST_PARTICIPANTS}})
        draft.ticket.participants = [*people, participant(name, kept)]

    return change(ticket_id, write, token=token, by=by, now=now)


def remove(ticket_id: str, *, address: str, by: Actor, now: datetime | None = None) -> Ticket:
    """Remove a participant; what they write is suspended then. A repeat does no harm."""

    gone = kept_address(address) or address

    def write(draft: Draft) -> None:
        unmark_returned(draft, gone)
        people = draft.ticket.participants
        draft.ticket.participants = [one for one in people if name_and_address(one)[1] != gone]

    return change(ticket_id, write, by=by, now=now)
