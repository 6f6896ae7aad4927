"""The dashboard, the reports and their API, as a person or a program sees them."""

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.core.cache import cache

from helpdesk.clock import this_second
from helpdesk.dynamo import capacity
from helpdesk.mail import delivery
from reporting.models import Simulation
from reporting.services import drill_down, rollups, simulation, weekly
from tests.world import settle, team
from tickets.domain import instant
from tickets.models import Calendar, Policy
from tickets.services.conversation.communicate import respond
from tickets.services.customer_records.follow import sync_changed_customers
from tickets.services.lifecycle import links_and_merges
from tickets.services.lifecycle.escalate import sweep
from tickets.services.lifecycle.status import change_status

WHOLE = {"completeUntil", "mergedTickets"}


@pytest.fixture
def history(desk):
    """Ten tickets of the last days; each answered after half an hour, half of them resolved."""
    team("Money", desk.rep_user)
    for number in range(10):
        at = this_second() - timedelta(days=number + 1)
        ticket = desk.ticket(now=at, assigned_to=desk.rep_user.pk and str(desk.rep_user.pk))
        respond(ticket.ticket_id, content="x", by=desk.rep, now=at + timedelta(minutes=30))
        if number % 2:
            change_status(
                ticket.ticket_id, to="Resolved", by=desk.rep, now=at + timedelta(hours=number)
            )
    sweep(now=this_second())
    settle()
    while rollups.roll_up():
        pass


@pytest.fixture
def supervisor(client, desk):
    client.force_login(desk.supervisor_user)
    return client


def page(client, address, status=200):
    answer = client.get(address, follow=True)
    assert answer.status_code == status, answer.content.decode()[:500]
    return answer.content.decode()


def test_a_report_shows_every_figure_with_its_definition(supervisor, history):
    shown = page(supervisor, "/reports/?part=replies")
    assert "Business time from creation, without time spent waiting" in shown
    assert "30 min" in shown
    shown = page(supervisor, "/reports/?part=volume")
    for words in ("Resolution rate", "50.0 %", "By category"):
        assert words in shown
    volume = re.search(r'<figure class="chart" aria-label="[^"]*".*?</figure>', shown, re.DOTALL)
    assert volume
    titles = re.findall(r"<title>([^<]*)</title>", volume[0])
    created = [title for title in titles if re.search(r"\b1\b", title) and "Created" in title]
    assert len(created) == 10, "ten days with a bar for the ticket that was created on it"
    assert "View data as a table" in shown


AXES = [
    ("from=2026-10-01&until=2026-10-20", ["1 Oct"], ["1 Oct 2026"]),
    ("from=2025-12-20&until=2026-01-20", ["20 Dec 2025"], [">20 Dec<"]),
    ("from=2025-01-01&until=2026-10-31&groupBy=month", ["Jan 2025"], [">Jan<"]),
    ("from=2025-12-20&until=2026-02-20&groupBy=week", ["Week 51, 2025"], [">Week 51<"]),
]


def test_the_axis_of_a_chart_says_the_year_where_there_are_several(supervisor, desk, subtests):
    desk.ticket(now=datetime(2026, 1, 5, 12, tzinfo=UTC))
    desk.ticket(now=datetime(2026, 10, 5, 12, tzinfo=UTC))
    settle()
    while rollups.roll_up():
        pass
    for query, labels, others in AXES:
        with subtests.test(query):
            shown = page(supervisor, f"/reports/?{query}")
            axes = "".join(re.findall(r'<svg class="chart-labels.*?</svg>', shown, re.DOTALL))
            for text in labels:
                assert text in axes
            for text in others:
                assert text not in axes


def test_a_click_on_a_figure_leads_to_its_tickets(supervisor, history):
    shown = page(supervisor, "/reports/?part=replies")
    [address] = re.findall(r'href="(/reports/tickets/[^"]*figure=resolutions)">5 tickets<', shown)
    assert shown.count(f'href="{address}"') > 3, "averages lead to their population"

    behind = page(supervisor, address.replace("&amp;", "&"))

    assert behind.count('class="row-link') == 5
    assert "5 in total" in behind
    assert behind.count("Within SLA") == 5
    none = page(supervisor, "/reports/tickets/?figure=late-responses")
    assert "No tickets for this figure" in none
    assert supervisor.get("/reports/tickets/?figure=nonsense").status_code == 422
    assert supervisor.get("/reports/tickets/?figure=created&page=forged").status_code == 422


def test_behind_a_figure_pages_go_on_without_gap_or_repeat(supervisor, history, monkeypatch):
    monkeypatch.setattr(drill_down, "PAGE", 3)
    address, seen = "/reports/tickets/?figure=created", []
    while address:
        shown = page(supervisor, address)
        seen += re.findall(r'href="/tickets/(\d+)/" class="row-link', shown)
        following = re.search(r'rel="next" href="([^"]+)"', shown)
        address = f"/reports/tickets/{following[1].replace('&amp;', '&')}" if following else None
    assert len(seen) == len(set(seen)) == 10


SENSELESS = [
    "from=2026-11-02&to=2026-11-02",
    "from=2026-11-03&to=2026-11-02",
    "from=x",
    "tz=Mars/Olympus",
    "priority=Urgent",
    "groupBy=moon",
    "from=1000-01-01",
    "from=1990-01-01&to=2100-01-01",
    "to=99999-01-01",
    "from=%00&to=%F0%9F%92%A9",
]


def test_what_makes_no_sense_is_explained_on_the_page_and_in_the_api(supervisor, subtests):
    for query in SENSELESS:
        with subtests.test(query):
            shown = page(supervisor, f"/reports/?{query}", 422)
            assert 'role="alert"' in shown
            assert supervisor.get(f"/reports/csv/?{query}", follow=True).status_code == 422
            answer = supervisor.get(f"/api/tickets/analytics?{query}")
            assert answer.status_code == 422
            assert answer["Content-Type"] == "application/problem+json"
            assert json.loads(answer.content)["errors"]


def test_empty_and_long_ranges_have_a_page(supervisor, subtests):
    for query in ("", "from=2016-01-01&until=2025-12-31", "groupBy=week", "tz=UTC"):
        with subtests.test(query):
            assert "No tickets in this range" in page(supervisor, f"/reports/?{query}")


def test_the_table_for_spreadsheets(supervisor, history):
    answer = supervisor.get("/reports/csv/?groupBy=assignedTo")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0].startswith("assignedTo,created,resolved")
    assert lines[1].split(",")[1:3] == ["10", "5"]
    assert len(lines) == 2
    assert lines[0].endswith(",completeUntil")
    assert lines[1].endswith(",")


def test_the_table_for_spreadsheets_says_up_to_when_it_is_complete(supervisor, desk):
    at = this_second()
    desk.ticket(now=at)
    answer = supervisor.get("/reports/csv/")
    lines = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert len(lines) > 1
    assert all(line.endswith(instant.text(at)) for line in lines[1:])


def test_the_table_for_spreadsheets_says_how_many_merged_tickets_it_leaves_out(supervisor, desk):
    source, target = desk.ticket(now=this_second()), desk.ticket(now=this_second())
    links_and_merges.merge(source.ticket_id, into=target.ticket_id, by=desk.rep)
    settle()
    while rollups.roll_up():
        pass

    def of(query):
        answer = supervisor.get(f"/reports/csv/?groupBy=category{query}")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        [row] = [one for one in csv.DictReader(text.splitlines()) if one["category"] == "Shipping"]
        return row["created"], row["mergedTickets"]

    assert of("") == ("1", "1")
    assert of("&includeMerged=true") == ("2", "0")


def test_pages_name_the_last_day_and_the_api_the_day_after(supervisor, desk, settings):
    """The contract: `until` is inclusive, the API's `to` is not, and old links redirect."""
    settings.REPORT_TIME_ZONES = ["UTC"]
    desk.ticket(now=datetime(2026, 11, 2, 23, 59, 59, tzinfo=UTC))
    desk.ticket(now=datetime(2026, 11, 3, 0, 0, 0, tzinfo=UTC))
    settle()
    while rollups.roll_up():
        pass
    shown = page(supervisor, "/reports/tickets/?figure=created&from=2026-11-02&until=2026-11-02")
    assert shown.count('class="row-link') == 1
    found = supervisor.get("/api/tickets/analytics?from=2026-11-02&to=2026-11-03").json()
    assert found["totals"]["created"] == 1

    for path in ("/reports/", "/reports/csv/", "/reports/tickets/"):
        old = supervisor.get(f"{path}?from=2026-11-02&to=2026-11-03&priority=Low&priority=High")
        assert old.status_code == 301
        kept = parse_qs(urlsplit(old["Location"]).query)
        assert kept == {
            "from": ["2026-11-02"],
            "until": ["2026-11-02"],
            "priority": ["Low", "High"],
        }
    assert 'name="until" value="2026-11-02"' in page(
        supervisor, "/reports/?from=2026-11-01&until=2026-11-02"
    )
    same_day = page(supervisor, "/reports/?from=2026-11-03&until=2026-11-02", 422)
    assert "The last day must not be before the first day." in same_day


def test_representatives_see_their_own_figures(rep_client, desk, history):
    assert "Only your own tickets are shown" in page(rep_client, "/reports/")
    page(rep_client, f"/reports/?assignedTo={desk.rep2.user_id}", 403)
    answer = rep_client.get(f"/api/tickets/sla-report?assignedTo={desk.rep2.user_id}")
    assert answer.status_code == 403
    assert rep_client.get("/api/tickets/sla-report").json()["response"]["count"] == 10


def test_the_reports_of_the_api_have_the_exact_shape(supervisor, history):
    found = supervisor.get("/api/tickets/sla-report").json()
    clock = {"count", "met", "breached", "attainment", "averageSeconds"}
    clock |= {"medianSeconds", "p90Seconds"}
    assert set(found) == {"from", "to", "tz", "response", "resolution", "byPriority", "now"} | WHOLE
    assert set(found["response"]) == clock
    assert set(found["byPriority"]) == {"Critical", "High", "Medium", "Low"}
    assert set(found["byPriority"]["Low"]["resolution"]) == clock
    assert found["now"] == {
        "active": 5,
        "atRisk": found["now"]["atRisk"],
        "overdue": found["now"]["overdue"],
        "waiting": 0,
        "unassigned": 0,
    }
    assert found["response"]["averageSeconds"] == 1800
    assert found["response"]["medianSeconds"] == pytest.approx(1800, rel=0.01)

    found = supervisor.get("/api/tickets/analytics?groupBy=assignedTo").json()
    assert set(found) == {"from", "to", "tz", "groupBy", "totals", "groups"} | WHOLE
    counts = {"created", "resolved", "closed", "reopened", "escalated", "resolutionRate"}
    assert set(found["totals"]) == counts
    assert set(found["groups"][0]) == counts | {"key"}
    assert found["totals"]["resolutionRate"] == 0.5


def test_the_api_asks_strangers_who_they_are(client, desk):
    for address in ("/api/tickets/sla-report", "/api/tickets/analytics"):
        answer = client.get(address)
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == 401
    client.force_login(desk.outsider_user)
    assert client.get("/api/tickets/analytics").status_code == 403


def test_the_dashboard_shows_what_burns_and_follows(supervisor, desk, history):
    at = this_second() - timedelta(hours=3, minutes=30)
    desk.ticket(priority="High", subject="Due soon", now=at)
    settle()
    shown = page(supervisor, "/sla/")
    for words in ("Deadlines within one hour", "Due soon", "By priority", "Escalations today"):
        assert words in shown
    fragment = supervisor.get("/sla/", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    assert "Due soon" in fragment


def test_many_who_watch_the_dashboard_cost_one_snapshot(
    supervisor, history, django_assert_max_num_queries, monkeypatch
):
    now = this_second()  # a snapshot is of some seconds by the clock: these two are of the same
    monkeypatch.setattr("tickets.services.lists.counts.this_second", lambda: now)
    monkeypatch.setattr("tickets.services.lists.counts.KEPT", 3_600)
    monkeypatch.setattr("reporting.services.today.SHARED", 3_600)
    page(supervisor, "/sla/")
    with capacity.counting() as used, django_assert_max_num_queries(12):
        page(supervisor, "/sla/")
    # What is due soon, its customers, which figures are read, and those of today.
    assert used.requests <= 4


def test_a_simulation_goes_through_the_recorded_time_and_changes_nothing(supervisor, desk, history):
    policy = Policy.objects.get(is_default=True)
    shown = page(supervisor, "/reports/simulation/")
    assert 'value="8h"' in shown
    fields = {field: getattr(policy, field) for field in simulation.fields()}
    asked = {**fields, "policy": policy.pk, "calendar": policy.calendar_id}

    wrong = supervisor.post("/reports/simulation/", {**asked, "medium_response": "soon"})
    assert wrong.status_code == 422
    assert "Enter business time" in wrong.content.decode()
    answer = supervisor.post("/reports/simulation/", {**asked, "medium_response": "10m"})
    assert "0 of 90 days" in page(supervisor, answer["Location"])
    for _ in range(30):
        supervisor.post(f"{answer['Location']}step/")

    found = Simulation.objects.get()
    assert found.finished_at
    assert found.tallies["response"]["Medium"] == [10, 10, 0]
    assert found.tallies["resolution"]["Medium"] == [5, 5, 5]
    shown = page(supervisor, answer["Location"])
    assert "10 outcomes would change" in shown
    assert "Breached instead of met" in shown
    policy.refresh_from_db()
    assert policy.medium_response == "8h"
    assert policy.versions.count() <= 1


def test_an_address_of_an_earlier_release_leads_to_the_simulation(supervisor):
    moved = supervisor.get("/reports/what-if/?policy=1")
    assert (moved.status_code, moved["Location"]) == (301, "/reports/simulation/?policy=1")
    assert supervisor.get("/reports/what-if/7/")["Location"] == "/reports/simulation/7/"


def test_a_simulation_with_another_calendar(supervisor, desk, history):
    """With working hours of one minute a week nothing is ever late."""
    narrow = Calendar.objects.create(
        name="Narrow",
        **dict.fromkeys(["tuesday", "wednesday", "thursday", "friday"], ""),
        monday="09:00-09:01",
    )
    policy = Policy.objects.get(is_default=True)
    fields = dict.fromkeys(simulation.fields(), "2m")
    asked = simulation.start(
        policy.pk,
        calendar_id=narrow.pk,
        targets=fields,
        by=desk.supervisor,
        today=this_second().date(),
    )
    while not simulation.step(asked.pk).finished_at:
        pass
    asked.refresh_from_db()
    assert asked.tallies["response"]["Medium"] == [10, 10, 10]


def test_the_week_is_mailed_once_to_those_who_want_it(desk, history):
    assert weekly.queue_weekly(today=this_second().date()) == 0
    desk.supervisor_user.weekly_report = True
    desk.supervisor_user.email = "boss@example.com"
    desk.supervisor_user.save()
    desk.rep_user.weekly_report = True
    desk.rep_user.email = "rep@example.com"
    desk.rep_user.save()

    for _ in range(2):
        weekly.queue_weekly(today=this_second().date())
        delivery.send_due()

    [sent] = [one for one in mail.outbox if one.subject.startswith("Weekly report")]
    assert sent.to == ["boss@example.com"]
    assert "First reply: " in sent.body


def test_the_form_shows_whom_the_figures_are_of_even_if_they_left(desk, client):
    client.force_login(desk.supervisor_user)
    desk.rep2_user.is_active = False
    desk.rep2_user.save()

    for asked, name in ((desk.rep2.user_id, "Tomasz Nowak"), ("me", "Ingrid Halvorsen")):
        page = client.get("/reports/", {"assignedTo": asked}).content.decode()
        assert f"selected>{name}</option>" in page


def test_pages_say_that_figures_catch_up_and_refresh_until_they_have(supervisor, desk):
    desk.ticket(now=this_second())
    for address in ("/reports/", "/reports/tickets/?figure=created"):
        shown = page(supervisor, address)
        assert "Data is complete up to" in shown, address
        assert 'hx-trigger="load delay:3s"' in shown, address
    assert supervisor.get("/api/tickets/analytics").json()["completeUntil"]
    settle()
    while rollups.roll_up():
        pass
    sync_changed_customers()
    settle()
    while rollups.roll_up():
        pass
    assert "Data is complete up to" not in page(supervisor, "/reports/")


def test_pages_and_api_have_a_way_to_count_merged_tickets(supervisor, desk):
    at = this_second() - timedelta(hours=2)
    kept, twin = desk.ticket(now=at), desk.ticket(now=at)
    links_and_merges.merge(twin.ticket_id, into=kept.ticket_id, by=desk.rep)
    settle()
    while rollups.roll_up():
        pass
    shown = page(supervisor, "/reports/")
    assert "1 merged ticket is not included" in shown
    found = supervisor.get("/api/tickets/analytics").json()
    assert (found["totals"]["created"], found["mergedTickets"]) == (1, 1)
    found = supervisor.get("/api/tickets/analytics?includeMerged=true").json()
    assert (found["totals"]["created"], found["mergedTickets"]) == (2, 0)
    assert "figure=created" in page(supervisor, "/reports/?includeMerged=true")
    behind_it = page(supervisor, "/reports/tickets/?figure=created&includeMerged=true")
    assert behind_it.count('class="row-link') == 2
    assert page(supervisor, "/reports/tickets/?figure=created").count('class="row-link') == 1
    assert supervisor.get("/api/tickets/analytics?includeMerged=perhaps").status_code == 422


def test_the_dashboard_says_that_the_escalations_of_today_catch_up(supervisor, desk):
    desk.ticket(now=this_second())
    assert "Data is complete up to" in page(supervisor, "/sla/")
    sync_changed_customers()
    settle()
    while rollups.roll_up():
        pass
    cache.clear()  # some seconds later
    assert "Data is complete up to" not in page(supervisor, "/sla/")
