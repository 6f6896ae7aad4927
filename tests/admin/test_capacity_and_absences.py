"""Supervisors say how much somebody takes and when they are away, and people have names."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from helpdesk.accounts.models import Absence, User
from helpdesk.audit.models import QueuedEntry
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from tests.world import team
from tickets.services.assignment.assign import assign_automatically

INLINE = {
    "absences-TOTAL_FORMS": "1",
    "absences-INITIAL_FORMS": "0",
    "absences-0-first_day": "",
    "absences-0-last_day": "",
    "absences-0-reason": "",
}


def test_capacity_and_absences_are_the_supervisors_and_routing_heeds_them(supervisor, desk):
    customs = team("Customs", desk.rep_user, desk.rep2_user, distribution="round robin")
    today = timezone.localdate()
    last = today + timedelta(days=3)
    address = reverse("admin:accounts_person_change", args=[desk.rep_user.pk])
    QueuedEntry.objects.all().delete()
    days = {
        "absences-0-first_day": today.isoformat(),
        "absences-0-last_day": last.isoformat(),
        "absences-0-reason": "Surgery",
    }

    saved = supervisor.post(address, {**INLINE, **days, "capacity": "7", "is_superuser": "on"})

    assert saved.status_code == 302, saved.context["errors"]
    desk.rep_user.refresh_from_db()
    assert (desk.rep_user.capacity, desk.rep_user.is_superuser) == (7, False)
    recorded = {one.kind: one.changes for one in QueuedEntry.objects.all()}
    assert '"capacity", null, "7"' in recorded["user"]
    assert "Surgery" not in recorded["absence"], "the reason may tell of an illness"

    now = this_second()
    made = [desk.ticket(now=now, team_id=str(customs.pk)) for _ in range(2)]
    assert {one.assigned_to for one in made} == {desk.rep2.user_id}
    other = reverse("admin:accounts_person_change", args=[desk.rep2_user.pk])
    supervisor.post(other, {**INLINE, "capacity": "2"})
    third = desk.ticket(now=now, team_id=str(customs.pk))
    with pytest.raises(Invalid, match="absent or at capacity"):
        assign_automatically(third.ticket_id, by=desk.rep, now=now)

    listed = supervisor.get(reverse("admin:accounts_person_changelist")).content.decode()
    assert desk.rep.name in listed
    assert f"{date_format(today)} – {date_format(last)}" in listed
    mark = f"{desk.rep.name} (away until {date_format(last)})"
    for page in (
        reverse("ticket_detail", args=[third.ticket_id]),
        reverse("admin:tickets_escalationrule_add"),
    ):
        assert mark in supervisor.get(page).content.decode(), page
    workload = supervisor.get(reverse("team")).content.decode()
    assert f"Away until {date_format(last)}" in " ".join(workload.split())
    assert address in workload
    history = supervisor.get(reverse("admin:accounts_person_history", args=[desk.rep_user.pk]))
    assert f"<td>{desk.supervisor.name}</td>" in history.content.decode()
    supervisor.force_login(desk.rep_user)
    assert supervisor.get(address).status_code in (302, 403)
    workload = supervisor.get(reverse("team")).content.decode()
    assert address not in workload
    assert "Surgery" not in workload


def test_people_are_named_and_those_who_are_called_the_same_told_apart(supervisor, desk):
    User.objects.filter(pk=desk.rep2_user.pk).update(
        first_name=desk.rep_user.first_name, last_name=desk.rep_user.last_name
    )
    Absence.objects.create(user=desk.supervisor_user, first_day="2026-01-01", last_day="2026-01-02")
    twins = [f"{desk.rep.name} ({user.username})" for user in (desk.rep_user, desk.rep2_user)]
    ticket = desk.ticket()
    for page in (
        reverse("admin:tickets_escalationrule_add"),
        reverse("admin:accounts_absence_add"),
        reverse("admin:accounts_person_changelist"),
        reverse("ticket_detail", args=[ticket.ticket_id]),
        reverse("team"),
    ):
        text = supervisor.get(page).content.decode()
        assert all(name in text for name in twins), page
        assert f"({desk.supervisor_user.username})" not in text, page
    listed = supervisor.get(reverse("admin:accounts_absence_changelist")).content.decode()
    assert f">{desk.supervisor.name}</a>" in listed
