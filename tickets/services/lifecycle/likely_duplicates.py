"""Open tickets that a new one may repeat."""

from collections.abc import Collection

from customers.domain.folding import words_asked
from helpdesk.accounts.actors import Actor, require_ticket_work
from tickets.domain.ticket import Status
from tickets.store import queries
from tickets.store.ticket import Ticket

NEWEST = 50
MOST_SHOWN = 5
SHORTEST_WORD = 4
"""Letters; shorter words say little, except in scripts whose words are short."""


def likely_duplicates(
    customer_id: str, *, vehicle_id: str | None, subject: str, by: Actor
) -> list[Ticket]:
    """Return the customer's open tickets about this vehicle or with a similar subject, at most
    MOST_SHOWN, newest first.

    Looks at the NEWEST tickets of the customer. One query. Raises NotAllowed.
    """
    require_ticket_work(by)
    words = _telling(subject)
    if not customer_id or not (words or vehicle_id):
        return []
    rows = queries.tickets_about(customer_id=customer_id, limit=NEWEST).rows
    found = [
        row
        for row in rows
        if Status(row.status).active
        and (
            (vehicle_id and row.vehicle_id == vehicle_id)
            or _are_similar(words, _telling(row.subject))
        )
    ]
    return found[:MOST_SHOWN]


def _telling(subject: str) -> set[str]:
    words = words_asked(subject[:200])
    return {word for word in words if len(word) >= SHORTEST_WORD or not word.isascii()}


def _are_similar(some: Collection[str], others: Collection[str]) -> bool:
    """Return whether half of the words of the shorter one, or more, are in the other, too."""
    shared = len(set(some) & set(others))
    return shared > 0 and 2 * shared >= min(len(some), len(others))
