"""The history of policies and calendars says who changed what, from what to what."""

from django.urls import reverse
from django.utils import timezone

from helpdesk.audit.deliver import deliver
from tests.admin.test_sla_configuration import calendar_form, policy_form
from tickets.models import Calendar, Policy, PolicyVersion


def text_of(page):
    return " ".join(page.content.decode().split())


def test_changes_are_shown_with_values_in_words_and_their_person(supervisor, desk):
    policy = Policy.objects.get(is_default=True)
    policy_page = reverse("admin:tickets_policy_change", args=[policy.pk])
    supervisor.post(reverse("admin:tickets_calendar_add"), calendar_form(holiday_country="IT"))
    dock = Calendar.objects.get(name="Dock")
    changed = {"calendar": dock.pk, "high_response": "1 business day", "_confirmed": "1"}
    supervisor.post(policy_page, policy_form(policy, **changed))
    calendar_page = reverse("admin:tickets_calendar_change", args=[dock.pk])
    later = calendar_form(monday="10:00-17:00", holiday_country="DE", holiday_region="BY")
    supervisor.post(calendar_page, {**later, "_confirmed": "1"})

    before = text_of(supervisor.get(reverse("admin:tickets_policy_history", args=[policy.pk])))
    assert "High: first reply: <del>4h</del> → <ins>8h</ins>" in before
    assert "<ins>Dock</ins>" in before, "no number of a row"
    assert desk.supervisor.name in before
    assert "default-2</a>" in before
    of_calendar = reverse("admin:tickets_calendar_history", args=[dock.pk])
    german = text_of(supervisor.get(of_calendar, headers={"Accept-Language": "de"}))
    assert "<del>Italien</del> → <ins>Deutschland</ins>" in german
    assert "Region: <ins>Bayern</ins>" in german
    assert "Montag: <del>09:00-17:00</del> → <ins>10:00-17:00</ins>" in german
    deliver()
    after = text_of(supervisor.get(reverse("admin:tickets_policy_history", args=[policy.pk])))
    assert after.count("<ins>8h</ins>") == before.count("<ins>8h</ins>") == 1, "from either place"

    newest = PolicyVersion.objects.filter(policy=policy).first()
    shown = reverse("admin:tickets_policyversion_change", args=[newest.pk])
    version = text_of(supervisor.get(shown))
    assert "Monday: <del>09:00–17:00</del> → <ins>10:00–17:00</ins>" in version
    year = timezone.localdate().year
    assert f"Holidays in {year + 1}: <del>" in version
    assert "High: first reply: 8h" in version
    assert "{&#x27;" not in version, "no JSON"
