"""To whom a reply goes: decided when it is written, so that the page that showed it is right."""

from collections.abc import Collection

from django.utils.translation import gettext as _

from customers.services.read import customer_with_email, get_customer
from customers.store.items import Customer
from helpdesk.errors import Invalid
from tickets.domain.ticket import Delivery
from tickets.services.conversation.arrival import add_participants, unmark_returned
from tickets.services.email.incoming.matching import (
    kept_address,
    name_and_address,
    participant,
)
from tickets.services.email.mailboxes import base_of, own_addresses
from tickets.services.lifecycle.draft import Draft
from tickets.store.items import RecipientDelivery
from tickets.store.ticket import Ticket


def address_reply(
    draft: Draft, *, reply_to: str, leave_out: Collection[str] | None
) -> list[RecipientDelivery]:
    """Return the mails that a reply becomes, as `recipients_of`, and note on its ticket what
    follows from the writer's choice.

    Who is answered at `reply_to` takes part from now on, so that what they write comes to the
    ticket. A participant whose mail came back and whom the writer did not leave out is mailed like
    any other again. Raises Invalid. With `reply_to` it costs two reads more.
    """
    mails = recipients_of(draft.ticket, reply_to=reply_to, leave_out=leave_out)
    if reply_to:
        holder = customer_with_email(reply_to)
        if holder is None or holder.customer_id != draft.ticket.customer_id:
            add_participants(draft, [participant("", reply_to)])
    for one in mails:
        unmark_returned(draft, str(one.address))
    return mails


def recipients_of(
    ticket: Ticket, *, reply_to: str = "", leave_out: Collection[str] | None = None
) -> list[RecipientDelivery]:
    """Return the mails that a reply to a ticket becomes: to its customer first (an empty address
    where they have none), then to whoever else takes part, except those whom its writer leaves out;
    None leaves out those whose last mail came back.

    `reply_to` is an address at which the customer's last message asked to be answered, which the
    writer has seen: the first mail goes there instead. Raises Invalid where it asks no longer so.
    One read of the customer; where others take part, one SQL query.
    """
    if reply_to and reply_to != ticket.reply_to:
        raise Invalid({"reply_to": _("The address for replies has changed. Check it, and send.")})
    customer = get_customer(ticket.customer_id)
    address = reply_to or email_of(customer)
    first = _pending(address) if reply_to else _pending(address, ticket.customer_id)
    without = (
        ticket.returned_addresses if leave_out is None else [kept_address(one) for one in leave_out]
    )
    others = dict.fromkeys(name_and_address(one)[1] for one in ticket.participants)
    own = own_addresses() if others else frozenset()
    return [
        first,
        *(
            _pending(one)
            for one in others
            if one != address and one not in without and base_of(one) not in own
        ),
    ]


def email_of(customer: Customer | None) -> str:
    """Return a customer's address; "" where they have none."""
    return (customer.email if customer else None) or ""


def _pending(address: str, customer_id: str | None = None) -> RecipientDelivery:
    state = Delivery.PENDING.value
    return RecipientDelivery(address=address, state=state, customer_id=customer_id)
