"""Delete a ticket: all that is left of it is a fact for reports, which leads to nobody.

Its number stays, with times, status, category, priority, segment, make and who worked on it:
figures of the past follow from these, also when they are rebuilt. It belongs to no customer and no
vehicle any more, and is in no list and no search.
"""

from customers.services.read import get_customer, get_vehicle
from helpdesk.accounts.actors import Actor
from helpdesk.dynamo.transaction import Action
from tickets.domain import events
from tickets.domain.ticket import ERASED, CommunicationType, LogEvent, no_customer_of
from tickets.services.customer_records import erasure
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.draft import Draft
from tickets.store import queries
from tickets.store.items import Communication
from tickets.store.ticket import Ticket

_WHOSE = ("customerId", "vehicleId")
"""Fields of the log's changes that name a record of a customer."""


def is_deleted(ticket: Ticket) -> bool:
    return bool(ticket.customer_id == no_customer_of(ticket.ticket_id))


def delete_ticket(ticket_id: str, *, by: Actor) -> None:
    """Delete a closed ticket. A repeat continues where the first ended. Raises NotFound, Busy.

    Cost: what its erasure costs, and a write for each entry that names the customer.
    """
    erasure.forget_tickets([ticket_id], by=by)
    for line in queries.whole_log(ticket_id, most=erasure.MOST_LINES):
        _forget_whose(line)
    change(ticket_id, _leave_a_fact, archived=True, by=by)


def _leave_a_fact(draft: Draft) -> None:
    ticket = draft.ticket
    if is_deleted(ticket):
        return
    customer = get_customer(ticket.customer_id)
    vehicle = get_vehicle(ticket.customer_id, ticket.vehicle_id) if ticket.vehicle_id else None
    if vehicle is not None:
        ticket.vehicle_make = vehicle.make
    if customer is not None:
        ticket.segment = customer.segment  # reports went by the customer's
    ticket.customer_id = no_customer_of(ticket.ticket_id)
    ticket.vehicle_id = None
    draft.add_entry(CommunicationType.SYSTEM_UPDATE, "Deleted", event=LogEvent.ERASED)
    if not ticket.archived_at:
        ticket.archived_at = draft.at
        draft.emit(events.Archived())


def _forget_whose(line: Communication) -> None:
    nobody = no_customer_of(line.ticket_id)
    actions: list[Action] = [Communication.author_id.remove()] if line.author_id else []
    if line.customer_id:
        actions += [Communication.customer_id.remove(), Communication.created_key.remove()]
    touched = [one for one in line.changes or () if one.field in _WHOSE]
    if touched:
        for one in touched:
            one.before = one.after = nobody if one.field == "customerId" else ERASED
        fields = ", ".join(one.field for one in line.changes or ())
        actions += [
            Communication.changes.set(line.changes),
            Communication.content.set(f"{ERASED} {fields} changed"),
        ]
    if actions:
        line.update(actions=actions)
