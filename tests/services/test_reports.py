"""Figures are right: against another computation, in any order, however often, after any crash."""

import random
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache

from customers.services.create import edit_customer
from helpdesk import request_cache
from helpdesk.dynamo import capacity
from helpdesk.errors import Invalid, NotAllowed
from reporting import tasks
from reporting.domain.days import Range
from reporting.domain.rows import BY_MAKE, BY_SEGMENT, BY_TEAM
from reporting.services import facts, report, rollups
from reporting.services.query import GroupBy, ReportQuery, parse_query
from reporting.store import queries as table
from reporting.store import rows
from tests.bench.population import report_year
from tests.death import die_until_done
from tests.figures import ALL, ZONES, busy, everything, rolled, total
from tests.world import NOON, after, settle, team, waiting_events
from tickets.services.assignment.assign import assign, assign_team
from tickets.services.customer_records import follow
from tickets.services.lifecycle import links_and_merges
from tickets.services.lifecycle.status import change_status, wait
from tickets.services.lists.counts import now_counts, snapshot

EACH = ["created", "resolved", "closed", "reopened", "escalated"]


roll_up = rollups.roll_up


def roll_up_all():
    while rollups.roll_up():
        pass


@pytest.fixture
def one_page():
    """What pages have: the same is read once."""

    @contextmanager
    def page():
        token = request_cache._answers.set({})
        try:
            yield
        finally:
            request_cache._answers.reset(token)

    return page


@pytest.fixture
def zones(settings):
    settings.REPORT_TIME_ZONES = ZONES


def test_what_happens_is_counted(desk):
    first, second, third = busy(desk)
    rolled()
    found = report.analytics(ReportQuery(ALL), GroupBy.PRIORITY)
    by_priority = {group["key"]: group for group in found["groups"]}

    assert [found["totals"][name] for name in EACH[:4]] == [3, 3, 2, 1]
    assert [by_priority["Critical"][name] for name in EACH[:4]] == [1, 2, 1, 1]
    assert by_priority["Low"]["created"] == 0  # it counts as it is now
    assert by_priority["High"]["created"] == 1
    assert found["totals"]["resolutionRate"] == 1
    found = report.sla_report(ReportQuery(ALL), now={})
    assert found["response"]["count"] == 2
    assert found["resolution"]["count"] == 2
    assert found["byPriority"]["Critical"]["response"]["averageSeconds"] == 3600
    # 30 h, then 9 h: the hour between does not count. Medium waited from its second hour on.
    assert found["byPriority"]["Critical"]["resolution"]["averageSeconds"] == 39 * 3600
    assert found["byPriority"]["Critical"]["resolution"]["attainment"] == 0
    assert found["byPriority"]["Medium"]["resolution"]["averageSeconds"] == 2 * 3600
    assert found["byPriority"]["Low"]["response"] == {
        "count": 0,
        "met": 0,
        "breached": 0,
        "attainment": None,
        "averageSeconds": None,
        "medianSeconds": None,
        "p90Seconds": None,
    }
    written = table.facts_of_tickets(1, [first, second, third])
    assert sorted(written) == sorted([first, second, third])


def test_a_reopened_ticket_takes_its_resolution_back(desk):
    ticket = desk.ticket()
    change_status(ticket.ticket_id, to="Resolved", by=desk.rep, now=after(hours=1))
    rolled()
    assert report.report(ReportQuery(ALL)).stats()[1].count == 1

    change_status(ticket.ticket_id, to="In Progress", by=desk.rep, now=after(days=2))
    rolled()

    assert report.report(ReportQuery(ALL)).stats()[1].count == 0
    assert total()[:4] == [1, 1, 0, 1]


def test_filters_and_dimensions_add_up(desk):
    money = team("Money", desk.rep_user)
    first, _second, _third = busy(desk)
    assign(first, to=desk.rep.user_id, by=desk.rep, now=after(days=40))
    assign_team(first, team_id=str(money.pk), by=desk.rep, now=after(days=40))
    rolled()

    mine = ReportQuery(ALL, assignee=desk.rep2.user_id)
    assert total(mine)[0] == 1
    assert report.report(mine).stats()[1].median == pytest.approx(7200, rel=0.01)
    assert total(priorities=frozenset(["High", "Low"]))[0] == 1
    assert total(categories=frozenset(["Customs"]))[:4] == [1, 2, 1, 1]
    for group_by in GroupBy:
        found = report.analytics(ReportQuery(ALL), group_by)
        for name in EACH:
            assert sum(group[name] for group in found["groups"]) == found["totals"][name]
        assert [found["totals"][name] for name in EACH] == total()[:5]
    found = report.report(ReportQuery(ALL))
    for dimension in (BY_SEGMENT, BY_TEAM, BY_MAKE):
        assert sum(row[0] for row in found.by_dimension(dimension).values()) == 3
    assert {name for name, row in found.by_dimension(BY_TEAM).items() if any(row)} == {
        "",
        str(money.pk),
    }
    assert found.rules["manual", "1"] == 1
    assert sum(found.rules.values()) == total()[4]


def test_events_three_times_in_any_order_change_nothing(desk):
    busy(desk)
    events = waiting_events()
    rolled()
    once = everything()

    thrice = events * 3
    random.Random(7).shuffle(thrice)
    for event in thrice:
        facts.handle_events([event])
        if random.Random(event.event_id).random() < 0.2:
            rollups.roll_up()
    rolled()

    assert everything() == once


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_anywhere_changes_nothing(desk, monkeypatch):
    monkeypatch.setattr(rows, "WRITTEN", 20)
    busy(desk)
    events = waiting_events()
    facts.handle_events(events)
    roll_up_all()
    whole = everything()
    table.delete_others(2)
    assert everything() == {}

    taking = die_until_done(lambda: facts.handle_events(events))
    rolling = die_until_done(roll_up_all, stride=3)

    assert taking > 1
    assert rolling > 4
    assert everything() == whole


def test_rebuilding_gives_the_same(desk, zones):
    busy(desk)
    edit_customer(desk.customer.customer_id, segment="VIP", by=desk.rep)
    follow.sync_changed_customers()
    rolled()
    built = everything()

    assert rollups.rebuild() == 3

    assert everything() == built


def test_a_change_of_segment_is_followed(desk):
    desk.ticket()
    rolled()
    edit_customer(desk.customer.customer_id, segment="VIP", by=desk.rep)
    follow.sync_changed_customers()
    rolled()

    segments = report.report(ReportQuery(ALL)).by_dimension(BY_SEGMENT)
    assert {name: row[0] for name, row in segments.items() if row[0]} == {"VIP": 1}


@pytest.mark.parametrize("at", range(4))
def test_of_two_who_count_the_same_batch_each_row_takes_it_once(desk, monkeypatch, at):
    """Overtaken before each of the transactions, by one who ends the batch and counts another."""
    monkeypatch.setattr(rows, "WRITTEN", 5)
    desk.ticket()
    settle()
    write, written = rows._write, []

    def overtaken(*given):
        written.append(given)
        if len(written) == at + 1:
            monkeypatch.setattr(rows, "_write", write)
            assert rollups.roll_up() == 1
            desk.ticket(priority="High")
            rolled()
        write(*given)

    monkeypatch.setattr(rows, "_write", overtaken)
    rolled()

    assert len(written) > at, "nobody was overtaken"
    built = everything()
    rollups.rebuild()
    assert everything() == built
    for zone in ZONES:
        assert total(zone=zone)[0] == 2, zone


def test_one_rolls_up_at_a_time_and_lets_others_go_first(desk, monkeypatch):
    busy(desk)
    settle()
    asked = []
    monkeypatch.setattr(tasks.facts, "wake_worker", lambda: asked.append(True))

    cache.add(tasks.ROLLING, True, 60)
    assert tasks.roll_up() == 0
    assert asked == [True], "somebody else is at it: later"
    cache.delete(tasks.ROLLING)

    monkeypatch.setattr(rollups, "CHANGES", 1)
    monkeypatch.setattr(tasks.rollups, "roll_up", lambda: roll_up(limit=1))
    clock = iter([0.0, 1.0, 2.0, 100.0])
    monkeypatch.setattr(tasks, "monotonic", lambda: next(clock))
    assert tasks.roll_up() == 2
    assert asked == [True, True], "its time is over, and there is more"
    assert tasks.cache.get(tasks.ROLLING) is None
    monkeypatch.undo()
    assert tasks.roll_up() == 1
    assert total()[0] == 3


def test_whoever_fails_to_roll_up_lets_the_next_one_try(monkeypatch):
    def fails():
        raise LookupError

    monkeypatch.setattr(tasks.rollups, "roll_up", fails)
    with pytest.raises(LookupError):
        tasks.roll_up()
    assert cache.get(tasks.ROLLING) is None


def test_a_consumer_that_read_an_older_ticket_does_not_win(desk, monkeypatch):
    ticket = desk.ticket()
    read, raced = facts.get_tickets, []

    def overtaken(ids):
        old = read(ids)
        if not raced:
            raced.append(True)
            change_status(ticket.ticket_id, to="Resolved", by=desk.rep, now=after(hours=1))
            facts.update_facts([ticket.ticket_id])
        return old

    monkeypatch.setattr(facts, "get_tickets", overtaken)
    facts.update_facts([ticket.ticket_id])
    while rollups.roll_up():
        pass

    assert total()[:2] == [1, 1]


def test_days_are_days_of_their_zone(desk):
    late = datetime(2026, 11, 3, 3, 30, tzinfo=UTC)  # the evening before in New York
    desk.ticket(now=late)
    rolled()

    for zone in (*ZONES, "Asia/Kathmandu", "Australia/Lord_Howe"):
        found = report.analytics(ReportQuery(ALL, zone), GroupBy.DAY)
        [day] = [group["key"] for group in found["groups"] if group["created"]]
        assert day == str(late.astimezone(ZoneInfo(zone)).date())


def test_what_makes_no_sense_is_refused_and_said(desk):
    def asked(by=desk.supervisor, **given):
        given = {name.rstrip("_"): [value] for name, value in given.items()}
        return parse_query(given, by=by, today=NOON.date())

    for given, field in (
        ({"from_": "2026-11-02", "to": "2026-11-02"}, "to"),
        ({"from_": "2026-11-03", "to": "2026-11-02"}, "to"),
        ({"from_": "yesterday"}, "from"),
        ({"to": "2026-02-30"}, "to"),
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"from_": "1991-01-01", "to": "2199-01-01"}, "from"),
        ({"priority": "Urgent"}, "priority"),
        ({"category": "Nope"}, "category"),
    ):
        with pytest.raises(Invalid) as refused:
            asked(**given)
        assert list(refused.value.errors) == [field]
    assert asked().range == Range(NOON.date() - timedelta(days=29), NOON.date() + timedelta(days=1))
    ten_years = asked(from_="2016-01-01", to="2026-01-01")
    assert report.sla_report(ten_years, now={})["response"]["count"] == 0
    assert len(report.analytics(ten_years, GroupBy.MONTH)["groups"]) == 120


def test_representatives_see_their_own(desk):
    busy(desk)
    rolled()
    own = parse_query({}, by=desk.rep2, today=after(days=5).date())
    assert own.assignee == desk.rep2.user_id
    with pytest.raises(NotAllowed):
        parse_query({"assignedTo": [desk.rep.user_id]}, by=desk.rep2, today=NOON.date())
    with pytest.raises(NotAllowed):
        parse_query({}, by=desk.outsider, today=NOON.date())
    assert parse_query({"assignedTo": ["me"]}, by=desk.rep2, today=NOON.date()).assignee
    nobodys = parse_query({"assignedTo": ["none"]}, by=desk.supervisor, today=NOON.date())
    assert nobodys.assignee == ""


def test_a_year_is_read_from_rollups_alone_at_one_price(desk, settings, one_page):
    """The price is that of the months, whatever they count."""
    settings.REPORT_TIME_ZONES = ["UTC"]
    zones = {"UTC": 4, "Europe/Berlin": 9, "Asia/Kathmandu": 14, "America/Los_Angeles": 14}
    prices = []
    for times in (24, 2_400):  # 10,080 and 1,008,000 in a year
        table.delete_others(0)
        report_year(35, times)
        for zone in zones:
            asked = ReportQuery(Range(date(2025, 1, 1), date(2026, 1, 1)), zone)
            with one_page(), capacity.counting() as used:
                found = report.report(asked)
                assert found.row[0] == 35 * times * 12
                assert found.stats()[0].count == 35 * times * 12
                report.by_day(asked)
            prices.append((used.requests, used.capacity))
    few, many = prices[: len(zones)], prices[len(zones) :]
    assert few == many
    assert [requests for requests, _units in few] == [*zones.values()]


def test_the_snapshot_says_how_the_desk_stands(desk):
    desk.ticket(priority="High")  # due at 16:00, at risk from 15:00
    desk.ticket(assigned_to=desk.rep.user_id)  # due at 20:00
    wait(desk.ticket(priority="Low").ticket_id, by=desk.rep, now=NOON)
    settle()

    found = now_counts(by=desk.supervisor, now=after(hours=3, minutes=30))
    assert found == {"active": 3, "atRisk": 1, "overdue": 0, "waiting": 1, "unassigned": 2}
    assert now_counts(assignee=desk.rep.user_id, by=desk.rep, now=NOON)["active"] == 1
    assert now_counts(assignee="", by=desk.rep, now=NOON)["active"] == 2
    late = snapshot(by=desk.rep, now=after(hours=3, minutes=30))
    assert late.all.at_risk == 1
    assert late.by_priority["High"].active == 1
    assert [ticket.priority for ticket in late.due] == ["High"]


# The whole of a help desk's history, counted by another computation that reads the file alone.


def test_a_merged_ticket_counts_only_when_asked_for_and_again_when_the_merge_is_undone(desk):
    kept = desk.ticket()
    twin = desk.ticket(now=after(days=1), priority="High")
    rolled()
    assert total()[0] == 2

    links_and_merges.merge(twin.ticket_id, into=kept.ticket_id, by=desk.rep, now=after(days=2))
    rolled()

    with_it = ReportQuery(ALL, include_merged=True)
    for group_by in GroupBy:
        found = report.analytics(ReportQuery(ALL), group_by)
        assert [found["totals"][name] for name in EACH[:4]] == [1, 0, 0, 0], group_by
        assert found["mergedTickets"] == 1, "one that was created in the range is left out"
        found = report.analytics(with_it, group_by)
        assert [found["totals"][name] for name in EACH[:4]] == [2, 1, 1, 0], group_by
        assert found["mergedTickets"] == 0
    assert [stat.count for stat in report.report(ReportQuery(ALL)).stats()] == [0, 0, 0]
    assert [stat.count for stat in report.report(with_it).stats()] == [1, 1, 0]
    month = ReportQuery(Range(date(2026, 11, 3), date(2026, 11, 4)))
    assert report.merged_tickets(month) == 1
    assert report.merged_tickets(ReportQuery(ALL, priorities=frozenset(["Medium"]))) == 0

    built = everything()
    rollups.rebuild()
    assert everything() == built

    links_and_merges.undo_merge(twin.ticket_id, by=desk.rep, now=after(days=3))
    # Whichever event tells of it: the ticket is read anew.
    facts.update_facts([twin.ticket_id])
    rolled()
    assert total()[0] == total(with_it)[0] == 2
    assert report.merged_tickets(ReportQuery(ALL)) == 0


def test_with_merged_tickets_costs_at_most_twice_as_much(desk):
    kept, twin = desk.ticket(), desk.ticket()
    links_and_merges.merge(twin.ticket_id, into=kept.ticket_id, by=desk.rep, now=after(days=2))
    rolled()
    with capacity.counting() as without:
        report.report(ReportQuery(ALL))
    with capacity.counting() as merged:
        report.report(ReportQuery(ALL, include_merged=True))
    assert merged.requests <= 2 * without.requests
