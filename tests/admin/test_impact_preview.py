"""Each form of configuration says what a change will touch, before it is saved."""

from datetime import timedelta

import pytest
from django.urls import reverse

from helpdesk.accounts.models import User
from helpdesk.clock import this_second
from tests.world import settle, team
from tickets.models import (
    Calendar,
    EscalationRule,
    Policy,
    PolicyVersion,
    Recalculation,
    RoutingRule,
    SavedView,
)
from tickets.services.sla import impact


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
    "policy": [
        "Saving creates a new version after default-1.",
        "Of 3 open tickets, 3 are",
        "keep their current policy version",
    ],
    "calendar": ["SLA policies that use this calendar", "Use “Preview” to see the impact"],
    "escalationrule": ["Of 3 open tickets", "fires once per ticket"],
    "routingrule": ["Existing tickets are not affected. Use “Preview”"],
    "savedview": ["All team members see this view in their sidebar."],
    "cannedreply": ["Replies already sent are not affected"],
    "team": [
        "Open tickets of this team are not affected.",
        "1 routing rule sends new tickets to this team.",
    ],
}


def test_a_form_says_what_a_change_will_touch(supervisor, things, subtests):
    for kind in SAID:
        with subtests.test(kind):
            _says_what_it_touches(supervisor, things, kind)


def _says_what_it_touches(supervisor, things, kind):
    app = "accounts" if kind == "team" else "tickets"
    thing = things[kind]
    address = (
        reverse(f"admin:{app}_{kind}_change", args=[thing.pk])
        if thing
        else reverse(f"admin:{app}_{kind}_add")
    )

    text = supervisor.get(address).content.decode()

    assert "<h2>Impact</h2>" in text
    for words in SAID[kind]:
        assert words in text


def test_a_calendar_that_nobody_uses_moves_nothing(supervisor):
    spare = Calendar.objects.create(name="Spare", always=True)

    page = supervisor.get(reverse("admin:tickets_calendar_change", args=[spare.pk]))

    assert "No deadlines change" in page.content.decode()


SAID_NOW = "Impact of saving"


def form_of(client, address):
    """What the form at `address` would send as it is."""
    form = client.get(address).context["adminform"].form
    sent = {}
    for name, field in form.fields.items():
        value = form.get_initial_for_field(field, name)
        value = field.prepare_value(value) if hasattr(field, "prepare_value") else value
        if value is not False and value not in (None, ""):
            sent[name] = "on" if value is True else value
    return sent


@pytest.fixture
def office(things):
    return reverse("admin:tickets_policy_add"), {
        "name": "Bills",
        "slug": "bills",
        "active": "on",
        "order": 1,
        "calendar": things["calendar"].pk,
        "at_risk_percent": 75,
        **{
            f"{priority}_{clock}": "1h"
            for priority in ("critical", "high", "medium", "low")
            for clock in ("response", "resolution")
        },
    }


@pytest.mark.parametrize(
    ("conditions", "moved"),
    [
        ({}, 3),
        ({"categories": ["Billing"]}, 2),
        ({"categories": ["Billing"], "segments": ["VIP"]}, 0),
        ({"segments": ["Individual"]}, 3),
        ({"order": 1, "active": ""}, 0),
    ],
)
def test_a_preview_tells_of_what_stands_in_the_form_and_saves_nothing(
    supervisor, office, conditions, moved
):
    address, form = office

    page = supervisor.post(address, {**form, **conditions, "_preview": "1"})

    text = page.content.decode()
    assert SAID_NOW in text
    assert (
        f"Of 3 open tickets, {moved} will be recalculated: {moved} move to another policy" in text
    )
    assert "Please correct the error" not in text
    assert 'value="Bills"' in text, "what was typed is there"
    assert not Policy.objects.filter(slug="bills").exists()


def test_a_policy_for_everything_wants_to_be_confirmed(supervisor, office):
    address, form = office

    page = supervisor.post(address, form)
    assert "more than 10% of the open tickets" in page.content.decode()
    assert not Policy.objects.filter(slug="bills").exists()
    assert not Recalculation.objects.exists()

    supervisor.post(address, {**form, "_confirmed": "1"})
    assert Policy.objects.filter(slug="bills").exists()
    assert Recalculation.objects.count() == 1


def test_up_to_a_tenth_is_saved_at_once(supervisor, desk, office):
    address, form = office
    for _ in range(16):
        desk.ticket(category="General", now=this_second())
    desk.ticket(category="Payment", now=this_second())
    settle()

    supervisor.post(address, {**form, "categories": ["Payment", "Technical"]})

    assert Policy.objects.filter(slug="bills").exists()


def test_a_policy_that_is_switched_off_gives_its_tickets_back(supervisor, desk, office):
    address, form = office
    supervisor.post(address, {**form, "categories": ["Billing"], "_confirmed": "1"})
    policy = Policy.objects.get(slug="bills")
    desk.ticket(category="Billing", now=this_second())
    change = reverse("admin:tickets_policy_change", args=[policy.pk])

    sent = {**form, "categories": ["Billing"], "active": "", "_preview": "1"}
    text = supervisor.post(change, sent).content.decode()

    assert "1 will be recalculated: 1 move to another policy" in text


def test_another_promise_gives_tickets_a_new_version(supervisor, things):
    change = reverse("admin:tickets_policy_change", args=[things["policy"].pk])
    sent = {**form_of(supervisor, change), "high_response": "3h"}

    text = supervisor.post(change, {**sent, "_preview": "1"}).content.decode()

    assert "3 will be recalculated: 0 move to another policy, 3 get a new version" in text


def test_a_calendar_is_previewed_too(supervisor, things):
    change = reverse("admin:tickets_calendar_change", args=[things["calendar"].pk])
    sent = form_of(supervisor, change) | {"always": "", "monday": "09:00-17:00"}

    text = supervisor.post(change, {**sent, "_preview": "1"}).content.decode()

    assert "3 will be recalculated: 0 move to another policy, 3 get a new version" in text


@pytest.mark.parametrize("kind", ["policy", "calendar"])
def test_saving_what_is_there_already_asks_for_nothing(supervisor, things, kind):
    change = reverse(f"admin:tickets_{kind}_change", args=[things[kind].pk])
    versions = PolicyVersion.objects.count()

    answer = supervisor.post(change, form_of(supervisor, change))

    assert answer.status_code == 302, "it was saved"
    assert not Recalculation.objects.exists()
    assert PolicyVersion.objects.count() == versions


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ({}, 2),
        ({"category": "Shipping"}, 1),
        ({"category": ""}, 3),
        ({"category": "", "priority": "Critical"}, 0),
    ],
)
def test_a_routing_rule_is_previewed_as_it_is_typed(supervisor, things, typed, count):
    rule = things["routingrule"]
    change = reverse("admin:tickets_routingrule_change", args=[rule.pk])
    opened = supervisor.get(change).content.decode()
    assert "match category and priority" not in opened, "a count of what is stored"

    sent = {**form_of(supervisor, change), **typed, "_preview": "1"}
    text = supervisor.post(change, sent).content.decode()

    assert SAID_NOW in text
    assert f"that match category and priority: {count}." in text
    rule.refresh_from_db()
    assert rule.category == "Billing", "a preview saves nothing"


def test_no_count_of_what_is_stored_stands_beside_what_is_typed(supervisor, things):
    for app, kind in (("accounts", "team"), ("tickets", "savedview"), ("tickets", "calendar")):
        address = reverse(f"admin:{app}_{kind}_change", args=[things[kind].pk])
        text = supervisor.get(address).content.decode()
        said = text.split('class="impact')[1].split("</div>")[0]
        for words in ("Open tickets of this team:", "Shows ", "in the background:"):
            assert words not in said, kind


def test_a_rule_that_fires_on_many_at_once_wants_to_be_confirmed(supervisor, desk, things):
    for _ in range(2):
        desk.ticket(now=this_second() - timedelta(days=9))
    settle()
    address = reverse("admin:tickets_escalationrule_add")
    form = {"key": "late", "active": "on", "trigger": "response-breached", "level": 1}
    form |= {"notify_supervisors": "on"}

    assert (
        "for no existing tickets"
        in supervisor.post(address, {**form, "_preview": "1"}).content.decode()
    )
    page = supervisor.post(address, {**form, "also_past": "1"})
    assert "Of 5 open tickets, it fires immediately for 2." in page.content.decode()
    assert not EscalationRule.objects.filter(key="late").exists()

    supervisor.post(address, {**form, "also_past": "1", "_confirmed": "1"})
    assert EscalationRule.objects.filter(key="late").exists()


def test_the_look_at_open_tickets_is_bounded(supervisor, desk, office, monkeypatch):
    address, form = office
    monkeypatch.setattr(impact, "MOST", 2)
    monkeypatch.setattr(impact, "PAGE", 1)

    text = supervisor.post(address, {**form, "_preview": "1"}).content.decode()

    assert "Of the 2 most urgent open tickets, 2 will be recalculated" in text


def test_of_more_tickets_than_are_read_one_that_changes_is_enough_to_ask(
    supervisor, office, monkeypatch
):
    address, form = office
    monkeypatch.setattr(impact, "MOST", 2)
    monkeypatch.setattr(impact, "PAGE", 1)

    supervisor.post(address, form)
    assert not Policy.objects.filter(slug=form["slug"]).exists(), "it asks first"
    supervisor.post(address, {**form, "categories": ["Technical"]})
    assert Policy.objects.filter(slug=form["slug"]).exists(), "it touches none of them"


def test_only_people_in_a_role_can_be_given_tickets_by_a_rule(supervisor, desk, things):
    page = supervisor.get(reverse("admin:tickets_escalationrule_add"))

    offered = {user.pk for user in page.context["adminform"].form.fields["reassign_to"].queryset}
    assert desk.rep_user.pk in offered
    assert User.objects.get(pk=desk.outsider.user_id).pk not in offered


def test_a_policy_that_an_earlier_one_hides_is_warned_of_in_form_and_list(supervisor, office):
    address, form = office
    supervisor.post(address, {**form, "_confirmed": "1"})
    later = {**form, "name": "Late bills", "slug": "late", "order": 2, "categories": ["Billing"]}

    page = supervisor.post(address, {**later, "_preview": "1"})
    assert "This never applies: Bills match all the same tickets first" in page.content.decode()
    page = supervisor.post(address, {**later, "_confirmed": "1"}, follow=True)
    assert "This never applies: Bills match all the same tickets first" in page.content.decode()
    assert Policy.objects.filter(slug="late").exists(), "a warning forbids nothing"

    listed = supervisor.get(reverse("admin:tickets_policy_changelist")).content.decode()
    assert listed.count('class="field-hidden_by">Bills<') == 1


def test_a_routing_rule_that_an_earlier_one_hides_is_warned_of(supervisor, things):
    add = reverse("admin:tickets_routingrule_add")
    form = {"position": 5, "category": "Billing", "segment": "VIP", "team": things["team"].pk}

    page = supervisor.post(add, form, follow=True)

    assert (
        "This never applies: Billing → Money match all the same tickets first"
        in page.content.decode()
    )
    first = {"position": -0, "category": "", "team": things["team"].pk}
    page = supervisor.post(add, first, follow=True)
    hidden = "This prevents the following from ever applying"
    assert hidden not in page.content.decode(), "of equal position the older one is tried first"


def test_a_routing_rule_that_hides_others_names_them(supervisor, things):
    RoutingRule.objects.update(position=9)
    add = reverse("admin:tickets_routingrule_add")
    first = {"position": 1, "category": "", "segment": "", "team": things["team"].pk}
    hidden = "This prevents the following from ever applying"

    page = supervisor.post(add, {**first, "category": "Customs"}, follow=True).content.decode()
    assert hidden not in page, "Billing is left to the other"
    page = supervisor.post(add, {**first, "position": 2}, follow=True).content.decode()

    [line] = [line for line in page.splitlines() if hidden in line]
    assert "Billing → Money" in line
    assert "Customs" not in line, "it comes before"


def test_a_policy_that_hides_others_names_them(supervisor, office):
    address, form = office
    supervisor.post(address, {**form, "_confirmed": "1", "order": 5})
    wider = {**form, "name": "All bills", "slug": "all", "order": 1}

    page = supervisor.post(address, {**wider, "_confirmed": "1"}, follow=True).content.decode()

    [line] = [
        line
        for line in page.splitlines()
        if "This prevents the following from ever applying" in line
    ]
    assert "Bills" in line.partition("ever applying")[2]
