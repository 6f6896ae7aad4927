"""Supervisors change promises in the admin."""

import pytest
from django.urls import reverse

from helpdesk.accounts.models import Absence
from helpdesk.errors import Invalid
from reporting.services import report
from reporting.services.query import ReportQuery
from tests.figures import ALL, rolled
from tests.world import NOON, after
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import Calendar, EscalationRule, Policy, PolicyVersion, Recalculation
from tickets.services.conversation.communicate import communicate, respond
from tickets.services.lifecycle.escalate import escalate, sweep
from tickets.services.lifecycle.status import change_status
from tickets.services.sla.rules import save_rule


@pytest.fixture
def supervisor(desk, client):
    client.force_login(desk.supervisor_user)
    return client


def policy_form(policy, **changed):
    fields = {
        "name": policy.name,
        "slug": policy.slug,
        "active": "on",
        "order": policy.order,
        "calendar": policy.calendar_id,
        "at_risk_percent": policy.at_risk_percent,
    }
    for priority in ("critical", "high", "medium", "low"):
        for clock in ("response", "resolution"):
            fields[f"{priority}_{clock}"] = getattr(policy, f"{priority}_{clock}")
    return {**fields, **changed}


def test_saving_the_default_policy_makes_a_version_and_says_that_tickets_are_planned(supervisor):
    policy = Policy.objects.get(is_default=True)
    address = reverse("admin:tickets_policy_change", args=[policy.pk])

    page = supervisor.post(address, policy_form(policy, high_response="1d 4h"), follow=True)

    assert page.status_code == 200
    assert "being recalculated" in page.content.decode()
    newest = PolicyVersion.objects.filter(policy=policy).first()
    assert newest.key == "default-2"
    assert newest.terms["targets"]["High"]["response"] == 28 * 3600
    progress = supervisor.get(
        reverse("admin:tickets_recalculation_change", args=[Recalculation.objects.get().pk])
    )
    assert "recalculated" in progress.content.decode().lower()


def test_a_wrong_target_is_refused_beside_its_field_and_nothing_is_saved(supervisor):
    policy = Policy.objects.get(is_default=True)
    address = reverse("admin:tickets_policy_change", args=[policy.pk])

    page = supervisor.post(address, policy_form(policy, high_response="soon"))

    assert "is not a duration such as 1 business day" in page.content.decode()
    assert PolicyVersion.objects.count() == 1
    assert not Recalculation.objects.exists()


def test_targets_for_next_replies_come_for_all_priorities_with_their_rules(supervisor, desk):
    policy = Policy.objects.get(is_default=True)
    address = reverse("admin:tickets_policy_change", args=[policy.pk])
    some = {"critical_next_response": "1h", "high_next_response": "2h"}
    page = supervisor.post(address, policy_form(policy, **some))
    assert page.content.decode().count("for every priority, or for none.") == 2
    assert PolicyVersion.objects.count() == 1

    every = {**some, "medium_next_response": "4h", "low_next_response": "1d"}
    supervisor.post(address, policy_form(policy, **every))
    newest = PolicyVersion.objects.filter(policy=policy).first()
    assert newest.terms["targets"]["Low"] == {
        "response": 24 * 3600,
        "nextResponse": 24 * 3600,
        "resolution": 120 * 3600,
    }
    number = desk.ticket(priority="Critical").ticket_id
    respond(number, content="Soon.", by=desk.rep, now=NOON)
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="When?",
        by=desk.rep,
        now=NOON,
    )
    sweep(now=after(hours=2))
    page = supervisor.get(f"/admin/tickets/escalation/{number}-1-next-response-breached.1/change/")
    assert "Next reply deadline passed" in page.content.decode()


def test_a_calendar_without_working_time_is_refused(supervisor):
    days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    form = {"name": "Never", "time_zone": "Europe/Rome", **dict.fromkeys(days, "")}

    page = supervisor.post(reverse("admin:tickets_calendar_add"), form)

    assert "Enter hours for at least one day" in page.content.decode()
    assert Calendar.objects.count() == 1


def test_a_new_policy_with_conditions_applies_to_new_tickets(supervisor, desk):
    default = Policy.objects.get(is_default=True)
    form = policy_form(
        default, name="Customs", slug="customs", categories=["Customs"], critical_response="30m"
    )

    supervisor.post(reverse("admin:tickets_policy_add"), form)

    ticket = desk.ticket(category="Customs", priority="Critical")
    assert ticket.policy_id == "customs-1"
    assert ticket.sla_deadline == after(minutes=30)


def test_a_rule_that_is_switched_off_no_longer_fires(supervisor, desk):
    rule = EscalationRule.objects.get(key="critical-created")
    address = reverse("admin:tickets_escalationrule_change", args=[rule.pk])

    supervisor.post(address, {"trigger": "critical", "level": 1, "notify_supervisors": "on"})

    assert desk.ticket(priority="Critical").escalation_level == 0


def test_a_rule_whose_key_begins_like_a_manual_escalation_is_shown_and_counted_as_a_rule(
    supervisor, desk
):
    EscalationRule.objects.filter(key="critical-created").update(key="manual-review")
    number = desk.ticket(priority="Critical").ticket_id
    escalate(number, reason="the port is closed", by=desk.rep, now=after(minutes=5))
    rolled()

    records = supervisor.get(reverse("admin:tickets_escalation_changelist")).context["cl"]
    shown = {record.level: str(record) for record in records.result_list}
    page = supervisor.get(reverse("admin:tickets_escalation_changelist")).content.decode()
    told = report.report(ReportQuery(ALL)).rules

    assert shown == {1: f"manual-review, #{number}", 2: f"Manual escalation, #{number}"}
    assert page.count(">manual-review<") == page.count(">Manual escalation<") == 1
    assert dict(told) == {("manual-review", "1"): 1, ("manual", "2"): 1}


@pytest.mark.parametrize("key", ["manual", "manual-01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_no_rule_has_a_key_that_says_that_a_user_escalated(supervisor, key):
    form = {"key": key, "trigger": "critical", "level": 1, "notify_supervisors": "on"}

    page = supervisor.post(reverse("admin:tickets_escalationrule_add"), form)
    with pytest.raises(Invalid, match="manual escalations"):
        save_rule(EscalationRule(key=key, trigger="critical"), also_past=False, reason="test")

    assert list(page.context["errors"].data) == [
        ["This key stands for manual escalations. Choose another."]
    ]
    assert not EscalationRule.objects.filter(key=key).exists()


@pytest.mark.parametrize("name", ["escalationrule", "policyversion"])
def test_what_tickets_name_is_never_deleted(supervisor, name):
    assert supervisor.get(reverse(f"admin:tickets_{name}_delete", args=[1])).status_code == 403


@pytest.mark.parametrize(
    "name", ["policy", "calendar", "escalationrule", "ticket", "recalculation"]
)
def test_representatives_and_outsiders_see_none_of_it(desk, client, name):
    for user in (desk.rep_user, desk.outsider_user):
        user.is_staff = True
        user.save()
        client.force_login(user)
        answer = client.get(reverse(f"admin:tickets_{name}_changelist"))
        assert answer.status_code == 403, f"{user}: {answer.status_code}"


def test_a_done_ticket_keeps_the_version_it_finished_under(desk, supervisor):
    from tickets.services.sla.recalculation import recalculate_page

    number = desk.ticket().ticket_id
    change_status(number, to="Resolved", by=desk.rep, now=after(hours=1))
    policy = Policy.objects.get(is_default=True)
    supervisor.post(
        reverse("admin:tickets_policy_change", args=[policy.pk]),
        policy_form(policy, medium_response="1h", medium_resolution="1h"),
    )

    assert recalculate_page(Recalculation.objects.get().pk)
    from tests.world import stored

    assert stored(number).policy_id == "default-1"
    assert stored(number).sla.resolution_breached_at is None


def calendar_form(**changed):
    days = ("monday", "tuesday", "wednesday", "thursday", "friday")
    return {
        "name": "Dock",
        "time_zone": "Europe/Rome",
        **dict.fromkeys(days, "09:00-17:00"),
    } | changed


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("monday", "9-17", "Enter hours such as 09:00-12:00"),
        ("tuesday", "17:00-09:00", "ends after it begins"),
        ("wednesday", "09:00-12:00, 11:00-15:00", "These time ranges overlap."),
        ("thursday", "<b>", "Enter hours such as"),
        ("friday", "09:00-25:00", "up to 24:00"),
        ("own_holidays", "2027-01-01 2027-13-01", "“2027-13-01” is not a date"),
        ("own_holidays", "20270101", "“20270101” is not a date"),
        ("time_zone", "Mars/Olympus", "time zone"),
        ("holiday_country", "ZZ", "Holidays for this country are not available"),
    ],
)
def test_what_is_wrong_with_a_calendar_is_said_beside_its_field(supervisor, field, typed, words):
    page = supervisor.post(reverse("admin:tickets_calendar_add"), calendar_form(**{field: typed}))

    errors = page.context["adminform"].form.errors
    assert list(errors) == [field]
    assert words in " ".join(errors[field])
    assert not Calendar.objects.filter(name="Dock").exists()


def test_a_calendar_without_hours_says_what_to_do(supervisor):
    days = ("monday", "tuesday", "wednesday", "thursday", "friday")
    page = supervisor.post(
        reverse("admin:tickets_calendar_add"), calendar_form(**dict.fromkeys(days, ""))
    )

    assert "around the clock" in page.context["adminform"].form.errors["monday"][0]


def test_a_response_that_takes_longer_than_the_resolution_is_refused(supervisor):
    policy = Policy.objects.get(is_default=True)
    address = reverse("admin:tickets_policy_change", args=[policy.pk])

    page = supervisor.post(address, policy_form(policy, high_response="3d", high_resolution="2d"))

    assert list(page.context["adminform"].form.errors) == ["high_response"]
    assert PolicyVersion.objects.count() == 1


def test_absences_of_a_person_do_not_overlap(supervisor, desk):
    add = reverse("admin:accounts_absence_add")
    first = {"user": desk.rep_user.pk, "first_day": "2026-12-01", "last_day": "2026-12-10"}
    supervisor.post(add, first)
    mine = Absence.objects.get()

    for days in (("2026-12-10", "2026-12-12"), ("2026-11-01", "2026-12-31"), ("2026-12-05",) * 2):
        page = supervisor.post(add, {**first, "first_day": days[0], "last_day": days[1]})
        assert "Overlaps with another absence" in page.content.decode(), days
    assert Absence.objects.count() == 1

    supervisor.post(add, {**first, "user": desk.rep2_user.pk})
    supervisor.post(add, {**first, "first_day": "2026-12-11", "last_day": "2026-12-12"})
    change = reverse("admin:accounts_absence_change", args=[mine.pk])
    supervisor.post(change, {**first, "last_day": "2026-12-09"})
    assert Absence.objects.count() == 3
    assert str(Absence.objects.get(pk=mine.pk).last_day) == "2026-12-09"


def test_the_address_of_an_earlier_release_leads_to_a_recalculation(supervisor):
    moved = supervisor.get("/admin/tickets/replan/7/change/")
    assert (moved.status_code, moved["Location"]) == (301, "/admin/tickets/recalculation/7/change/")
