"""Somebody active who is in no role: left in a team, a rule and tickets, they are passed over."""

from collections import Counter

import pytest

from helpdesk.accounts.models import Membership
from helpdesk.errors import Invalid
from tests.services.test_rules import new_rule
from tests.world import NOON, after, settle, stored, team
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import RoutingRule
from tickets.services.assignment.assign import assign, assign_automatically, next_of_team
from tickets.services.assignment.workload import workload
from tickets.services.conversation.communicate import communicate
from tickets.services.delivery import notifications
from tickets.services.lifecycle.escalate import sweep
from tickets.services.sla.rules import save_rule


@pytest.fixture
def holder(desk):
    """Was a representative, holds a ticket, and is in no group any more."""
    number = desk.ticket(assigned_to=desk.rep2.user_id).ticket_id
    desk.rep2_user.groups.clear()
    settle()
    assert desk.rep2_user.is_active
    return number


def notified(desk, number):
    """Who has heard of the ticket, each as often as they did."""
    return Counter(
        actor.name
        for actor in (desk.rep, desk.rep2, desk.supervisor)
        for one in notifications.newest(by=actor)
        if one.ticket_id == number
    )


@pytest.mark.parametrize("distribution", ["round robin", "least load"])
def test_as_the_only_member_of_a_team_they_are_given_no_ticket(desk, holder, distribution):
    crew = team("Crew", desk.rep2_user, distribution=distribution)
    RoutingRule.objects.create(category="Customs", team=crew)

    routed = desk.ticket(category="Customs")

    assert (routed.team_id, routed.assigned_to) == (str(crew.pk), None)
    assert next_of_team(str(crew.pk), now=NOON) is None
    assert Membership.objects.get().last_given_at is None


@pytest.mark.parametrize("distribution", ["round robin", "least load", "manual"])
def test_automatically_a_ticket_goes_to_the_others_of_the_team(desk, holder, distribution):
    crew = team("Crew", desk.rep2_user, desk.rep_user, distribution=distribution)
    RoutingRule.objects.create(category="Customs", team=crew)

    for _ in range(2):
        number = desk.ticket(category="Customs").ticket_id
        given = assign_automatically(number, by=desk.supervisor, now=NOON)
        assert given.assigned_to == desk.rep.user_id


def test_nobody_can_assign_them_a_ticket(desk, holder):
    number = desk.ticket().ticket_id

    with pytest.raises(Invalid):
        assign(number, to=desk.rep2.user_id, by=desk.supervisor, now=NOON)


def test_the_workload_has_them_only_while_they_hold_tickets(desk, holder):
    [share] = [one for one in workload(by=desk.rep).people if one.user_id == desk.rep2.user_id]
    assert (share.load, share.away) == (1, False)
    assert "inactive" in share.name

    assign(holder, to=None, by=desk.supervisor, now=NOON)
    settle()

    assert desk.rep2.user_id not in {one.user_id for one in workload(by=desk.rep).people}


@pytest.mark.parametrize("in_team", [True, False])
def test_a_milestone_of_their_ticket_tells_the_team_or_supervisors(desk, holder, in_team):
    if in_team:
        ticket = stored(holder)
        ticket.team_id = str(team("Crew", desk.rep2_user, desk.rep_user).pk)
        ticket.save()
    before = notified(desk, holder)

    sweep(now=after(hours=7))  # response at risk: the assignee is to be notified
    settle()

    instead = (desk.rep if in_team else desk.supervisor).name
    assert notified(desk, holder) - before == {instead: 1}


def test_a_reply_to_their_ticket_tells_supervisors(desk, holder):
    before = notified(desk, holder)

    communicate(
        holder,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="Hello?",
        by=desk.rep,
        now=after(minutes=5),
    )
    settle()

    assert notified(desk, holder) - before == {desk.supervisor.name: 1}


def test_a_rule_whose_target_they_are_gives_them_nothing(desk):
    save_rule(new_rule(reassign_to=desk.rep2_user), also_past=False, reason="test", now=NOON)
    desk.rep2_user.groups.clear()
    number = desk.ticket(assigned_to=desk.rep.user_id, now=after(minutes=1)).ticket_id

    sweep(now=after(hours=9))
    settle()

    assert stored(number).escalation_level > 0, "the rule has fired"
    assert stored(number).assigned_to != desk.rep2.user_id
    assert desk.rep2.name not in notified(desk, number)
