"""Teams, routing, and who is next."""

from datetime import timedelta

import pytest
from django.db.models import Q
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.accounts.models import Absence
from helpdesk.errors import Invalid, StaleVersion
from tests.world import NOON, after, log_of, settle, sqlite_plan, stored, team
from tickets.domain import routing
from tickets.domain.routing import Candidate, Route
from tickets.models import RoutingRule
from tickets.services.assignment import assign as assigning
from tickets.services.assignment.assign import (
    assign,
    assign_automatically,
    assign_team,
    next_of_team,
)
from tickets.services.assignment.workload import workload
from tickets.services.delivery import notifications
from tickets.services.lifecycle.status import change_status
from tickets.store import search

candidates = st.lists(
    st.builds(
        Candidate,
        user_id=st.integers(1, 99).map(str),
        load=st.integers(0, 9),
        capacity=st.none() | st.integers(1, 9),
        away=st.booleans(),
        last_given_at=st.none() | st.integers(0, 9).map(lambda hours: after(hours=hours)),
    ),
    unique_by=lambda found: found.user_id,
)


@given(candidates)
def test_only_somebody_who_is_free_is_chosen_and_somebody_if_there_is_one(found):
    free = [candidate for candidate in found if candidate.free]
    for choose in (routing.in_turn, routing.least_loaded):
        chosen = choose(found)
        assert (chosen is None) is (not free)
        assert chosen is None or chosen in free


@given(candidates)
def test_the_least_loaded_has_no_more_than_any_other_who_is_free(found):
    chosen = routing.least_loaded(found)
    assert chosen is None or all(chosen.load <= other.load for other in found if other.free)


def test_the_first_route_that_fits_decides():
    routes = [
        Route("vip", segment="VIP"),
        Route("customs", category="Customs"),
        Route("hot", priority="Critical"),
    ]

    def to(category="General", segment="Individual", priority="Low"):
        return routing.team_for(routes, category=category, segment=segment, priority=priority)

    assert to(category="Customs", segment="VIP") == "vip"
    assert to(category="Customs", priority="Critical") == "customs"
    assert to(priority="Critical") == "hot"
    assert to() is None


def test_a_new_ticket_goes_to_the_team_that_routing_names(desk):
    customs = team("Customs", desk.rep2_user)
    RoutingRule.objects.create(category="Customs", team=customs)

    routed, other = desk.ticket(category="Customs"), desk.ticket()

    assert (routed.team_id, routed.assigned_to) == (str(customs.pk), None)
    assert other.team_id is None


def test_a_team_that_hands_out_gives_new_tickets_in_turn(desk):
    customs = team("Customs", desk.rep_user, desk.rep2_user, distribution="round robin")
    RoutingRule.objects.create(category="Customs", team=customs)

    given_to = [desk.ticket(category="Customs").assigned_to for _ in range(4)]

    assert given_to == [desk.rep.user_id, desk.rep2.user_id] * 2


def test_whoever_is_named_on_creation_keeps_the_ticket(desk):
    customs = team("Customs", desk.rep2_user, distribution="round robin")
    RoutingRule.objects.create(category="Customs", team=customs)

    assert desk.ticket(category="Customs", assigned_to=desk.rep.user_id).assigned_to == (
        desk.rep.user_id
    )


def test_the_least_loaded_is_next(desk):
    for _ in range(2):
        desk.ticket(assigned_to=desk.rep.user_id)
    desk.ticket(assigned_to=desk.rep2.user_id)
    done = desk.ticket(assigned_to=desk.rep2.user_id)
    change_status(done.ticket_id, to="Closed", by=desk.rep, now=NOON)
    settle()
    both = team("Both", desk.rep_user, desk.rep2_user, distribution="least load")

    assert next_of_team(str(both.pk), now=NOON) == desk.rep2.user_id


def test_absence_and_capacity_pass_people_by(desk):
    both = team("Both", desk.rep_user, desk.rep2_user, distribution="round robin")
    Absence.objects.create(
        user=desk.rep_user, first_day=NOON.date(), last_day=NOON.date() + timedelta(days=1)
    )
    assert next_of_team(str(both.pk), now=NOON) == desk.rep2.user_id
    assert next_of_team(str(both.pk), now=NOON) == desk.rep2.user_id

    desk.rep2_user.capacity = 1
    desk.rep2_user.save()
    desk.ticket(assigned_to=desk.rep2.user_id)
    settle()
    assert next_of_team(str(both.pk), now=NOON) is None
    assert next_of_team(str(both.pk), now=NOON + timedelta(days=2)) == desk.rep.user_id


def test_automatic_assignment_asks_routing_and_then_the_team(desk):
    ticket = desk.ticket(category="Billing")
    with pytest.raises(Invalid, match="No routing rule"):
        assign_automatically(ticket.ticket_id, by=desk.rep, now=NOON)
    money = team("Money", desk.rep2_user)
    RoutingRule.objects.create(team=money)

    given = assign_automatically(ticket.ticket_id, by=desk.rep, now=NOON)

    assert (given.team_id, given.assigned_to) == (str(money.pk), desk.rep2.user_id)
    assert log_of(ticket.ticket_id)[-1].changes


def test_nobody_free_is_said_and_changes_nothing(desk):
    empty = team("Empty")
    RoutingRule.objects.create(team=empty)
    ticket = desk.ticket()

    with pytest.raises(Invalid, match="All team members"):
        assign_automatically(ticket.ticket_id, by=desk.rep, now=NOON)
    assert stored(ticket.ticket_id).version == ticket.version


def test_handing_over_to_a_team_takes_a_stranger_out(desk):
    money = team("Money", desk.rep2_user)
    ticket = desk.ticket(assigned_to=desk.rep.user_id)

    handed = assign_team(ticket.ticket_id, team_id=str(money.pk), by=desk.rep, now=NOON)
    assert (handed.team_id, handed.assigned_to) == (str(money.pk), None)

    taken = assign(ticket.ticket_id, to=desk.rep2.user_id, by=desk.rep2, now=NOON)
    again = assign_team(ticket.ticket_id, team_id=str(money.pk), by=desk.rep, now=NOON)
    assert again.assigned_to == taken.assigned_to == desk.rep2.user_id
    assert assign_team(ticket.ticket_id, team_id=None, by=desk.rep, now=NOON).team_id is None


def test_assignment_moves_no_clock(desk):
    ticket = desk.ticket()

    moved = assign(ticket.ticket_id, to=desk.rep2.user_id, by=desk.rep, now=NOON)

    assert moved.sla.serialize(moved.sla) == ticket.sla.serialize(ticket.sla)
    assert moved.next_sla_at == ticket.next_sla_at
    assert moved.timeline == ticket.timeline


def test_whoever_is_given_a_ticket_is_told_once_and_not_by_themselves(desk):
    ticket = desk.ticket()
    assign(ticket.ticket_id, to=desk.rep2.user_id, by=desk.rep, now=NOON)
    assign(ticket.ticket_id, to=desk.rep.user_id, by=desk.rep, now=NOON)
    settle()

    [told] = notifications.newest(by=desk.rep2)
    assert (told.kind, told.told_by, told.ticket_id) == (
        "assigned",
        desk.rep.user_id,
        ticket.ticket_id,
    )
    assert notifications.newest(by=desk.rep) == []


def test_a_stale_page_assigns_nobody(desk):
    money = team("Money", desk.rep2_user)
    ticket = desk.ticket()
    assign(ticket.ticket_id, to=desk.rep.user_id, by=desk.rep, now=NOON)

    with pytest.raises(StaleVersion):
        assign_team(
            ticket.ticket_id, team_id=str(money.pk), version=ticket.version, by=desk.rep, now=NOON
        )


@pytest.mark.django_db(transaction=True)
def test_people_who_take_at_the_same_moment_get_different_turns(desk, race, monkeypatch):
    both = team("Both", desk.rep_user, desk.rep2_user, distribution="round robin")
    chosen_among = []

    def choose(candidates):
        chosen_among.append(candidates)
        return routing.in_turn(candidates)

    monkeypatch.setitem(assigning._CHOICE, both.distribution, choose)
    given = race.run_many(2, lambda: next_of_team(str(both.pk), now=NOON), at=(search, "loads"))

    assert len(chosen_among) == 3, "both chose the same one, and one of them again"
    assert set(given) == {desk.rep.user_id, desk.rep2.user_id}


def test_the_workload_is_what_everybody_has(desk, django_assert_num_queries):
    team("Money", desk.rep2_user)
    desk.rep_user.capacity = 2
    desk.rep_user.save()
    for _ in range(2):
        desk.ticket(assigned_to=desk.rep.user_id)
    desk.ticket(assigned_to=desk.rep2.user_id, now=NOON - timedelta(days=30))
    settle()

    with django_assert_num_queries(4):
        people = {person.name: person for person in workload(by=desk.rep2, now=NOON).people}

    assert people["Rosa Marin"].load == 2
    assert people["Rosa Marin"].full
    assert (people["Tomasz Nowak"].overdue, people["Tomasz Nowak"].teams) == (1, ["Money"])
    assert people["Ingrid Halvorsen"].load == 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda: search.loads(now=NOON),
        lambda: search.loads(now=NOON, user_ids=["1", "2", "3"]),
        lambda: search.active_counts(Q(), now=NOON),
    ],
    ids=["everybody's", "a team's", "how all stand"],
)
def test_what_is_counted_is_counted_in_the_index(desk, ask):
    """Years of closed tickets cost nothing, and of an open one no row is looked at."""
    assert "COVERING INDEX entry_standing" in sqlite_plan(ask)
