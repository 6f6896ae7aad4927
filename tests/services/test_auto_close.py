"""Resolved tickets close by themselves after 72 hours without a word."""

from tests.world import after, log_of, stored
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.conversation.communicate import communicate
from tickets.services.lifecycle.auto_close import close_silent
from tickets.services.lifecycle.status import change_status


def test_a_resolved_ticket_closes_after_72_hours_and_not_before(desk):
    ticket = desk.ticket()
    change_status(ticket.ticket_id, to="Resolved", by=desk.rep, now=after(hours=1))

    assert close_silent(now=after(hours=72, minutes=59)) == 0
    assert close_silent(now=after(hours=73)) == 1
    assert close_silent(now=after(hours=74)) == 0

    closed = stored(ticket.ticket_id)
    assert (closed.status, closed.closed_at) == ("Closed", after(hours=73))
    assert closed.resolved_at == after(hours=1)
    assert log_of(ticket.ticket_id)[-1].created_by == "system"


def test_a_word_from_the_customer_reopens_instead(desk):
    ticket = desk.ticket()
    change_status(ticket.ticket_id, to="Resolved", by=desk.rep, now=after(hours=1))
    communicate(
        ticket.ticket_id,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="It is not solved.",
        by=desk.rep,
        now=after(hours=2),
    )

    assert close_silent(now=after(hours=100)) == 0
    assert stored(ticket.ticket_id).status == "In Progress"


def test_only_what_is_due_is_closed(desk):
    old, new = desk.ticket(), desk.ticket()
    change_status(old.ticket_id, to="Resolved", by=desk.rep, now=after(hours=1))
    change_status(new.ticket_id, to="Resolved", by=desk.rep, now=after(hours=50))

    close_silent(now=after(hours=80))

    assert stored(old.ticket_id).status == "Closed"
    assert stored(new.ticket_id).status == "Resolved"
