"""An archived ticket is out of sight, and in every figure."""

from dataclasses import replace
from datetime import date

import pytest

from helpdesk.errors import NotAllowed
from reporting.domain.days import Range
from reporting.services import rollups
from reporting.services.report import GroupBy, ReportQuery, analytics, sla_report
from tests.world import NOON, after, log_of, settle, stored
from tickets.domain.errors import NotClosed, TicketArchived
from tickets.domain.filters import Filters, Sort
from tickets.domain.ticket import CommunicationType, Direction, Status
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.customer_records import merge_and_erase
from tickets.services.lifecycle.archive import archive, restore
from tickets.services.lifecycle.status import change_status
from tickets.services.lists import search
from tickets.services.lists.find import QUEUES, find
from tickets.services.maintenance.verify import verify


@pytest.fixture
def boss(desk):
    return replace(desk.supervisor, administers=True)


@pytest.fixture
def closed(desk):
    number = desk.ticket(now=NOON).ticket_id
    respond(number, content="Done", by=desk.rep, now=after(hours=1))
    change_status(number, to="Closed", by=desk.rep, now=after(hours=2))
    settle()
    return number


def figures():
    while rollups.roll_up():
        pass
    asked = ReportQuery(Range(date(2026, 11, 1), date(2026, 11, 8)))
    return sla_report(asked, now={}), analytics(asked, GroupBy.DAY)


def shown(desk):
    """Every ticket that any list shows."""
    lists = [*QUEUES.values(), Filters(text="car"), Filters(statuses=frozenset(Status))]
    lists.append(Filters(customer_id=desk.customer.customer_id, sort=Sort.CREATED))
    return {
        ticket.ticket_id
        for filters in lists
        for ticket in find(filters, by=desk.supervisor).tickets
    }


def test_it_leaves_every_list_and_no_figure(desk, boss, closed):
    before = figures()
    assert closed in shown(desk)

    archive(closed, by=boss, now=after(days=1))
    settle()

    assert closed not in shown(desk)
    assert figures() == before
    rollups.rebuild()
    search.rebuild()
    assert closed not in shown(desk)
    assert figures() == before
    assert list(verify()) == []


def test_a_restored_ticket_is_back_in_all_of_them(desk, boss, closed):
    archive(closed, by=boss)
    settle()
    restore(closed, by=boss)
    settle()

    assert closed in shown(desk)
    assert list(verify()) == []
    said = [line.content for line in log_of(closed)]
    assert said[-2:] == ["Archived", "Brought back from the archive"]


def test_twice_is_once(desk, boss, closed):
    first = archive(closed, by=boss)
    assert archive(closed, by=boss).version == first.version


def test_only_administrators_archive_and_only_what_is_closed(desk, boss, closed):
    with pytest.raises(NotAllowed):
        archive(closed, by=desk.supervisor)
    with pytest.raises(NotClosed):
        archive(desk.ticket().ticket_id, by=boss)


def test_nobody_changes_it(desk, boss, closed):
    archive(closed, by=boss)
    for change in (
        lambda: note(closed, content="x", by=desk.rep),
        lambda: change_status(closed, to="In Progress", by=desk.rep),
    ):
        with pytest.raises(TicketArchived):
            change()


def test_a_customers_answer_to_it_opens_a_new_one(desk, boss, closed):
    archive(closed, by=boss)

    ticket, _line = communicate(
        closed,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="And now?",
        by=desk.rep,
    )

    assert ticket.ticket_id != closed
    assert ticket.continues == closed
    assert stored(closed).continued_by == ticket.ticket_id


def test_erasing_a_customer_reaches_it(desk, boss, closed):
    archive(closed, by=boss)
    settle()
    job = merge_and_erase.start_erasure(desk.customer.customer_id, by=boss)
    while not merge_and_erase.step(job.pk).finished_at:
        pass

    assert stored(closed).subject == "[erased]"
    assert stored(closed).archived_at
