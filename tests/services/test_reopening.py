"""What a customer's message does to a ticket that was done."""

import pytest

from tests.world import after, log_of, stored
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.communicate import communicate
from tickets.services.status import change_status
from tickets.store import access


def customer_writes(ticket_id, desk, now, content="It is not solved."):
    return communicate(
        ticket_id,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content=content,
        by=desk.rep,
        now=now,
    )


@pytest.mark.parametrize("status", ["Resolved", "Closed"])
def test_it_reopens_what_was_done_lately(desk, status):
    number = desk.ticket().ticket_id
    change_status(number, to=status, by=desk.rep, now=after(hours=1))

    ticket, _line = customer_writes(number, desk, after(days=14, minutes=59))

    assert (ticket.ticket_id, ticket.status, ticket.life) == (number, "In Progress", 2)
    assert ticket.resolved_at is None
    assert ticket.sla_deadline is not None


def test_on_an_older_one_it_opens_a_ticket_that_is_linked_to_the_old(desk):
    number = desk.ticket(vehicle_id=desk.vehicle.vehicle_id).ticket_id
    change_status(number, to="Closed", by=desk.rep, now=after(hours=1))

    new, line = customer_writes(number, desk, after(days=14, hours=1))

    assert new.ticket_id != number
    assert (new.continues, stored(number).continued_by) == (number, new.ticket_id)
    assert (new.status, new.customer_id, new.vehicle_id) == (
        "Open",
        desk.customer.customer_id,
        desk.vehicle.vehicle_id,
    )
    assert line.ticket_id == new.ticket_id
    assert stored(number).status == "Closed"
    assert "continuedBy" in log_of(number)[-1].content


def test_a_repeat_of_the_same_message_opens_no_second_ticket(desk):
    number = desk.ticket().ticket_id
    change_status(number, to="Closed", by=desk.rep, now=after(hours=1))

    first, _ = customer_writes(number, desk, after(days=20))
    second, _ = customer_writes(number, desk, after(days=20))

    assert first.ticket_id == second.ticket_id
    assert access.last_ticket_number() == 2
