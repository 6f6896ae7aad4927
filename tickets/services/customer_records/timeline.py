"""A customer's timeline: the messages and notes of all their tickets in one list, newest first.

The index of a customer's tickets has them beside the tickets (tickets/store/keys.py), so that a
page costs the same however many tickets there are.
"""

from dataclasses import dataclass

from customers.services import merge
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.dynamo import cursor
from helpdesk.dynamo.pages import PagePosition
from tickets.store import queries
from tickets.store.items import Communication
from tickets.store.ticket import Ticket
from tickets.store.timeline import change_timeline, timeline_page

PAGE = 20
MOVED_AT_ONCE = 100


@dataclass(frozen=True)
class TimelineEntry:
    """A message, a note, or the entry that a ticket was created; and the ticket."""

    line: Communication
    ticket: Ticket


@dataclass(frozen=True)
class TimelinePage:
    """Some entries, newest first, and the cursors of the newer and older ones (None at an end)."""

    entries: list[TimelineEntry]
    newer: str | None
    older: str | None


def customer_timeline(
    customer_id: str, *, by: Actor, cursor_text: str | None = None, limit: int = PAGE
) -> TimelinePage:
    """Return a page of a customer's timeline; of one who is unknown it is empty.

    Cost: a query of the keys shown, and two batch reads. Raises InvalidCursor, NotAllowed.
    """
    require_ticket_work(by)
    query = ["timeline", customer_id, by.user_id]
    place = None
    if cursor_text:
        side, _space, key = cursor.decode(cursor_text, query=query).partition(" ")
        place = PagePosition(key, back=side == "newer")

    def text(at: PagePosition | None) -> str | None:
        side = "newer" if at and at.back else "older"
        return cursor.encode(query=query, place=f"{side} {at.key}") if at else None

    page = timeline_page(customer_id, limit=limit, place=place)
    lines = queries.lines(page.rows)
    tickets = queries.tickets({line.ticket_id for line in lines}, consistent=False)
    entries = [
        TimelineEntry(line, tickets[line.ticket_id]) for line in lines if line.ticket_id in tickets
    ]
    return TimelinePage(entries, newer=text(page.previous), older=text(page.next))


def carry_timeline(customer_id: str) -> int:
    """Move some entries of a merged customer's timeline to the remaining record; return how many.

    0: none is left. Cost: a query, and a write for each.
    """
    into = merge.current(customer_id)
    if into is None or into.customer_id == customer_id:
        return 0
    keys = timeline_page(customer_id, limit=MOVED_AT_ONCE).rows
    for key in keys:
        change_timeline(key, customer_id, to=into.customer_id)
    return len(keys)
