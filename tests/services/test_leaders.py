"""The customers and tags with most tickets, and the report of one."""

from dataclasses import replace
from datetime import date

import pytest

from customers.services.create import create_customer
from helpdesk.errors import Invalid, NotAllowed
from reporting.domain.days import Range
from reporting.services import drill_down, leaders, report, rollups, tables
from reporting.services.query import ReportQuery, parse_query
from reporting.services.tables import Dimension
from reporting.store.items import TicketFacts
from tests.figures import ALL, everything, rolled, total
from tests.world import NOON, after
from tickets.domain.ticket import Channel
from tickets.services.conversation.communicate import respond
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.links_and_merges import merge
from tickets.services.lifecycle.status import change_status

NOVEMBER = Range(date(2026, 11, 1), date(2026, 12, 1))


@pytest.fixture
def world(desk):
    """Customers of 4, 3 and 2 tickets in November and 1, 1 and 3 in December; tags a and b."""
    people = [
        create_customer(name=word, email=f"{word}@x.example", by=desk.rep, now=NOON).customer_id
        for word in ("ada", "ben", "cid")
    ]
    numbers = {}
    for person, november, december in zip(people, (4, 3, 2), (1, 1, 3), strict=True):
        for days, count in ((1, november), (35, december)):
            for number in range(count):
                ticket = desk.ticket(
                    customer_id=person,
                    tags=["a"] if number % 2 else ["a", "b"],
                    priority="High" if number else "Low",
                    channel=Channel.EMAIL,
                    now=after(days=days, hours=number),
                )
                numbers.setdefault(person, []).append(ticket.ticket_id)
    first = numbers[people[0]][0]
    respond(first, content="x", by=desk.rep, now=after(days=1, hours=5))
    change_status(first, to="Resolved", by=desk.rep, now=after(days=1, hours=6))
    rolled()
    return people, numbers


def ranking(asked, dimension=Dimension.CUSTOMER):
    return [(row.key, row.figures["created"]) for row in tables.table(asked, dimension)]


def test_those_with_most_tickets_have_exact_figures_of_their_own(desk, world):
    (ada, ben, cid), numbers = world
    whole = ReportQuery(ALL)
    assert ranking(whole) == sorted([(ada, 5), (cid, 5), (ben, 4)], key=lambda one: (-one[1], one))
    assert ranking(ReportQuery(NOVEMBER)) == [(ada, 4), (ben, 3), (cid, 2)]
    assert ranking(replace(whole, priorities=frozenset({"Low"}))) == sorted(
        (person, 2) for person in (ada, ben, cid)
    )
    assert ranking(whole, Dimension.TAG) == [("a", 14), ("b", 9)]
    assert ranking(ReportQuery(Range(date(2026, 11, 1), date(2026, 11, 4)), "Asia/Tokyo")) == [
        (ada, 3),
        (ben, 3),
        (cid, 2),
    ]

    of_ada = tables.totals(replace(whole, customer=ada))
    assert (of_ada["created"], of_ada["resolved"], of_ada["backlog"]) == (5, 1, 4)
    assert (of_ada["one-touch"], of_ada["response-median"]) == (1, pytest.approx(18_000, rel=0.01))
    assert [
        (row.key, row.figures["created"])
        for row in tables.table(replace(whole, customer=ada), Dimension.PRIORITY)
    ] == [("High", 3), ("Low", 2)]
    assert report.backlog(
        replace(whole, customer=ada),
        report.GroupBy.MONTH,
        by=desk.supervisor,
        today=date(2026, 11, 30),
    ) == [0, 3, None]
    behind = drill_down.drill_down(replace(whole, customer=ada), "created")
    assert {row.ticket.ticket_id for row in behind.rows} == {*numbers[ada]}
    behind = drill_down.drill_down(replace(whole, tag="b"), "created")
    assert (len(behind.rows), behind.total) == (9, 9)

    # What changes of a ticket changes the ranking: its tags, and that it was merged.
    for number in numbers[ben][:2]:
        edit(number, tags=["c"], by=desk.rep, now=after(days=50))
        merge(number, into=numbers[ben][2], by=desk.rep, now=after(days=51))
    rolled()
    assert ranking(whole)[-1] == (ben, 2)
    assert ranking(whole, Dimension.TAG) == [("a", 12), ("b", 8), ("c", 1)]
    built = everything()
    rollups.rebuild()
    assert everything() == built


def test_who_led_no_month_is_left_out_and_who_led_one_is_exact(desk, world, monkeypatch):
    """What is approximate: the second of each month together would be the first."""
    (ada, _ben, cid), _numbers = world
    monkeypatch.setattr(leaders, "MOST", 1)
    rollups.rebuild()
    assert {*ranking(ReportQuery(ALL))} == {(ada, 5), (cid, 5)}, "ben has 4, and led no month"
    assert ranking(ReportQuery(NOVEMBER)) == [(ada, 4)]


def test_a_tag_that_is_taken_away_is_nowhere_in_the_figures(desk):
    """Tags are what people wrote: an erasure takes them away."""
    number = desk.ticket(tags=["mrs rossi"]).ticket_id
    rolled()
    assert ranking(ReportQuery(ALL), Dimension.TAG) == [("mrs rossi", 1)]
    edit(number, tags=[], by=desk.rep, now=after(hours=1))
    rolled()
    answer = TicketFacts._get_connection().scan()
    assert len(answer["Items"]) > 20
    assert "rossi" not in repr(answer["Items"])
    assert ranking(ReportQuery(ALL), Dimension.TAG) == []


def test_a_report_is_of_one_person_customer_or_tag_and_of_others_for_supervisors(desk):
    with pytest.raises(Invalid):
        ReportQuery(ALL, assignee="3", customer="x")
    assert tables.table(ReportQuery(ALL, customer="x"), Dimension.TAG) == []
    assert not any(total(ReportQuery(ALL, customer="nobody")))
    asked = parse_query({"tag": ["Broker"]}, by=desk.supervisor, today=NOON.date())
    assert asked.tag == "broker"
    for given in ({"customer": ["x"]}, {"tag": ["x"]}):
        with pytest.raises(NotAllowed):
            parse_query(given, by=desk.rep, today=NOON.date())
