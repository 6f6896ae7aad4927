"""Up to when figures are complete."""

from datetime import UTC, date, datetime

import pytest

from customers.services.changes import changed_customers
from customers.services.create import edit_customer
from reporting.domain.days import Range
from reporting.services import facts, report, rollups
from reporting.services.completeness import complete_until
from reporting.services.query import GroupBy, ReportQuery
from tests.bench.population import report_year
from tests.figures import ALL, ZONES, rolled, total
from tests.world import after, waiting_events
from tickets.services.customer_records import follow
from tickets.services.delivery import outbox


@pytest.fixture
def zones(settings):
    settings.REPORT_TIME_ZONES = ZONES


def test_reports_say_up_to_when_their_figures_are_complete(desk):
    rolled()
    while follow.sync_changed_customers():
        pass
    for found in changed_customers(limit=10):
        follow.forget_changed(found)
    assert report.sla_report(ReportQuery(ALL), now={})["completeUntil"] is None

    ticket = desk.ticket(now=after(hours=1))
    assert report.analytics(ReportQuery(ALL), GroupBy.DAY)["completeUntil"] == after(hours=1)

    facts.handle_events(waiting_events())  # and its worker dies here
    outbox.dispatch()
    day = datetime(2026, 11, 2, tzinfo=UTC)
    assert report.sla_report(ReportQuery(ALL), now={})["completeUntil"] == day, (
        "it is not rolled up"
    )

    rolled()
    assert report.sla_report(ReportQuery(ALL), now={})["completeUntil"] is None
    edit_customer(desk.customer.customer_id, segment="VIP", by=desk.rep)
    assert complete_until(), "the segment has yet to follow"
    follow.sync_changed_customers()
    rolled()
    assert complete_until() is None
    assert ticket.ticket_id


def test_figures_are_not_complete_while_a_rebuilding_runs_or_has_died(desk, monkeypatch):
    desk.ticket()
    rolled()
    follow = facts.update_facts

    def dies(ids):
        raise KeyboardInterrupt

    monkeypatch.setattr(facts, "update_facts", dies)
    with pytest.raises(KeyboardInterrupt):
        rollups.rebuild()
    monkeypatch.setattr(facts, "update_facts", follow)
    assert total()[0] == 0
    assert complete_until() == datetime(1990, 1, 1, tzinfo=UTC)

    rollups.rebuild()
    assert total()[0] == 1
    assert complete_until() is None or complete_until() > datetime(1990, 1, 1, tzinfo=UTC)


def test_rollups_that_hold_no_durations_of_single_people_give_a_report_of_one(desk):
    report_year(100, 1)
    found = report.report(ReportQuery(Range(date(2025, 1, 1), date(2026, 1, 1)), assignee="3"))
    first, _second = found.stats()
    assert first.count
    assert first.median is None, "an average is known, a median is not"
