"""A customer or a vehicle with their tickets, in a bounded number of reads."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from customers.services.read import find_vehicle, get_customer, vehicles_of
from customers.store.items import Customer, Vehicle
from helpdesk.accounts.actors import Actor, require_ticket_work
from helpdesk.errors import NotFound
from tickets.domain.filters import ACTIVE, Filters
from tickets.services.customer_records.notes import NotesPage, customer_notes
from tickets.services.customer_records.timeline import TimelinePage, customer_timeline
from tickets.services.lists.find import find
from tickets.store import queries, search
from tickets.store.search import SlaAttainment, urgency_of
from tickets.store.ticket import Ticket

SHOWN = 50
NOTES = 5
MOST_COUNTED = 10_000
"""The newest tickets of a customer whose clocks are counted: a few milliseconds."""


@dataclass(frozen=True)
class TicketsOf:
    """Tickets of a customer or for a vehicle: up to SHOWN open ones, most urgent first, and the
    newest of the others."""

    open: list[Ticket]
    past: list[Ticket]
    more: bool
    """Whether there are others beside these."""


@dataclass(frozen=True)
class CustomerPage:
    """A customer, their vehicles and tickets, and the newest entries of their timeline."""

    customer: Customer
    vehicles: list[Vehicle]
    tickets: TicketsOf
    timeline: TimelinePage
    notes: NotesPage
    attainment: SlaAttainment
    """Of the newest MOST_COUNTED tickets."""


@dataclass(frozen=True)
class VehiclePage:
    """A vehicle, its owner, and its tickets under any owner."""

    vehicle: Vehicle
    owner: Customer | None
    tickets: TicketsOf


def customer_page(customer_id: str, *, by: Actor) -> CustomerPage:
    """Return what the customer's page shows. Raises NotFound, NotAllowed.

    Cost: a read, four queries, two batch reads, and a SQL query that grows with MOST_COUNTED; one
    of each more if there are more than SHOWN tickets.
    """
    require_ticket_work(by)
    customer = get_customer(customer_id)
    if customer is None:
        raise NotFound(_("Customer not found."))
    return CustomerPage(
        customer=customer,
        vehicles=vehicles_of(customer_id),
        tickets=_tickets_of(by, customer_id=customer_id),
        timeline=customer_timeline(customer_id, by=by),
        notes=customer_notes(customer_id, by=by, limit=NOTES),
        attainment=search.attainment(customer_id, most=MOST_COUNTED),
    )


def vehicle_page(vehicle_id: str, *, by: Actor) -> VehiclePage:
    """Return what the vehicle's page shows. Raises NotFound, NotAllowed.

    Cost: two queries and two reads; a SQL query and a batch read more if there are more than SHOWN
    tickets.
    """
    require_ticket_work(by)
    vehicle = find_vehicle(vehicle_id)
    if vehicle is None:
        raise NotFound(_("Vehicle not found."))
    return VehiclePage(
        vehicle=vehicle,
        owner=get_customer(vehicle.customer_id),
        tickets=_tickets_of(by, vehicle_id=vehicle_id),
    )


def _tickets_of(by: Actor, **whose: str) -> TicketsOf:
    """Return the newest tickets of a customer or for a vehicle, and all that are open, up to SHOWN.

    An open ticket may be older than the newest SHOWN: then the search index names it.
    """
    page = queries.tickets_about(**whose, limit=SHOWN)  # type: ignore[arg-type]
    active = [ticket for ticket in page.rows if ticket.status.active]
    if page.next is None:
        active.sort(key=urgency_of)
    else:
        active = find(Filters(statuses=ACTIVE, **whose), limit=SHOWN, by=by).tickets  # type: ignore[arg-type]
    past = [ticket for ticket in page.rows if not ticket.status.active]
    return TicketsOf(active, past, more=page.next is not None)
