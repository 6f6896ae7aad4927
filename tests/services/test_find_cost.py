"""What lists cost: a query for each status or a batch read, however many tickets there are."""

import pytest
from django.forms import model_to_dict

from helpdesk.dynamo import capacity
from tests.services.test_find import ids
from tests.world import NOON, after, settle, sqlite_plan, team
from tickets.domain.filters import ACTIVE, Filters, Sort
from tickets.domain.ticket import Category, Priority, Status
from tickets.models import Entry
from tickets.models.search import FAR
from tickets.services.assignment.assign import assign_team
from tickets.services.lifecycle.status import change_status
from tickets.services.lists.filter_definition import Now
from tickets.services.lists.filters import condition
from tickets.services.lists.find import QUEUES, Queue, find
from tickets.store import search as index


def hits(filters):
    asked = condition(filters, Now(NOON, [filters.team] if filters.team else []))
    return index.hits(
        asked,
        [],
        sort=filters.sort,
        limit=51,
        place=None,
        back=False,
        among=filters.words_of_order,
    )


@pytest.mark.parametrize("sort", [Sort.CREATED, Sort.OLDEST, Sort.TIME_LEFT, Sort.MOST_TIME_LEFT])
@pytest.mark.parametrize(
    "one_value",
    [
        {},
        {"statuses": frozenset([Status.CLOSED])},
        {"statuses": ACTIVE},
        {"priorities": frozenset([Priority.HIGH])},
        {"categories": frozenset([Category.CUSTOMS])},
        {"assigned_to": "7"},
        {"team": "1"},
    ],
    ids=["all", "closed", "active", "high", "customs", "somebody's", "a team's"],
)
def test_a_list_of_one_value_is_read_in_order_and_never_sorted(desk, one_value, sort):
    """What is sorted is read whole: it would take longer with each year of closed tickets."""
    plan = sqlite_plan(lambda: hits(Filters(sort=sort, **one_value)))

    assert "INDEX entry_" in plan
    assert "TEMP B-TREE" not in plan


@pytest.fixture
def open_tickets(desk):
    """300 entries: 60 customers have five each, two are waiting, and one is escalated."""
    entry, _tags = index.entry_of(desk.ticket())
    Entry.objects.bulk_create(
        Entry(
            **{
                **model_to_dict(entry),
                "number": number,
                "customer": f"customer {number % 60}",
                "waiting": number % 150 == 0,
                "level": number == 1_000,
                "needs_reply": FAR if number % 100 else number,
            }
        )
        for number in range(1_000, 1_300)
    )
    index.take_stock()


@pytest.mark.parametrize(
    ("filters", "count", "read"),
    [
        (Filters(statuses=ACTIVE, waiting=True), 2, "entry_waiting"),
        (Filters(statuses=ACTIVE, escalated=True), 1, "entry_raised"),
        (QUEUES[Queue.NEEDS_REPLY], 4, "entry_needs_reply"),
    ],
    ids=["waiting", "escalated", "needs reply"],
)
def test_of_all_that_are_open_the_few_are_read(desk, open_tickets, filters, count, read):
    plan = sqlite_plan(lambda: hits(filters))

    assert len(hits(filters)) == count
    assert read in plan
    assert "TEMP B-TREE" not in plan


def test_a_list_begins_with_the_rarest_of_its_values(desk, open_tickets):
    """A customer has few of the open tickets."""
    one = Filters(statuses=frozenset([Status.OPEN]), customer_id="customer 7", sort=Sort.CREATED)
    assert len(hits(one)) == 5
    assert "entry_customer" in sqlite_plan(lambda: hits(one))


SERVED = [
    (QUEUES[Queue.MINE], 1),
    (QUEUES[Queue.UNASSIGNED], 1),
    (QUEUES[Queue.TEAMS], 1),
    (QUEUES[Queue.ACTIVE], 2),
    (QUEUES[Queue.OVERDUE], 2),
    (QUEUES[Queue.RESOLVED], 1),
    (QUEUES[Queue.CLOSED], 1),
    (Filters(overdue=True), 2),
]


def test_what_an_index_serves_costs_a_query_for_each_status(desk, subtests):
    team("Shipping", desk.rep_user)

    for filters, queries in SERVED:
        with subtests.test(f"{filters}"):
            with capacity.counting() as usage:
                find(filters, by=desk.rep, now=NOON)

            assert usage.operations == ["Query"] * queries


def test_a_page_costs_what_it_shows_however_many_tickets_there_are(desk):
    money = team("Money", desk.rep_user)
    lists = [*(filters for filters, _queries in SERVED), Filters(priorities=frozenset({"Low"}))]
    lists += [
        Filters(customer_id=desk.customer.customer_id, sort=Sort.CREATED),
        Filters(vehicle_id=desk.vehicle.vehicle_id, sort=Sort.CREATED),
        Filters(sort=Sort.UPDATED),
    ]

    def fill(count):
        for number in range(count):
            step = number % 5
            ticket = desk.ticket(
                now=after(days=-30),
                vehicle_id=desk.vehicle.vehicle_id,
                priority="Low",
                assigned_to=desk.rep.user_id if step == 1 else None,
            )
            if step == 2:
                assign_team(ticket.ticket_id, team_id=str(money.pk), by=desk.rep, now=NOON)
            if step > 2:
                to = "Resolved" if step == 3 else "Closed"
                change_status(ticket.ticket_id, to=to, by=desk.rep, now=NOON)
        settle()

    def costs():
        found = []
        for filters in lists:
            with capacity.counting() as usage:
                page = find(filters, by=desk.rep, now=NOON, limit=5)
            assert len(page.tickets) == 5, filters
            found.append((usage.requests, usage.capacity))
        return found

    fill(25)
    few = costs()
    fill(50)
    for filters, (requests, units), (more_requests, more_units) in zip(
        lists, few, costs(), strict=True
    ):
        assert more_requests == requests, filters
        # Half a unit is the least that is counted: longer numbers may fill the next one.
        assert more_units <= 1.2 * units + 0.5, filters


def test_a_customers_and_a_vehicles_tickets_are_one_query(desk):
    number = desk.ticket(vehicle_id=desk.vehicle.vehicle_id).ticket_id
    for filters in (
        Filters(customer_id=desk.customer.customer_id, sort=Sort.CREATED),
        Filters(vehicle_id=desk.vehicle.vehicle_id, sort=Sort.CREATED),
    ):
        with capacity.counting() as usage:
            assert ids(find(filters, by=desk.rep, now=NOON)) == [number]
        assert usage.operations == ["Query"]
