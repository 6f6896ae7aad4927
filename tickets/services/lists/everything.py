"""One search for tickets, customers and vehicles."""

from collections.abc import Sequence
from dataclasses import dataclass

from customers.services.read import find_customers, find_vehicles
from customers.store.items import Customer, Vehicle
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.errors import Invalid
from tickets.domain.filters import Filters
from tickets.services.lists.filters import read_filters
from tickets.services.lists.find import find
from tickets.store.ticket import Ticket

SHORTEST = 2
"""Letters of a text that is searched for: a shorter one would find anybody."""
MOST = 5
"""Results of each kind."""


@dataclass(frozen=True)
class Records:
    """The customers and vehicles that a search finds, MOST of each."""

    customers: Sequence[Customer] = ()
    vehicles: Sequence[Vehicle] = ()


def search_records(text: str, *, by: Actor) -> Records:
    """Return customers and vehicles for a text. Raises NotAllowed.

    Cost: see `find_customers` and `find_vehicles`; nothing for a text shorter than SHORTEST.
    """
    require_ticket_work(by)
    text = text.strip()
    if len(text) < SHORTEST:
        return Records()
    return Records(find_customers(text, limit=MOST), find_vehicles(text)[:MOST])


def search_tickets(text: str, *, by: Actor) -> list[Ticket]:
    """Return the best MOST tickets for what was typed, `#41` included. Raises NotAllowed.

    Cost: see `find`; none for nothing, or for a filter that means nothing.
    """
    require_ticket_work(by)
    text = text.strip().removeprefix("#")
    try:
        filters = read_filters({"q": [text]}, by=by)
    except Invalid:
        return []
    if filters == Filters():
        return []
    return find(filters, limit=MOST, snippets=False, by=by).tickets
