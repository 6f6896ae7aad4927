"""A ticket has a segment of its own; the policy that it gets follows from that."""

import pytest

from customers.services.create import edit_customer
from tests.world import after, settle, stored
from tickets.models import Calendar, EscalationRule, Policy, Recalculation
from tickets.services.lifecycle.edit import edit
from tickets.services.maintenance.verify import verify
from tickets.services.sla import segments
from tickets.services.sla.configure import save_calendar, save_policy
from tickets.services.sla.recalculation import (
    recalculate_customer,
    recalculate_page,
    start_recalculation,
)
from tickets.services.sla.rules import save_rule
from tickets.services.sla.segments import store_segments


def finish(started):
    for _ in range(20):
        if recalculate_page(started.pk):
            return
    raise AssertionError("the round did not end")


@pytest.fixture
def vip(desk):
    calendar = Calendar(name="Office", time_zone="Europe/Rome")
    save_calendar(calendar)
    policy = Policy(name="VIP", slug="vip", calendar=calendar, segments=["VIP"], order=1)
    save_policy(policy)
    return policy


def be_vip(desk):
    edit_customer(desk.customer.customer_id, segment="VIP", by=desk.rep)


def test_saving_a_rule_moves_no_ticket_to_another_policy(desk, vip):
    number = desk.ticket().ticket_id
    be_vip(desk)

    rule = EscalationRule.objects.get(key="response-breached")
    rule.level = 2
    finish(save_rule(rule, also_past=False, reason="test", now=after(hours=1)))

    assert stored(number).policy_id == "default-1"


def test_a_round_over_policies_goes_by_the_segment_that_the_ticket_has(desk, vip):
    number = desk.ticket().ticket_id
    be_vip(desk)

    finish(start_recalculation("test"))
    edit(number, category="Customs", by=desk.rep)

    assert stored(number).policy_id == "default-1"
    assert stored(number).segment == "Individual"
    assert desk.ticket().policy_id == "vip-1", "new tickets have the new one"


def test_the_customers_open_tickets_follow_when_somebody_asks_for_it(desk, vip):
    number = desk.ticket().ticket_id
    be_vip(desk)

    finish(recalculate_customer(desk.customer.customer_id, by=desk.rep))

    assert (stored(number).segment, stored(number).policy_id) == ("VIP", "vip-1")


def test_the_customers_form_offers_it(desk, rep_client, vip):
    desk.ticket()
    customer = desk.customer.customer_id
    form = {"name": "Giulia Bianchi", "email": "giulia@posta.example", "segment": "VIP"}

    page = rep_client.post(f"/customers/{customer}/edit/", form, follow=True).content.decode()
    assert "Recalculate open tickets" in page
    assert not Recalculation.objects.exists()

    rep_client.post(f"/customers/{customer}/recalculate/")
    assert Recalculation.objects.get().customer_id == customer


def opened_before(desk):
    """A ticket as a release has stored it that knew of no segments of tickets."""
    number = desk.ticket().ticket_id
    old = stored(number)
    old.segment = None
    old.save()
    return number


@pytest.mark.parametrize("changed", [False, True])
def test_a_ticket_of_an_earlier_release_keeps_the_policy_it_runs_under(desk, vip, changed):
    number = opened_before(desk)
    if changed:
        be_vip(desk)

    assert store_segments() == 1
    assert store_segments() == 0
    finish(start_recalculation("test"))

    assert stored(number).policy_id == "default-1"
    assert stored(number).segment == "Individual"


@pytest.mark.parametrize("upgraded", [True, False])
def test_a_new_policy_reaches_the_old_tickets_of_its_segment(desk, upgraded):
    be_vip(desk)
    number = opened_before(desk)
    if upgraded:
        store_segments()
    calendar = Calendar(name="Office", time_zone="Europe/Rome")
    save_calendar(calendar)
    added = Policy(name="VIP", slug="vip", calendar=calendar, segments=["VIP"], order=1)

    save_policy(added)
    finish(start_recalculation("test"))

    assert (stored(number).segment, stored(number).policy_id) == ("VIP", "vip-1")


def test_a_ticket_that_somebody_changes_meanwhile_stops_no_upgrade(desk, monkeypatch):
    one, other = opened_before(desk), opened_before(desk)
    find = segments._segment_of

    def slow(ticket):
        if ticket.ticket_id == one:
            edit(one, category="Customs", by=desk.rep)  # which gives it its segment
        return find(ticket)

    monkeypatch.setattr(segments, "_segment_of", slow)

    assert store_segments() == 1
    assert stored(one).segment == stored(other).segment == "Individual"


def test_storing_segments_changes_nothing_else(desk):
    number = opened_before(desk)
    settle()
    before = stored(number).serialize()

    store_segments()

    after = stored(number).serialize()
    assert after.pop("customerSegment") == {"S": "Individual"}
    assert after == before
    assert list(verify([number])) == []
