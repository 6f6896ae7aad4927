"""The page "How is this deadline calculated?": what is to come, and the same in sla_explain."""

from tests.world import NOON
from tickets.models import Calendar, Policy
from tickets.services.sla import explain
from tickets.services.sla.configure import save_calendar, save_policy
from tickets.web import sla_explanation


def test_what_is_to_come_is_on_the_page_and_in_the_command(desk, rep_client, monkeypatch):
    hours = "09:00-12:00, 13:00-17:00"
    names = ("monday", "tuesday", "wednesday", "thursday", "friday")
    workdays = Calendar.objects.create(
        name="Rome, <workdays>",
        time_zone="Europe/Rome",
        own_holidays="2026-11-03",
        **dict.fromkeys(names, hours),
    )
    policy = Policy.objects.get(is_default=True)
    policy.calendar = workdays
    save_policy(policy)
    number = desk.ticket(priority="High").ticket_id  # Monday, 13:00 in Rome; 4 h and 48 h
    found = explain.explained(number, by=desk.rep, now=NOON)
    monkeypatch.setattr(sla_explanation, "explained", lambda *_given, **_more: found)

    page = rep_client.get(f"/tickets/{number}/why/")
    response, resolution = page.context["clocks"]
    text = page.content.decode()
    assert "Calendar: Rome, &lt;workdays&gt;." in text
    assert "in Europe/Rome" in text
    assert [row["hours"] for row in response["days"]] == [["13:00–17:00"]]
    days = [(row["day"].date.day, row["day"].kind, row["hours"]) for row in resolution["days"]]
    assert days[1] == (3, "holiday", [])
    assert days[2] == (4, "open", ["09:00–12:00", "13:00–17:00"])
    assert days[2 + 3] == (7, "closed", [])
    assert resolution["ahead"].seconds == 48 * 3600
    assert text.count("Holiday") == 1
    assert "Break 12:00–13:00" in text
    assert "48 h of business time until the deadline" in text
    assert "style=" not in text

    told = explain.explain_ticket(number, now=NOON)
    assert (
        "To come, business hours in Europe/Rome:\n    Mon 2026-11-02  13:00–17:00  counted, 4h"
        in (told)
    )
    assert "    Tue 2026-11-03  holiday\n" in told
    assert "    together 2d\n" in f"{told}\n"

    workdays.own_holidays = ""
    save_calendar(workdays)
    assert explain.explained(number, by=desk.rep, now=NOON).calendar_name == "", "it is another now"
