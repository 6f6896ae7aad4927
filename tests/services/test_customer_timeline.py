"""A customer's timeline: the messages and notes of all their tickets, newest first."""

from dataclasses import replace

import pytest

from customers.services.create import create_customer
from helpdesk.dynamo import capacity
from helpdesk.dynamo.cursor import InvalidCursor
from helpdesk.errors import NotAllowed
from tests.world import NOON, after, settle, sqlite_plan
from tickets.domain.ticket import CommunicationType, Direction
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.customer_records import merge_and_erase
from tickets.services.customer_records.detail import customer_page
from tickets.services.customer_records.timeline import customer_timeline
from tickets.services.lifecycle.archive import archive
from tickets.services.lifecycle.status import change_status
from tickets.services.maintenance.log_index import index_records
from tickets.services.maintenance.verify import verify
from tickets.store import search
from tickets.store.items import Communication


def wrote(number: str, content: str, *, by, now) -> None:
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content=content,
        by=by,
        now=now,
    )


def whole(customer_id: str, *, by, limit: int = 4) -> list[Communication]:
    """The whole timeline, page by page; each page's way back leads to the one before."""
    found, cursor, before = [], None, None
    while True:
        page = customer_timeline(customer_id, by=by, cursor_text=cursor, limit=limit)
        if before is not None:
            back = customer_timeline(customer_id, by=by, cursor_text=page.newer, limit=limit)
            assert back.entries == before.entries or keys(back) == keys(before)
        assert len(page.entries) <= limit
        found += [entry.line for entry in page.entries]
        cursor, before = page.older, page
        if cursor is None:
            return found


def keys(page) -> list[str]:
    return [entry.line.communication_id for entry in page.entries]


def words(lines: list[Communication]) -> list[str]:
    return [line.event or line.content for line in lines]


@pytest.fixture
def talk(desk):
    """Two conversations at the same time; their messages, newest first."""
    first, second = desk.ticket().ticket_id, desk.ticket(now=after(minutes=1)).ticket_id
    wrote(first, "one", by=desk.rep, now=after(minutes=2))
    respond(second, content="two", by=desk.rep, now=after(minutes=3))
    note(first, content="three", by=desk.rep, now=after(minutes=4))
    change_status(second, to="Resolved", by=desk.rep, now=after(minutes=5))
    wrote(first, "four", by=desk.rep, now=after(minutes=6))
    return ["four", "three", "two", "one", "created", "created"]


def test_all_conversations_are_one_list(desk, talk):
    assert words(whole(desk.customer.customer_id, by=desk.rep)) == talk
    assert words(whole(desk.customer.customer_id, by=desk.rep, limit=1)) == talk
    assert whole("nobody", by=desk.rep) == []
    with pytest.raises(NotAllowed):
        customer_timeline(desk.customer.customer_id, by=desk.outsider)
    page = customer_timeline(desk.customer.customer_id, by=desk.rep, limit=2)
    with pytest.raises(InvalidCursor):
        customer_timeline("nobody", by=desk.rep, cursor_text=page.older)


def test_a_page_costs_the_same_however_much_was_said(desk, talk):
    def cost() -> tuple[int, float]:
        with capacity.counting() as used:
            customer_timeline(desk.customer.customer_id, by=desk.rep, limit=3)
        return used.requests, used.capacity

    few = cost()
    for second in range(20):
        number = desk.ticket(now=after(hours=1, seconds=second)).ticket_id
        note(number, content="more", by=desk.rep, now=after(hours=2, seconds=second))

    many = cost()

    assert many[0] == few[0] == 3, "one query, and two batch reads"
    assert many[1] <= few[1] + 2


def test_the_timeline_of_a_merged_customer_goes_with_the_tickets(desk, talk):
    other = create_customer(name="Zoe", by=desk.rep, now=NOON)
    job = merge_and_erase.start_merge(
        desk.customer.customer_id, into=other.customer_id, by=desk.rep
    )
    while not merge_and_erase.step(job.pk).finished_at:
        pass

    assert words(whole(other.customer_id, by=desk.rep)) == talk
    assert whole(desk.customer.customer_id, by=desk.rep) == []
    settle()
    assert list(verify()) == []


def test_entries_of_an_earlier_release_come_into_it_by_the_upgrade(desk, talk):
    for line in whole(desk.customer.customer_id, by=desk.rep):
        line.update(
            actions=[Communication.customer_id.remove(), Communication.created_key.remove()]
        )
    assert whole(desk.customer.customer_id, by=desk.rep) == []

    assert index_records() == len(talk)

    assert words(whole(desk.customer.customer_id, by=desk.rep)) == talk
    assert index_records() == 0


def test_an_entry_in_the_timeline_of_another_is_found_by_verification(desk, talk):
    line = whole(desk.customer.customer_id, by=desk.rep)[0]
    settle()
    assert list(verify([line.ticket_id])) == []

    line.update(actions=[Communication.customer_id.set("another")])

    [drift] = verify([line.ticket_id])
    assert drift.what == f"timeline: {line.communication_id} is in that of another customer"


def test_archived_tickets_stay_in_their_customers_timeline(desk, talk):
    change_status("1", to="Closed", by=desk.rep, now=after(minutes=7))
    archive("1", by=replace(desk.supervisor, administers=True), now=after(minutes=8))

    entries = customer_timeline(desk.customer.customer_id, by=desk.rep).entries

    assert [one.line.event or one.line.content for one in entries] == talk
    assert {one.ticket.ticket_id for one in entries if one.ticket.archived_at} == {"1"}


def test_attainment_is_counted_by_the_index_of_customers(desk):
    plan = sqlite_plan(lambda: search.attainment(desk.customer.customer_id, most=10_000))

    assert "USING INDEX entry_customer (customer=?)" in plan, plan
    assert "TEMP B-TREE" not in plan, plan


def test_open_tickets_come_first_however_old_they_are(desk, monkeypatch):
    monkeypatch.setattr("tickets.services.customer_records.detail.SHOWN", 3)
    old = desk.ticket(priority="Low").ticket_id
    urgent = desk.ticket(priority="Critical").ticket_id
    done = [desk.ticket(now=after(hours=1, minutes=n)).ticket_id for n in range(4)]
    for number in done:
        change_status(number, to="Closed", by=desk.rep, now=after(hours=2))

    page = customer_page(desk.customer.customer_id, by=desk.rep)

    assert [ticket.ticket_id for ticket in page.tickets.open] == [urgent, old]
    assert [ticket.ticket_id for ticket in page.tickets.past] == done[:0:-1]
    assert page.tickets.more
    assert (page.attainment.tickets, page.attainment.of) == (6, 8), "not only the newest three"
