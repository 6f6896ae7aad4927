"""A calendar's form: hours in rows, holidays by country and region, zones by search."""

from urllib.parse import urlencode

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.admin.test_sla_configuration import policy_form
from tickets.models import Calendar, Policy, PolicyVersion

ADD = "admin:tickets_calendar_add"


@pytest.fixture
def typed():
    """What a browser sends: a row of ranges for each day."""

    def form(**changed):
        days = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
        empty = {f"{day}_{n}_{end}": "" for day in days for n in (0, 1) for end in ("from", "to")}
        monday = dict(
            zip([f"monday_{n}_{e}" for n in (0, 1) for e in ("from", "to")], BREAK, strict=True)
        )
        return {**empty, "name": "Dock", "time_zone": "berlin", **monday, **changed}

    return form


BREAK = ("08:00", "12:00", "13:00", "00:00")


def test_a_week_is_typed_in_rows_and_monday_copied_without_a_script(supervisor, typed):
    add = reverse(ADD)
    page = supervisor.get(add).content.decode()
    assert 'type="time" name="saturday_1_to"' in page
    assert "Berlin, Central European Time (UTC+0" in page

    copied = supervisor.post(add, typed(_preview="copy"))
    text = copied.content.decode()
    assert not Calendar.objects.filter(name="Dock").exists()
    assert 'name="friday_1_from" value="13:00"' in text
    assert 'name="friday_2_from" value=""' in text, "room for a further range"
    assert 'name="saturday_0_from" value=""' in text

    rest = {"tuesday_0_from": "09:00", "tuesday_0_to": "17:00"}
    supervisor.post(add, typed(**rest))
    dock = Calendar.objects.get(name="Dock")
    assert dock.time_zone == "Europe/Berlin", "found by its place"
    assert dock.as_written()["hours"] == {
        "mon": [["08:00", "12:00"], ["13:00", "24:00"]],
        "tue": [["09:00", "17:00"]],
    }
    half = supervisor.post(add, typed(name="Half", friday_0_from="09:00"))
    assert "ends after it begins" in half.context["adminform"].form.errors["friday"][0]


def test_holidays_are_chosen_by_name_and_shown_for_three_years(supervisor, typed):
    year = timezone.localdate().year
    german = {"Accept-Language": "de"}
    bavaria = typed(holiday_country="DE", holiday_region="BY", own_holidays=f"{year}-12-24")
    shown = supervisor.post(reverse(ADD), {**bavaria, "_preview": "1"}, headers=german)
    text = shown.content.decode()
    assert '<option value="DE" selected>Deutschland</option>' in text
    assert '<option value="BY" selected>Bayern</option>' in text
    assert text.count("Fronleichnam") == text.count("Heilige Drei Könige") == 3
    assert f"<h3>{year + 2}</h3>" in text
    assert f"{year}-12-24" in text

    supervisor.post(reverse(ADD), bavaria)
    dock = Calendar.objects.get(name="Dock")
    holidays = dock.as_written()["holidays"]
    assert {f"{year}-12-24", f"{year + 1}-01-06"} <= set(holidays)
    listed = supervisor.get(reverse("admin:tickets_calendar_changelist")).content.decode()
    assert "Germany, Bayern" in listed

    query = urlencode({"country": "US", "region": "BY"})
    address = reverse("admin:tickets_calendar_holidays")
    answer = supervisor.get(f"{address}?{query}").json()
    assert ["TX", "Texas"] in answer["regions"]
    assert "Thanksgiving" in answer["holidays"]
    nothing = supervisor.get(f"{address}?country=%3Cb%3E").json()
    assert nothing["regions"] == [["", "–"]]
    assert "<b>" not in nothing["holidays"]
    wrong = supervisor.post(
        reverse(ADD), typed(name="X", holiday_country="IT", holiday_region="BY")
    )
    assert list(wrong.context["adminform"].form.errors) == ["holiday_region"]


def test_targets_are_typed_as_business_days_and_shown_with_what_they_mean(supervisor):
    policy = Policy.objects.get(is_default=True)
    days = ("monday", "tuesday", "wednesday", "thursday", "friday")
    dock = Calendar.objects.create(name="Dock", **dict.fromkeys(days, "09:00-17:00"))
    address = reverse("admin:tickets_policy_change", args=[policy.pk])
    typed = policy_form(policy, calendar=dock.pk, high_response="1 Arbeitstag", low_resolution="5d")

    preview = supervisor.post(address, {**typed, "_preview": "1"}).content.decode()
    assert 'value="1 Arbeitstag"' in preview, "as it was typed"
    assert "= 8 h, 1 business day (Mon–Fri 09:00–17:00)" in preview
    assert "= 120 h, 15 business days (Mon–Fri 09:00–17:00)" in preview, "a d has 24 hours"
    assert PolicyVersion.objects.filter(policy=policy).count() == 1

    supervisor.post(address, typed)
    policy.refresh_from_db()
    assert policy.high_response == "8h"
    newest = PolicyVersion.objects.filter(policy=policy).first()
    assert newest.terms["targets"]["High"]["response"] == 8 * 3600
    german = supervisor.get(address, headers={"Accept-Language": "de"}).content.decode()
    assert "= 8 h, 1 Arbeitstag (Mo–Fr 09:00–17:00)" in german

    query = urlencode([("calendar", dock.pk), ("text", "2 d 4 h"), ("text", ""), ("text", "soon")])
    answer = supervisor.get(f"{reverse('admin:tickets_policy_meaning')}?{query}").json()["meanings"]
    assert answer[:2] == ["= 52 h, 6.5 business days (Mon–Fri 09:00–17:00)", ""]
    assert "is not a duration such as" in answer[2]
