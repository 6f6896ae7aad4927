"""When somebody was first assigned: stored on the ticket, for figures."""

from reporting.services import drill_down, tables
from reporting.services.query import ReportQuery
from tests.figures import ALL, rolled
from tests.world import NOON, after, stored
from tickets.services.assignment.assign import assign
from tickets.services.maintenance.for_figures import store_for_figures
from tickets.store.ticket import Ticket


def forget(*numbers):
    """Leave the tickets as a release before wrote them."""
    for number in numbers:
        stored(number).update(
            actions=[Ticket.first_assigned_at.remove(), Ticket.returned_replies.remove()]
        )


def test_the_time_to_the_first_assignment_is_counted_once(desk):
    at_once = desk.ticket(assigned_to=desk.rep.user_id).ticket_id
    later, never = desk.ticket().ticket_id, desk.ticket().ticket_id
    assign(later, to=desk.rep2.user_id, by=desk.rep, now=after(hours=2))
    for to, hours in ((None, 3), (desk.rep.user_id, 4)):
        for number in (at_once, later):
            assign(number, to=to, by=desk.rep, now=after(hours=hours))
    rolled()

    def figures():
        found = tables.totals(ReportQuery(ALL))
        return found["assignments"], found["assignment-average"]

    assert figures() == (2, 3_600)
    behind = drill_down.drill_down(ReportQuery(ALL), "assignments")
    assert {(row.ticket.ticket_id, row.at) for row in behind.rows} == {
        (at_once, NOON),
        (later, after(hours=2)),
    }

    forget(at_once, later)
    assert store_for_figures() == 2
    assert store_for_figures() == 0
    assert stored(later).first_assigned_at == after(hours=2)
    assert stored(at_once).first_assigned_at == NOON
    assert stored(never).first_assigned_at is None
