"""Lists, filters and search: the right tickets, in order. What they cost: test_find_cost.py."""

from datetime import timedelta
from itertools import product

import pytest
from django.db import OperationalError, connection

from helpdesk.clock import this_second
from helpdesk.dynamo import capacity
from helpdesk.dynamo.cursor import InvalidCursor
from helpdesk.errors import Invalid, NotAllowed
from tests.world import NOON, after, more_statements, settle, stored, team
from tickets.domain.filters import Filters, Sort
from tickets.services.assignment.assign import assign_team
from tickets.services.conversation.communicate import respond
from tickets.services.lifecycle.escalate import escalate, sweep
from tickets.services.lifecycle.status import change_status, wait
from tickets.services.lists import search
from tickets.services.lists.filters import read_filters, split_box
from tickets.services.lists.find import (
    MY_REPLIES,
    QUEUES,
    TEAMS_REPLIES,
    Queue,
    find,
    own_counts,
)
from tickets.store import search as index


def ids(found):
    return [ticket.ticket_id for ticket in found.tickets]


def shown(desk, query, *, now=NOON, **more):
    return ids(find(read_filters(query, by=desk.rep), by=desk.rep, now=now, **more))


@pytest.fixture
def many(desk):
    """One ticket of every kind, by name."""
    shipping = team("Shipping", desk.rep_user)
    tickets = {
        "mine": desk.ticket(assigned_to=desk.rep.user_id, priority="High"),
        "other": desk.ticket(assigned_to=desk.rep2.user_id, category="Customs"),
        "nobody": desk.ticket(priority="Low", tags=["broker"]),
        "late": desk.ticket(now=NOON - timedelta(days=30)),
        "waiting": desk.ticket(),
        "team": desk.ticket(),
        "raised": desk.ticket(),
        "resolved": desk.ticket(),
        "closed": desk.ticket(),
    }
    number = {name: ticket.ticket_id for name, ticket in tickets.items()}
    respond(
        number["waiting"], content="Which port?", waiting=True, by=desk.rep, now=after(minutes=1)
    )
    assign_team(number["team"], team_id=str(shipping.pk), by=desk.rep, now=NOON)
    escalate(number["raised"], reason="Lawyer", by=desk.rep, now=NOON)
    change_status(number["resolved"], to="Resolved", by=desk.rep, now=NOON)
    change_status(number["closed"], to="Closed", by=desk.rep, now=after(minutes=2))
    settle()
    return number


def test_every_list_holds_what_its_name_says(desk, many):
    def of(queue):
        found = find(QUEUES[queue], by=desk.rep, now=after(minutes=5))
        return {name for name, number in many.items() if number in ids(found)}

    active = set(many) - {"resolved", "closed"}
    assert of(Queue.MINE) == {"mine"}
    assert of(Queue.TEAMS) == {"team"}
    assert of(Queue.UNASSIGNED) == active - {"mine", "other"}
    assert of(Queue.ACTIVE) == active
    assert of(Queue.OVERDUE) == {"late"}
    assert of(Queue.WAITING) == {"waiting"}
    assert of(Queue.RESOLVED) == {"resolved"}
    assert of(Queue.CLOSED) == {"closed"}
    assert of(Queue.ALL) == set(many)
    assert of(Queue.AT_RISK) == set()


def test_a_ticket_at_risk_is_listed_until_it_is_overdue(desk):
    ticket = desk.ticket(priority="Low")
    settle()

    def at_risk(now):
        return ids(find(QUEUES[Queue.AT_RISK], by=desk.rep, now=now)) == [ticket.ticket_id]

    sla = ticket.sla
    assert not at_risk(sla.response_at_risk_at - timedelta(seconds=1))
    assert at_risk(sla.response_at_risk_at)
    assert at_risk(sla.response_deadline)
    assert not at_risk(sla.response_deadline + timedelta(seconds=1))


COMBINED = [
    ({"status": ["Open"]}, {"mine", "other", "nobody", "late", "team", "raised"}),
    ({"status": ["in progress"]}, {"waiting"}),
    ({"status": ["Resolved", "Closed"]}, {"resolved", "closed"}),
    ({"priority": ["high"]}, {"mine"}),
    ({"priority": ["high", "low"]}, {"mine", "nobody"}),
    ({"category": ["Customs"]}, {"other"}),
    ({"assignedTo": ["tomasz"]}, {"other"}),
    ({"assignedTo": ["me"], "priority": ["Low"]}, set()),
    ({"tag": ["broker"]}, {"nobody"}),
    ({"escalated": ["true"]}, {"late", "raised"}),
    ({"overdue": ["true"]}, {"late"}),
    ({"waiting": ["true"]}, {"waiting"}),
    ({"createdTo": ["2026-10-30"]}, {"late"}),
    ({"createdFrom": ["2026-11-02"], "category": ["Customs"]}, {"other"}),
    ({"q": ["is:overdue"]}, {"late"}),
    ({"q": ["assignee:me priority:high"]}, {"mine"}),
    ({"q": ["before:2026-11-01"]}, {"late"}),
    ({"q": ["after:2026-11-03"]}, set()),
    ({"q": ["status:open category:customs"]}, {"other"}),
]


def test_filters_combine_and_the_box_says_the_same(desk, many, subtests):
    swept = [case for case in COMBINED if "escalated" in case[0] or "late" in case[1]]
    for query, expected in (case for case in COMBINED if case not in swept):
        with subtests.test(f"{query}"):
            assert set(shown(desk, query)) == {many[name] for name in expected}

    sweep(now=NOON)
    settle()

    for query, expected in swept:
        with subtests.test(f"{query}, swept"):
            assert set(shown(desk, query)) == {many[name] for name in expected}


def test_a_status_that_a_list_does_not_have_replaces_the_lists_own(desk, many):
    filters = read_filters({"status": ["Closed"]}, by=desk.rep)

    found = find(filters.within(QUEUES[Queue.ACTIVE]), by=desk.rep, now=NOON)

    assert ids(found) == [many["closed"]]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": ["Lost"]}, "status"),
        ({"priority": ["soon"]}, "priority"),
        ({"q": ["category:weather"]}, "category"),
        ({"assignedTo": ["nobody-we-know"]}, "assignedTo"),
        ({"team": ["A-Team"]}, "team"),
        ({"overdue": ["perhaps"]}, "overdue"),
        ({"createdFrom": ["tomorrow"]}, "createdFrom"),
        ({"q": ["before:2026-13-01"]}, "createdTo"),
        ({"sort": ["subject"]}, "sort"),
        ({"tag": ["vip\0"]}, "tag"),  # PostgreSQL would not even be asked for it
        ({"assignedTo": ["\ud800"]}, "assignedTo"),
    ],
)
def test_a_filter_that_means_nothing_is_refused_with_what_would(desk, query, field):
    with pytest.raises(Invalid) as refused:
        read_filters(query, by=desk.rep)
    assert list(refused.value.errors) == [field]


def test_words_of_the_box():
    assert split_box('status:open tag:"port fees" lost car at 10:30 is:waiting') == (
        {"status": ["open"], "tag": ["port fees"], "waiting": ["true"]},
        "lost car at 10:30",
    )


SORTS = [None, *Sort]
LISTS = [{}, {"status": ["Open"]}, {"priority": ["Medium"]}, {"q": ["car"]}, {"q": ["wanted"]}]


def test_pages_forward_and_back_meet_every_ticket_once(desk, subtests):
    for number in range(11):
        subject = "A car is wanted" if number % 2 else "Where is my car?"
        priority = ("High", "Medium", "Low")[number % 3]
        desk.ticket(now=after(minutes=number % 4), subject=subject, priority=priority)
    settle()
    for query, sort in product(LISTS, SORTS):
        with subtests.test(f"{query} by {sort}"):
            _walk(desk, query, sort)


def _walk(desk, query, sort):
    filters = read_filters(query, by=desk.rep).within(Filters(sort=sort))
    whole = ids(find(filters, by=desk.rep, now=NOON, limit=50))
    pages, cursor = [], None
    while True:
        page = find(filters, by=desk.rep, now=NOON, limit=3, cursor_text=cursor)
        pages.append(ids(page))
        if page.next is None:
            break
        cursor = page.next
    assert [number for part in pages for number in part] == whole
    back = []
    while page.previous:
        page = find(filters, by=desk.rep, now=NOON, limit=3, cursor_text=page.previous)
        back.append(ids(page))
    before_last = [number for part in pages[:-1] for number in part]
    assert [number for part in back[::-1] for number in part] == before_last


def test_a_page_keeps_its_place_when_tickets_change(desk):
    made = [desk.ticket(now=after(minutes=number)).ticket_id for number in range(6)]
    settle()
    first = find(QUEUES[Queue.ACTIVE], by=desk.rep, now=NOON, limit=3)
    desk.ticket(now=after(days=-3), priority="Critical")
    change_status(made[0], to="Resolved", by=desk.rep, now=after(minutes=9))

    second = find(QUEUES[Queue.ACTIVE], by=desk.rep, now=NOON, limit=3, cursor_text=first.next)

    assert ids(second) == made[3:]


def test_a_cursor_of_another_list_or_person_is_refused(desk):
    for _ in range(4):
        desk.ticket()
    settle()
    first = find(QUEUES[Queue.ACTIVE], by=desk.rep, now=NOON, limit=2)

    with pytest.raises(InvalidCursor):
        find(QUEUES[Queue.UNASSIGNED], by=desk.rep, now=NOON, cursor_text=first.next)
    with pytest.raises(InvalidCursor):
        find(QUEUES[Queue.ACTIVE], by=desk.rep, now=NOON, cursor_text=f"{first.next}x")


def test_everything_else_is_one_batch_read(desk, many, django_assert_max_num_queries):
    for query in ({"priority": ["Medium"]}, {"q": ["car"]}, {"tag": ["broker"]}):
        filters = read_filters(query, by=desk.rep)
        most = 4 + more_statements(query)
        with capacity.counting() as usage, django_assert_max_num_queries(most):
            assert find(filters, by=desk.rep, now=NOON).tickets
        assert usage.operations == ["BatchGetItem"]


def test_the_index_is_rebuilt_from_the_tickets_alone(desk, many):
    everything = [
        {"q": ["car"]},
        {"priority": ["Medium"]},
        {"tag": ["broker"]},
        {"waiting": ["true"]},
        {"q": ["port"]},
    ]
    before = [shown(desk, query) for query in everything]
    index.clear()
    assert [shown(desk, query) for query in everything] == [[]] * len(everything)

    progress = []
    assert search.rebuild(progress.append) == len(many)

    assert progress == [len(many)]
    assert [shown(desk, query) for query in everything] == before


def test_counts_are_those_of_the_lists(desk, many, django_assert_num_queries):
    with django_assert_num_queries(2):  # the actor's teams, and all counts together
        held, replies = own_counts(by=desk.rep, now=NOON)
    assert held == {
        "mine": 1,
        "teams": 1,
        "unassigned": 5,
        "needs-reply": 6,
        "overdue": 1,
        "snoozed": 0,
        "followed": 0,
    }
    for filters, count in ((MY_REPLIES, replies.mine), (TEAMS_REPLIES, replies.teams)):
        assert len(find(filters, by=desk.rep, now=NOON).tickets) == count > 0


def test_whoever_works_no_tickets_finds_none(desk, many):
    with pytest.raises(NotAllowed):
        find(Filters(text="car"), by=desk.outsider)
    with pytest.raises(NotAllowed):
        own_counts(by=desk.outsider)


def test_waiting_ends_up_in_the_list_of_waiting(desk):
    number = desk.ticket().ticket_id
    wait(number, by=desk.rep, now=NOON)
    settle()

    assert ids(find(QUEUES[Queue.WAITING], by=desk.rep, now=NOON)) == [number]


def test_what_is_written_for_lists_waits_for_no_other_writer(desk):
    """SQLite has one writer. Whoever answers a customer does not wait for the index to be free."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL locks rows")

    def patience():
        with connection.cursor() as cursor:
            return cursor.execute("PRAGMA busy_timeout").fetchone()[0]

    before = patience()
    with index.without_waiting():
        assert patience() == index.SHORTLY < before
    assert patience() == before


def test_a_change_succeeds_where_the_index_is_busy(desk, monkeypatch):
    def busy(tickets):
        raise OperationalError("database is locked")

    monkeypatch.setattr(index, "index_tickets", busy)
    number = desk.ticket(now=this_second()).ticket_id
    monkeypatch.undo()

    assert stored(number).version == 1
    settle()
    assert number in {
        row.ticket_id for row in find(Filters(sort=Sort.CREATED), by=desk.rep).tickets
    }
