"""All open tickets, a page at a time."""

from helpdesk.dynamo.pages import PagePosition
from tickets.domain.ticket import Status
from tickets.store import queries
from tickets.store.ticket import Ticket

PAGE = 100
_OPEN = (Status.OPEN, Status.IN_PROGRESS)


def open_page(place: str) -> tuple[list[Ticket], str]:
    """Return the open tickets after a place ("": the first ones), and the next place ("": none).

    Tickets move meanwhile: one may come twice, or never. Cost: a query a status, and a batch read.
    """
    page = queries.queue_page(
        statuses=_OPEN, place=PagePosition(place) if place else None, limit=PAGE
    )
    found = queries.tickets([row.ticket_id for row in page], consistent=False)
    return list(found.values()), page.next.key if page.next else ""
