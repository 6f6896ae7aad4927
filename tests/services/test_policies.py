"""Policies, their versions, and planning open tickets anew."""

import pytest
from django.core.exceptions import ValidationError

from tests.world import after, stored
from tickets.models import Calendar, Policy, Recalculation
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.status import change_status
from tickets.services.sla import policies
from tickets.services.sla.configure import save_calendar, save_policy
from tickets.services.sla.recalculation import recalculate_page, start_recalculation


def run_recalculation():
    run = start_recalculation("test")
    for _ in range(20):
        if recalculate_page(run.pk):
            break
    return Recalculation.objects.get(pk=run.pk)


@pytest.fixture
def office(db):
    calendar = Calendar(name="Office", time_zone="Europe/Rome")
    save_calendar(calendar)
    return calendar


def policy(calendar, **fields):
    made = Policy(name="Customs", slug="customs", calendar=calendar, **fields)
    save_policy(made)
    return made


def test_the_default_policy_is_that_of_the_specification(desk):
    shown = {
        promise.priority.value: (promise.response // 3600, promise.resolution // 3600)
        for promise in policies.targets_of_new_tickets()
    }
    assert shown == {"Critical": (2, 24), "High": (4, 48), "Medium": (8, 72), "Low": (24, 120)}


def test_the_first_policy_that_matches_applies(desk, office):
    policy(office, categories=["Customs"], order=10, medium_response="1h")

    assert desk.ticket(category="Customs").policy_id == "customs-1"
    assert desk.ticket(category="Billing").policy_id == "default-1"


def test_segments_are_a_condition_too(desk, office):
    policy(office, segments=["VIP"])

    assert desk.ticket().policy_id == "default-1"


def test_saving_a_policy_without_a_change_makes_no_version(desk, office):
    made = policy(office)
    save_policy(made)

    assert made.versions.count() == 1


def test_open_tickets_follow_a_new_version_and_done_ones_keep_theirs(desk, office):
    made = policy(office, categories=["Shipping"])
    running, done = desk.ticket(), desk.ticket()
    change_status(done.ticket_id, to="Resolved", by=desk.rep, now=after(minutes=5))
    made.medium_resolution = "8h"
    save_policy(made)

    run = run_recalculation()

    assert (stored(running.ticket_id).policy_id, stored(done.ticket_id).policy_id) == (
        "customs-2",
        "customs-1",
    )
    assert (run.seen, run.changed) == (1, 1)
    assert run.finished_at is not None


def test_a_calendar_makes_versions_of_the_policies_that_use_it(desk, office):
    made = policy(office)
    office.saturday = "09:00-12:00"
    save_calendar(office)

    assert policies.current_key(made) == "customs-2"


def test_moving_a_ticket_to_another_category_moves_it_under_its_policy(desk, office):
    policy(office, categories=["Customs"])
    ticket = desk.ticket()

    edit(ticket.ticket_id, category="Customs", by=desk.rep, now=after(hours=1))

    assert stored(ticket.ticket_id).policy_id == "customs-1"


@pytest.mark.parametrize(
    "fields",
    [
        {"monday": "9-17"},
        {"monday": "17:00-09:00"},
        {"monday": "09:00-12:00, 11:00-13:00"},
        dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ""),
        {"time_zone": "Europe/Nowhere"},
        {"holiday_country": "XX"},
        {"own_holidays": "next Monday"},
    ],
)
def test_a_calendar_that_makes_no_sense_is_refused(db, fields):
    with pytest.raises(ValidationError):
        Calendar(name="Odd", **{"time_zone": "Europe/Rome", **fields}).full_clean()


@pytest.mark.parametrize("text", ["", "soon", "0h", "2", "-3h", "2h 1d"])
def test_a_target_that_nobody_can_promise_is_refused(office, text):
    with pytest.raises(ValidationError) as refused:
        Policy(name="x", slug="x", calendar=office, high_response=text).full_clean()

    assert "high_response" in refused.value.error_dict


def test_a_countrys_holidays_are_no_working_days(office):
    office.holiday_country = "IT"

    assert "2026-12-25" in office.as_written()["holidays"]
