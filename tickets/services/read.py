"""Queues of tickets, and one ticket with everything that its page shows."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from customers.services.read import get_customer, get_vehicle
from customers.store.items import Customer, Vehicle
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.dynamo import cursor
from helpdesk.dynamo.pages import Page
from helpdesk.errors import NotFound
from tickets.domain.sla.standing import SlaFacts
from tickets.domain.ticket import Status
from tickets.store import access
from tickets.store.log import Communication
from tickets.store.ticket import Ticket

PAGE = 25
LOG_LINES = 50


class Queue(StrEnum):
    """The lists that every desk has."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    ACTIVE = "active"
    RESOLVED = "resolved"
    CLOSED = "closed"


@dataclass(frozen=True)
class QueuePage:
    """Some tickets of a queue, and the cursor of the next ones (None at the end)."""

    tickets: list[Ticket]
    next_cursor: str | None


@dataclass(frozen=True)
class TicketPage:
    """A ticket, whom and what it is about, and the newest lines of its log, oldest first."""

    ticket: Ticket
    customer: Customer | None
    vehicle: Vehicle | None
    log: list[Communication]
    older: str | None


def queue(which: Queue, *, by: Actor, after: str | None = None, limit: int = PAGE) -> QueuePage:
    """A page of a queue: active tickets most urgent first, done ones latest first.

    Cost: one query of the rows shown (two for ACTIVE). Raises InvalidCursor, NotAllowed.
    """
    require_ticket_work(by)
    query = [which.value, by.user_id if which is Queue.MINE else ""]
    place = cursor.decode(after, query=query) if after else None
    readers: dict[Queue, Callable[[], Page[Ticket]]] = {
        Queue.MINE: lambda: access.queue_page(assignee=by.user_id, limit=limit, after=place),
        Queue.UNASSIGNED: lambda: access.unassigned_page(limit=limit, after=place),
        Queue.ACTIVE: lambda: _status_page(limit, place, Status.OPEN, Status.IN_PROGRESS),
        Queue.RESOLVED: lambda: _status_page(limit, place, Status.RESOLVED),
        Queue.CLOSED: lambda: _status_page(limit, place, Status.CLOSED),
    }
    page = readers[which]()
    onward = cursor.encode(query=query, place=page.next_place) if page.next_place else None
    return QueuePage(page.rows, onward)


def ticket_page(ticket_id: str, *, by: Actor) -> TicketPage:
    """Everything that a ticket's page shows. Cost: one query and two reads.

    Raises NotFound, NotAllowed.
    """
    require_ticket_work(by)
    found = access.ticket_with_log(ticket_id, limit=LOG_LINES)
    if found is None:
        raise NotFound(_("There is no ticket %(id)s.") % {"id": ticket_id})
    ticket = found.ticket
    vehicle = get_vehicle(ticket.customer_id, ticket.vehicle_id) if ticket.vehicle_id else None
    return TicketPage(ticket, get_customer(ticket.customer_id), vehicle, found.log, found.older)


def older_log(ticket_id: str, *, before: str, by: Actor) -> tuple[list[Communication], str | None]:
    """The lines of a log before the line `before`, oldest first, and where to go on. One query."""
    require_ticket_work(by)
    return access.older_log(ticket_id, before=before, limit=LOG_LINES)


def desk_is_empty() -> bool:
    """No ticket was ever opened. One read."""
    return access.last_ticket_number() == 0


def sla_facts(ticket: Ticket) -> SlaFacts:
    """What the ticket stores of its clock, for `tickets.domain.sla.standing`."""
    sla = ticket.sla
    return SlaFacts(
        status=Status(ticket.status),
        waiting=bool(ticket.waiting),
        first_responded_at=sla.first_responded_at,
        response_deadline=sla.response_deadline,
        response_at_risk_at=sla.response_at_risk_at,
        response_breached_at=sla.response_breached_at,
        resolved_at=ticket.resolved_at,
        resolution_deadline=sla.resolution_deadline,
        resolution_at_risk_at=sla.resolution_at_risk_at,
        resolution_breached_at=sla.resolution_breached_at,
    )


def _status_page(limit: int, after: str | None, *statuses: Status) -> Page[Ticket]:
    return access.queue_page(statuses=statuses, limit=limit, after=after)
