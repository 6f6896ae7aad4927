"""Figures are right: against another computation, in any order, however often, after any crash."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache

from customers.services.create import edit_customer
from helpdesk.dynamo import capacity
from helpdesk.errors import Invalid, NotAllowed
from reporting import tasks
from reporting.domain.days import Range
from reporting.services import facts, report, rollups
from reporting.services.query import GroupBy, ReportQuery, parse_query
from reporting.store import queries as table
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


def roll_up_all():
    while rollups.roll_up():
        pass


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
    written = table.facts_of_tickets([first, second, third])
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
    figures = report.report(ReportQuery(ALL)).figures
    assert sum(row[0] for row in figures.segments.values()) == 3
    assert {name for _priority, name in figures.teams} == {"", str(money.pk)}
    assert figures.rules["manual", "1"] == 1
    assert sum(figures.rules.values()) == total()[4]


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
def test_a_worker_that_is_killed_anywhere_changes_nothing(desk):
    busy(desk)
    events = waiting_events()
    facts.handle_events(events)
    roll_up_all()
    whole = everything()
    table.clear()
    assert everything() == {}

    taking = die_until_done(lambda: facts.handle_events(events))
    rolling = die_until_done(roll_up_all, stride=3)

    assert taking > 1
    assert rolling > 2
    assert everything() == whole


def test_rebuilding_gives_the_same(desk, zones):
    busy(desk)
    edit_customer(desk.customer.customer_id, segment="VIP", by=desk.rep)
    follow.sync_changed_customers()
    rolled()
    built = everything()
    assert any("America/New_York" in key[0] for key in built)

    assert rollups.rebuild() == 3

    assert everything() == built


def test_a_change_of_segment_is_followed(desk):
    desk.ticket()
    rolled()
    edit_customer(desk.customer.customer_id, segment="VIP", by=desk.rep)
    follow.sync_changed_customers()
    rolled()

    segments = report.report(ReportQuery(ALL)).figures.segments
    assert {name: row[0] for (_priority, name), row in segments.items() if row[0]} == {"VIP": 1}


@pytest.mark.parametrize("at", range(8))
def test_whoever_holds_older_facts_does_not_win_in_any_zone(desk, zones, monkeypatch, at):
    """Facts of a day of UTC are read once for all zones: overtaken before each of the writes."""
    desk.ticket()
    settle()
    write, written = table.write_rollups, []

    def overtaken(*given, **more):
        written.append(given)
        if len(written) == at + 1:
            monkeypatch.setattr(rollups.queries, "write_rollups", write)
            desk.ticket(priority="High")
            settle()
            rollups.roll_up()
        write(*given, **more)

    monkeypatch.setattr(rollups.queries, "write_rollups", overtaken)
    rolled()

    assert len(written) == at + 1, "nobody was overtaken"
    for zone in ("UTC", "America/New_York", "Pacific/Apia"):
        assert total(zone=zone)[0] == 2, zone


def test_the_facts_of_a_day_are_read_once_for_all_zones(desk, zones, monkeypatch):
    desk.ticket()
    settle()
    read, asked = table.facts_of_day, []
    monkeypatch.setattr(rollups.queries, "facts_of_day", lambda day: asked.append(day) or read(day))
    rollups.roll_up()

    assert len(asked) == len(set(asked)) == 3, "the day, and the ones beside it"


def test_one_rolls_up_at_a_time_and_rests(desk, monkeypatch):
    busy(desk)
    settle()
    clock = iter([100.0, 100.2, 200.0, 202.0])
    asked = []
    monkeypatch.setattr(tasks, "monotonic", lambda: next(clock))
    monkeypatch.setattr(tasks.facts, "wake_worker", lambda: asked.append(True))

    cache.add(tasks.ROLLING, True, 60)
    assert tasks.roll_up() == 0
    assert asked == [True], "somebody else is at it: later"
    cache.delete(tasks.ROLLING)
    assert tasks.roll_up() > 0
    assert cache.get(tasks.ROLLING) is None, "what was quick needs no rest"
    assert tasks.roll_up() == 0
    assert cache.get(tasks.ROLLING), "after two seconds there is one"
    assert total()[0] > 0


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


def test_days_are_days_of_their_zone(desk, zones):
    late = datetime(2026, 11, 3, 3, 30, tzinfo=UTC)  # the evening before in New York
    desk.ticket(now=late)
    rolled()

    for zone in ("UTC", "America/New_York", "Pacific/Apia"):
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
        ({"tz": "Europe/Paris"}, "tz"),
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


def test_a_year_is_read_from_rollups_alone_at_one_price(desk):
    """The price is that of the months, whatever they count."""
    prices = []
    for times in (1, 100):  # 10,080 and 1,008,000 in a year
        tickets = 840 * times
        table.clear()
        report_year(840, times)
        asked = ReportQuery(Range(date(2025, 1, 1), date(2026, 1, 1)))
        with capacity.counting() as used:
            found = report.report(asked)
            report.by_day(asked)
        assert found.row[0] == tickets * 12
        assert found.stats()[0].count == tickets * 12
        prices.append((used.requests, used.capacity))
    assert prices[0] == prices[1]
    assert prices[0][0] == 4  # one more than without forty people: a query's page is a megabyte


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
    assert [stat.count for stat in report.report(ReportQuery(ALL)).stats()] == [0, 0]
    assert [stat.count for stat in report.report(with_it).stats()] == [1, 1]
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
