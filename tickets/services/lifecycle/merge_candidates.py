"""Find the ticket into which another one is merged, and what was said in it."""

from dataclasses import dataclass
from datetime import datetime

from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.parsing import whole_number
from tickets.domain.filters import Filters
from tickets.domain.ticket import BY_CUSTOMER, CommunicationType
from tickets.services.lifecycle.log_entries import author_of
from tickets.services.lists.find import find
from tickets.store import queries
from tickets.store.ticket import Ticket

MOST = 10
READ = 30
"""Tickets that are looked at: merged ones and the ticket itself are not offered."""

MOST_LINES = 200
"""Entries of a log that are looked at: changes are among them."""


@dataclass(frozen=True)
class Conversation:
    """What was said in a ticket: how many messages and notes, its opening included (`more` of them
    are older than what was looked at), and the last of them."""

    messages: int
    more: bool
    content: str
    author: str
    """A user's id, or BY_CUSTOMER."""
    at: datetime


def conversation_of(ticket: Ticket, *, by: Actor) -> Conversation:
    """Return what was said in a ticket, which was read whole. One Query of MOST_LINES entries.

    Raises NotAllowed.
    """
    require_ticket_work(by)
    log = queries.whole_log(ticket.ticket_id, most=MOST_LINES)
    said = [line for line in log if line.type != CommunicationType.SYSTEM_UPDATE.value]
    last = said[-1] if said else None
    return Conversation(
        messages=len(said) + 1,
        more=len(log) == MOST_LINES,
        content=last.content if last else ticket.description or "",
        author=author_of(last)
        if last
        else BY_CUSTOMER
        if ticket.description_by_customer
        else ticket.created_by,
        at=last.created_at if last else ticket.created_at,
    )


def merge_candidates(source: Ticket, text: str, *, by: Actor) -> list[Ticket]:
    """Return up to MOST tickets that `text` finds: first the one with that number, whoever's it is,
    then those of the same customer with these words. Without a text the customer's tickets, open
    ones first, the newest first.

    Cost: a query, and a batch read; with a text a read, up to two SQL queries and a batch read.
    Raises NotAllowed.
    """
    require_ticket_work(by)
    text = text.strip()
    number = text.removeprefix("#")
    customer_id = str(source.customer_id)
    found: list[Ticket] = []
    if whole_number(number) is not None and (named := queries.ticket(number)):
        found.append(named)
    if text:
        found += find(Filters(customer_id=customer_id, text=text), limit=READ, by=by).tickets
    else:
        rows = queries.tickets_about(customer_id=customer_id, limit=READ).rows
        whole = queries.tickets([row.ticket_id for row in rows], consistent=False)
        newest = [whole[row.ticket_id] for row in rows if row.ticket_id in whole]
        found = sorted(newest, key=lambda ticket: not ticket.status.active)
    fitting = {
        ticket.ticket_id: ticket
        for ticket in found
        if ticket.ticket_id != source.ticket_id and not ticket.merged_into
    }
    return list(fitting.values())[:MOST]
