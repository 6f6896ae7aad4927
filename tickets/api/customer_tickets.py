"""The tickets of a customer, and about a vehicle."""

from typing import Annotated, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from customers.services.merge import current
from customers.services.read import find_vehicle
from helpdesk.accounts.actors import actor_of, require_ticket_work
from helpdesk.api.schema import ApiSchema
from helpdesk.clock import this_second
from helpdesk.errors import NotFound
from tickets.api.schemas import TicketPage, ticket_out
from tickets.domain.filters import Filters, Sort
from tickets.services.lists.find import find

router = Router(tags=["customers and vehicles"])


class PageQuery(ApiSchema):
    limit: int = Field(25, ge=1, le=100)
    cursor: str = Field("", description="The `nextCursor` of the previous page.")


@router.get(
    "/customers/{customer_id}/tickets",
    response=TicketPage,
    by_alias=True,
    operation_id="listCustomerTickets",
)
def tickets_of_customer(
    request: HttpRequest, customer_id: str, asked: Annotated[PageQuery, Query()]
) -> dict[str, Any]:
    """List a customer's tickets, newest first."""
    require_ticket_work(actor_of(request.user))
    customer = current(customer_id)
    if customer is None:
        raise NotFound(_("Customer not found."))
    return _page(request, asked, Filters(customer_id=customer.customer_id, sort=Sort.CREATED))


@router.get(
    "/vehicles/{vehicle_id}/tickets",
    response=TicketPage,
    by_alias=True,
    operation_id="listVehicleTickets",
)
def tickets_of_vehicle(
    request: HttpRequest, vehicle_id: str, asked: Annotated[PageQuery, Query()]
) -> dict[str, Any]:
    """List all tickets for a vehicle, under any owner, newest first."""
    require_ticket_work(actor_of(request.user))
    if find_vehicle(vehicle_id) is None:
        raise NotFound(_("Vehicle not found."))
    return _page(request, asked, Filters(vehicle_id=vehicle_id, sort=Sort.CREATED))


def _page(request: HttpRequest, asked: PageQuery, filters: Filters) -> dict[str, Any]:
    now = this_second()
    page = find(
        filters,
        by=actor_of(request.user),
        cursor_text=asked.cursor or None,
        limit=asked.limit,
        whole=True,
        now=now,
    )
    return {
        "items": [ticket_out(ticket, now=now) for ticket in page.tickets],
        "next_cursor": page.next,
    }
