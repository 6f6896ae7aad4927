"""A customer or a vehicle with their tickets, in a bounded number of reads."""

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest

from django.utils.translation import gettext as _

from customers.services.read import find_vehicle, get_customer, get_customers, vehicles_of
from customers.store.items import Customer, Vehicle
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.errors import NotFound
from tickets.domain.ticket import CommunicationType, Status
from tickets.store import queries
from tickets.store.items import Communication
from tickets.store.ticket import Ticket

SHOWN = 50
TALKED = 5
"""The newest tickets whose conversations are shown, and the newest lines of them."""
LINES = 10


@dataclass(frozen=True)
class SlaAttainment:
    """How many clocks of the newest tickets have stopped in time, of how many."""

    met: int
    of: int


@dataclass(frozen=True)
class CustomerPage:
    """A customer, their vehicles, their newest SHOWN tickets, and recent messages."""

    customer: Customer
    vehicles: list[Vehicle]
    tickets: list[Ticket]
    more: bool
    said: list[Communication]
    attainment: SlaAttainment


@dataclass(frozen=True)
class VehiclePage:
    """A vehicle, its owner, and its newest SHOWN tickets under any owner."""

    vehicle: Vehicle
    owner: Customer | None
    tickets: list[Ticket]
    more: bool
    customers: dict[str, Customer]


def customer_page(customer_id: str, *, by: Actor) -> CustomerPage:
    """Return what the customer's page shows. Raises NotFound, NotAllowed.

    Cost: a read, 2 + TALKED queries, one batch read.
    """
    require_ticket_work(by)
    customer = get_customer(customer_id)
    if customer is None:
        raise NotFound(_("Customer not found."))
    page = queries.tickets_about(customer_id=customer_id, limit=SHOWN)
    lines = [
        line
        for ticket in page.rows[:TALKED]
        for line in queries.whole_log(ticket.ticket_id, most=LINES)
        if line.type == CommunicationType.CUSTOMER_RESPONSE.value
    ]
    said = nlargest(LINES, lines, key=lambda line: line.communication_id)
    return CustomerPage(
        customer=customer,
        vehicles=vehicles_of(customer_id),
        tickets=page.rows,
        more=page.next is not None,
        said=said,
        attainment=_attainment(page.rows),
    )


def vehicle_page(vehicle_id: str, *, by: Actor) -> VehiclePage:
    """Return what the vehicle's page shows. Raises NotFound, NotAllowed.

    Cost: two queries, two reads, one batch read.
    """
    require_ticket_work(by)
    vehicle = find_vehicle(vehicle_id)
    if vehicle is None:
        raise NotFound(_("Vehicle not found."))
    page = queries.tickets_about(vehicle_id=vehicle_id, limit=SHOWN)
    customers = get_customers({vehicle.customer_id, *(ticket.customer_id for ticket in page.rows)})
    return VehiclePage(
        vehicle=vehicle,
        owner=customers.get(vehicle.customer_id),
        tickets=page.rows,
        more=page.next is not None,
        customers=customers,
    )


def _attainment(rows: Sequence[Ticket]) -> SlaAttainment:
    """Return how many first replies and resolutions of these tickets were in time.

    Merged duplicates have neither. Index rows do not say whether a ticket was merged, so closed
    tickets are read.
    """
    closed = (ticket.ticket_id for ticket in rows if ticket.status is Status.CLOSED)
    merged = {
        number
        for number, ticket in queries.tickets(closed, consistent=False).items()
        if ticket.merged_into
    }
    kept = [
        breached is None
        for ticket in rows
        if ticket.ticket_id not in merged
        for stopped, breached in (
            (ticket.sla.first_responded_at, ticket.sla.response_breached_at),
            (not ticket.status.active, ticket.sla.resolution_breached_at),
        )
        if stopped
    ]
    return SlaAttainment(met=sum(kept), of=len(kept))
