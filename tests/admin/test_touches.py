"""Each form of configuration says what a change will touch, before it is saved."""

import pytest
from django.urls import reverse

from helpdesk.moments import this_second
from tests.world import settle, team
from tickets.models import Calendar, EscalationRule, Policy, RoutingRule, SavedView


@pytest.fixture
def things(desk):
    """One of each, and a few open tickets."""
    money = team("Money", desk.rep_user)
    for category in ("Billing", "Billing", "Shipping"):
        desk.ticket(category=category, now=this_second())
    settle()
    policy = Policy.objects.get(is_default=True)
    return {
        "policy": policy,
        "calendar": policy.calendar,
        "escalationrule": EscalationRule.objects.first(),
        "routingrule": RoutingRule.objects.create(category="Billing", team=money),
        "savedview": SavedView.objects.create(
            name="Bills", query="category=Billing", owner=desk.supervisor_user, team=money
        ),
        "cannedreply": None,
        "team": money,
    }


SAID = {
    "policy": ["The next version follows default-1.", "may match: 3.", "keep the version"],
    "calendar": ["Policies that use it", "planned anew in the background: 3."],
    "escalationrule": ["Of 3 open tickets", "does not fire again"],
    "routingrule": ["category and priority fit: 2.", "stay where they are"],
    "savedview": ["It shows 2 tickets now, to 1 people of Money."],
    "cannedreply": ["answers that were sent stay as they are"],
    "team": ["Its open tickets: 0.", "1 routing rule sends it new tickets."],
}


@pytest.mark.parametrize("kind", SAID)
def test_a_form_says_what_a_change_will_touch(supervisor, things, kind):
    app = "accounts" if kind == "team" else "tickets"
    thing = things[kind]
    address = (
        reverse(f"admin:{app}_{kind}_change", args=[thing.pk])
        if thing
        else reverse(f"admin:{app}_{kind}_add")
    )

    text = supervisor.get(address).content.decode()

    assert "What a change will touch" in text
    for words in SAID[kind]:
        assert words in text


def test_a_calendar_that_nobody_uses_moves_nothing(supervisor):
    spare = Calendar.objects.create(name="Spare", always=True)

    page = supervisor.get(reverse("admin:tickets_calendar_change", args=[spare.pk]))

    assert "no deadline moves" in page.content.decode()
