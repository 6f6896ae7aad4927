"""Up to when figures are complete."""

from datetime import timedelta

import pytest

from customers.services.changes import changed_customers
from customers.services.create import edit_customer
from helpdesk.clock import this_second
from reporting.services import facts, report, rollups, simulation, weekly
from reporting.services.completeness import complete_until
from reporting.services.query import GroupBy, ReportQuery
from tests.death import at_call, dies_of_9
from tests.figures import ALL, ZONES, rolled, total
from tests.world import NOON, after, waiting_events
from tickets.models import Policy
from tickets.services.customer_records import follow
from tickets.services.delivery import outbox
from tickets.services.lifecycle import links_and_merges


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
    assert report.sla_report(ReportQuery(ALL), now={})["completeUntil"] == after(hours=1), (
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


@pytest.mark.django_db(transaction=True)
def test_figures_are_not_complete_while_a_rebuilding_runs_or_has_died(desk):
    desk.ticket()
    rolled()

    def dies_before_the_facts():
        at_call(facts, "update_facts")
        rollups.rebuild()

    begun = this_second()
    assert dies_of_9(dies_before_the_facts)
    assert total()[0] == 1, "the last figures are still read"
    assert complete_until() >= begun

    rollups.rebuild()
    assert total()[0] == 1
    assert complete_until() is None or complete_until() >= begun


def test_the_weekly_mail_says_what_it_lacks(desk):
    at = NOON - timedelta(days=5)
    kept, twin = desk.ticket(now=at), desk.ticket(now=at)
    links_and_merges.merge(twin.ticket_id, into=kept.ticket_id, by=desk.rep, now=at)
    rolled()
    desk.ticket(now=NOON)
    desk.supervisor_user.weekly_report = True
    desk.supervisor_user.email = "boss@example.com"
    desk.supervisor_user.save()
    week = weekly._week(NOON.date() - timedelta(days=NOON.weekday()))
    about = {"week": week.start.isoformat(), "userId": desk.supervisor.user_id}

    early = weekly._compose([about]).body
    assert "These figures are complete up to" in early
    assert "1 ticket that was merged into another is left out." in early
    rolled()
    assert "complete up to" not in weekly._compose([about]).body


def test_a_simulation_leaves_merged_duplicates_out(desk):
    """One counted as met on both clocks: nobody replied to it, nobody resolved it."""
    kept, twin = desk.ticket(now=NOON), desk.ticket(now=NOON)
    links_and_merges.merge(twin.ticket_id, into=kept.ticket_id, by=desk.rep, now=after(hours=1))
    rolled()
    policy = Policy.objects.get(is_default=True)
    asked = simulation.start(
        policy.pk,
        calendar_id=policy.calendar_id,
        targets={field: getattr(policy, field) for field in simulation.fields()},
        by=desk.supervisor,
        today=NOON.date() + timedelta(days=2),
    )
    while not simulation.step(asked.pk).finished_at:
        pass
    asked.refresh_from_db()
    assert asked.tallies == {}
