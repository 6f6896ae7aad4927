"""The tickets of a customer or for a vehicle, as one line of text names them."""

from typing import NamedTuple

from pynamodb.indexes import GlobalSecondaryIndex

from tickets.domain.ticket import Status
from tickets.store.ticket import Ticket

_NAMED = ["ticketId", "subject", "status"]


class NamedTicket(NamedTuple):
    """What names a ticket beside another one."""

    ticket_id: str
    subject: str
    status: Status


def newest_named(
    *, customer_id: str | None = None, vehicle_id: str | None = None, limit: int
) -> list[NamedTicket]:
    """Return the newest tickets of a customer or for a vehicle, archived ones excepted.

    One Query, which answers with three attributes of each: fifty cost less processor time than ten
    whole rows.
    """
    index: GlobalSecondaryIndex[Ticket] = Ticket.by_vehicle if vehicle_id else Ticket.by_customer
    rows = index.query(
        vehicle_id or customer_id or "",
        Ticket.created_key.between("0", "~"),
        scan_index_forward=False,
        limit=limit,
        attributes_to_get=_NAMED,
    )
    return [NamedTicket(row.ticket_id, row.subject, Status(row.status)) for row in rows]
