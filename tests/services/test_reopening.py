"""What a customer's message does to a ticket that was done."""

from functools import partial

import pytest

from tests.world import after, log_of, stored
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.conversation.communicate import communicate
from tickets.services.lifecycle.links_and_merges import merge
from tickets.services.lifecycle.status import change_status
from tickets.store import ticket_numbers


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

    assert (ticket.ticket_id, ticket.status, ticket.reopen_cycle) == (number, "In Progress", 2)
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


def test_however_many_messages_come_there_is_one_follow_up(desk):
    number = desk.ticket().ticket_id
    change_status(number, to="Closed", by=desk.rep, now=after(hours=1))

    first, _ = customer_writes(number, desk, after(days=20))
    again, _ = customer_writes(number, desk, after(days=20))
    other, line = customer_writes(number, desk, after(days=21), content="And now?")
    third, _ = communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="Hello?",
        by=desk.rep2,  # whoever writes it down
        now=after(days=22),
    )

    assert {one.ticket_id for one in (first, again, other, third)} == {first.ticket_id}
    assert stored(number).continued_by == first.ticket_id
    assert stored(first.ticket_id).continues == number
    assert line.ticket_id == first.ticket_id
    assert ticket_numbers.last_ticket_number() == 2


@pytest.mark.django_db(transaction=True)
def test_messages_that_come_at_once_open_one_follow_up(desk, race):
    number = desk.ticket().ticket_id
    change_status(number, to="Closed", by=desk.rep, now=after(hours=1))
    went_to = []

    def write(text):
        ticket, _line = customer_writes(number, desk, after(days=20), content=text)
        went_to.append(ticket.ticket_id)

    race.run(**{text: partial(write, text) for text in (f"Message {i}" for i in range(4))})

    assert race.failed >= 3, "they did not meet"
    assert len(went_to) == 4
    assert set(went_to) == {stored(number).continued_by}
    texts = [line.content for line in log_of(went_to[0]) if line.direction == "inbound"]
    assert sorted(texts) == [f"Message {i}" for i in range(4)]


def test_a_follow_up_that_is_closed_lately_is_reopened_and_an_old_one_has_its_own(desk):
    first = desk.ticket().ticket_id
    change_status(first, to="Closed", by=desk.rep, now=after(hours=1))
    second = customer_writes(first, desk, after(days=20))[0].ticket_id
    change_status(second, to="Closed", by=desk.rep, now=after(days=21))

    reopened, _ = customer_writes(first, desk, after(days=30))
    assert (reopened.ticket_id, reopened.status, reopened.reopen_cycle) == (
        second,
        "In Progress",
        2,
    )

    change_status(second, to="Closed", by=desk.rep, now=after(days=31))
    third, _ = customer_writes(first, desk, after(days=60))
    assert third.ticket_id not in (first, second)
    assert third.continues == second
    assert stored(first).continued_by == second, "it points to its follow-up for good"
    assert stored(second).continued_by == third.ticket_id
    assert customer_writes(second, desk, after(days=61))[0].ticket_id == third.ticket_id


def test_a_follow_up_that_was_merged_back_loses_no_word(desk):
    """The old ticket leads to its follow-up, and that one leads back."""
    old = desk.ticket().ticket_id
    change_status(old, to="Closed", by=desk.rep, now=after(hours=1))
    first, _line = customer_writes(old, desk, after(days=20))
    merge(first.ticket_id, into=old, by=desk.rep, now=after(days=20, hours=1))

    ticket, line = customer_writes(old, desk, after(days=21), content="And now?")
    again, _line = customer_writes(first.ticket_id, desk, after(days=22), content="Hello?")

    assert line.content == "And now?"
    assert ticket.status in ("Open", "In Progress"), "somebody will read it"
    assert again.ticket_id == ticket.ticket_id, "one ticket for all that follows"
