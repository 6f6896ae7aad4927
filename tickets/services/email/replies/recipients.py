"""To whom a reply goes: decided when it is written, so that the page that showed it is right."""

from django.utils.translation import gettext as _

from customers.services.read import get_customer
from customers.store.items import Customer
from helpdesk.errors import Invalid
from tickets.domain.ticket import Delivery
from tickets.services.email.incoming.matching import name_and_address
from tickets.services.email.mailboxes import base_of, own_addresses
from tickets.store.items import RecipientDelivery
from tickets.store.ticket import Ticket


def recipients_of(ticket: Ticket, *, reply_to: str = "") -> list[RecipientDelivery]:
    """Return the mails that a reply to a ticket becomes: to its customer first (an empty address
    where they have none), then to whoever else takes part.

    `reply_to` is an address at which the customer's last message asked to be answered, which the
    writer has seen: the first mail goes there instead. Raises Invalid where it asks no longer so.
    One read of the customer; where others take part, one SQL query.
    """
    if reply_to and reply_to != ticket.reply_to:
        raise Invalid({"reply_to": _("The address for replies has changed. Check it, and send.")})
    customer = get_customer(ticket.customer_id)
    address = reply_to or email_of(customer)
    first = _pending(address) if reply_to else _pending(address, ticket.customer_id)
    others = dict.fromkeys(name_and_address(one)[1] for one in ticket.participants)
    own = own_addresses() if others else frozenset()
    return [
        first,
        *(_pending(one) for one in others if one != address and base_of(one) not in own),
    ]


def email_of(customer: Customer | None) -> str:
    """Return a customer's address; "" where they have none."""
    return (customer.email if customer else None) or ""


def _pending(address: str, customer_id: str | None = None) -> RecipientDelivery:
    state = Delivery.PENDING.value
    return RecipientDelivery(address=address, state=state, customer_id=customer_id)
