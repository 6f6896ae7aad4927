"""“Simulate” on the form of a policy or calendar: drafts on recorded history and open tickets."""

from datetime import timedelta

import pytest
from django.urls import reverse

from helpdesk.clock import this_second
from reporting.models import Simulation
from reporting.services import rollups, simulation
from tests.admin.test_impact_preview import form_of
from tests.world import settle, stored
from tickets.models import Calendar, Policy, PolicyVersion
from tickets.services.conversation.communicate import respond
from tickets.services.sla.recalculation import recalculate_page, start_recalculation


@pytest.fixture
def supervisor(client, desk):
    client.force_login(desk.supervisor_user)
    return client


@pytest.fixture
def tickets(desk):
    """Numbers: answered after 2 h; open for 3 h, Medium and High."""
    now = this_second()
    done, medium, high = (
        desk.ticket(now=now - timedelta(hours=3), priority=priority).ticket_id
        for priority in ("Medium", "Medium", "High")
    )
    respond(done, content="Soon.", by=desk.rep, now=now - timedelta(hours=1))
    settle()
    while rollups.roll_up():
        pass
    return done, medium, high


def finished(answer):
    """The simulation that an answer leads to, when it is through."""
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    number = int(answer["Location"].rstrip("/").rpartition("/")[2])
    while not simulation.step(number).finished_at:
        pass
    return Simulation.objects.get(pk=number)


def test_a_policy_is_simulated_as_typed_and_saved_from_there(supervisor, tickets, subtests):
    done, medium, high = tickets
    policy = Policy.objects.get(is_default=True)
    address = reverse("admin:tickets_policy_change", args=[policy.pk])
    typed = form_of(supervisor, address) | {
        "name": "Default <draft>",
        "medium_response": "1h",
        "high_response": "3h 30m",
        "low_resolution": "6d",
    }
    versions = PolicyVersion.objects.count()

    with subtests.test("what is wrong stands on the form"):
        wrong = supervisor.post(address, {**typed, "high_response": "soon", "_simulate": "1"})
        assert wrong.status_code == 200
        assert "is not a duration such as" in wrong.content.decode()
        assert not Simulation.objects.exists()

    answer = supervisor.post(address, {**typed, "_simulate": "1"})
    found = finished(answer)
    policy.refresh_from_db()
    assert (policy.name, policy.medium_response) != (typed["name"], "1h"), "nothing is saved"
    assert PolicyVersion.objects.count() == versions
    assert found.tallies["response"] == {"Medium": [1, 1, 0]}
    assert found.differing == [{"ticket": done, "clock": "response", "met": False}]
    assert found.open_tickets["counts"] == {
        "overdue": 1,
        "sooner": 1,
        "later": 0,
        "rescued": 0,
        "same": 1,
    }
    [[number, *_due]] = found.open_tickets["listed"]["overdue"]
    assert number == medium
    [[number, before, after]] = found.open_tickets["listed"]["sooner"]
    assert (number, before > after) == (high, True)

    page = supervisor.get(answer["Location"])
    text = page.content.decode()
    for part in (
        *("Default &lt;draft&gt;", "Would be overdue now (1)", f"/tickets/{medium}/"),
        *(f"/tickets/{done}/", "Breached instead of met", "Save draft", 'value="3h 30m"'),
    ):
        assert part in text
    assert "csrfmiddlewaretoken" not in found.source["typed"]
    sent = found.source["typed"]

    with subtests.test("the draft comes back into its form"):
        edited = supervisor.post(address, {**sent, "_preview": "1"})
        assert 'value="3h 30m"' in edited.content.decode()
    with subtests.test("and is saved by it, with what that says of large changes"):
        supervisor.post(address, {**sent, "_save": "1", "_confirmed": "1"})
        policy.refresh_from_db()
        assert (policy.name, policy.medium_response) == ("Default <draft>", "1h")
        assert PolicyVersion.objects.count() == versions + 1
    with subtests.test("open tickets are then due as it said"):
        run = start_recalculation("x")
        while not recalculate_page(run.pk):
            pass
        due = {one: stored(one).sla_deadline for one in (medium, high)}
        assert due[medium] < this_second()
        assert due[high].isoformat().replace("+00:00", "Z") == after
    with subtests.test("a draft of before is not saved over it"):
        assert "Save draft" not in supervisor.get(answer["Location"]).content.decode()


def test_calendars_are_simulated_before_they_are_saved(supervisor, tickets):
    used = Policy.objects.get(is_default=True).calendar
    change = reverse("admin:tickets_calendar_change", args=[used.pk])
    new = reverse("admin:tickets_calendar_add")
    # Closed but for a minute a week: nothing that is open would be overdue.
    narrow = {"name": "Narrow", "time_zone": "UTC", "sunday": "00:00-00:01"}
    calendars = Calendar.objects.count()
    for address, name in ((change, used.name), (new, "Narrow")):
        text = supervisor.get(address).content.decode()
        assert 'name="_simulate"' in text
        found = finished(supervisor.post(address, {**narrow, "name": name, "_simulate": "1"}))
        assert found.source["kind"] == "calendar"
        assert found.open_tickets["counts"]["later"] == 3
        assert found.tallies["response"]["Medium"][2] == 1
    assert Calendar.objects.count() == calendars
    used.refresh_from_db()
    assert used.always, "as it was"

    supervisor.post(new, {**found.source["typed"], "_save": "1"})
    assert Calendar.objects.filter(name="Narrow").exists()


def test_conditions_count_as_typed_and_so_do_new_policies(supervisor, desk, tickets):
    now = this_second()
    billing = desk.ticket(category="Billing", now=now - timedelta(hours=3)).ticket_id
    add = reverse("admin:tickets_policy_add")
    default = Policy.objects.get(is_default=True)
    targets = {field: getattr(default, field) for field in simulation.fields()}
    strict = {
        "name": "Bills",
        "slug": "bills",
        "active": "on",
        "order": 1,
        "at_risk_percent": 75,
        **targets,
        "calendar": default.calendar_id,
        "medium_response": "1h",
    }

    found = finished(supervisor.post(add, {**strict, "categories": ["Billing"], "_simulate": "1"}))
    assert [one[0] for one in found.open_tickets["listed"]["overdue"]] == [billing]
    assert found.differ == 0, "the others are under the default policy as before"
    off = {**strict, "active": "", "_simulate": "1"}
    assert finished(supervisor.post(add, off)).open_tickets["counts"]["overdue"] == 0

    supervisor.post(add, {**found.source["typed"], "_save": "1", "_confirmed": "1"})
    bills = Policy.objects.get(slug="bills")
    change = reverse("admin:tickets_policy_change", args=[bills.pk])
    run = start_recalculation("x")
    while not recalculate_page(run.pk):
        pass
    typed = form_of(supervisor, change) | {"categories": ["Customs"]}
    found = finished(supervisor.post(change, {**typed, "_simulate": "1"}))
    [[number, _before, _after]] = found.open_tickets["listed"]["rescued"]
    assert number == billing, "it would be under the default policy again"


def test_simulating_is_the_supervisors(client, desk):
    policy = Policy.objects.get(is_default=True)
    client.force_login(desk.rep_user)
    address = reverse("admin:tickets_policy_change", args=[policy.pk])
    assert client.post(address, {"_simulate": "1"}).status_code in (302, 403)
    assert not Simulation.objects.exists()
