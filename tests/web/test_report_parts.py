"""The parts of a report, and how a reader finds their way back to one."""

import re
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from helpdesk.clock import this_second
from helpdesk.dynamo import capacity
from reporting.models import SavedReport
from reporting.web.pages import PARTS
from tests.figures import busy, rolled
from tests.world import settle, team
from tickets.services.lists.counts import now_counts

RANGE = "from=2026-10-01&until=2026-12-31&tz=UTC"
LINK = re.compile(r'href="(/reports/tickets/[^"]+)"')
REQUESTS = {"volume": 13, "replies": 12, "sla": 12, "people": 13, "customers": 16, "hours": 13}
"""At most, of a quarter in the figures' own zone."""

SQL = 16


@pytest.fixture
def history(desk):
    busy(desk)
    team("Night", desk.rep_user)
    rolled()


@pytest.fixture
def supervisor(client, desk):
    client.force_login(desk.supervisor_user)
    return client


def page(client, query, status=200):
    answer = client.get(f"/reports/?{query}")
    assert answer.status_code == status, answer.content.decode()[:500]
    return answer.content.decode()


def test_each_part_answers_its_question_and_reads_no_more(
    supervisor, history, django_assert_max_num_queries
):
    words = {
        "volume": (
            "Created and resolved",
            "Age of the backlog now",
            "By category",
            "Resolution rate",
        ),
        "replies": ("90th percentile", "Where the time goes", "Resolved with one reply"),
        "sla": ("Goal 90 %", "By team", "Escalations by rule and level"),
        "people": ("Open now", "Ingrid Halvorsen", "First reply, median"),
        "customers": ("By customer segment", "By vehicle make"),
        "hours": ("People needed", "10 minutes ÷ 60", '<td class="heat-6">'),
    }
    assert set(words) == set(PARTS) == set(REQUESTS)
    supervisor.get("/sla/")  # what the first page of a process reads once
    for part, shown in words.items():
        with (
            capacity.counting() as used,
            django_assert_max_num_queries(SQL),
        ):
            found = page(supervisor, f"{RANGE}&part={part}")
        assert used.requests <= REQUESTS[part], (part, used.requests)
        for word in shown:
            assert word in found, (part, word)
        assert "rep2" not in found.partition('id="figures"')[2], "people have names"


def test_every_link_of_every_part_leads_to_tickets(supervisor, history):
    addresses = {
        unescape(address)
        for part in PARTS
        for address in LINK.findall(page(supervisor, f"{RANGE}&part={part}"))
    }
    assert len(addresses) > 60
    for address in sorted(addresses)[::7]:
        answer = supervisor.get(address)
        assert answer.status_code == 200, address
        assert 'class="row-link' in answer.content.decode(), address


def test_ages_of_the_backlog_lead_to_lists_of_as_many_tickets(supervisor, history, desk):
    for days in (0, 2, 40):
        desk.ticket(now=this_second() - timedelta(days=days))
    settle()
    shown = page(supervisor, f"{RANGE}&part=volume")
    ages = re.findall(r'href="(/tickets/\?view=active[^"]*)">([0-9]+)</a>', shown)
    assert sum(int(count) for _address, count in ages) == now_counts(by=desk.supervisor)["active"]
    assert len(ages) >= 3
    for address, count in ages:
        listed = supervisor.get(unescape(address)).content.decode()
        assert listed.count('class="row-link') == int(count), address


def test_a_report_without_a_query_is_the_one_that_its_reader_saw_last(client, desk):
    client.force_login(desk.supervisor_user)
    first = client.get("/reports/")
    assert query_of(first) == {"range": ["30-days"], "tz": ["UTC"]}
    seen = "range=last-month&tz=Asia%2FKathmandu&part=people&priority=High"
    page(client, seen)
    page(client, "range=no-such", 422)

    assert query_of(client.get("/reports/")) == parse_qs(seen)
    client.force_login(desk.rep_user)
    assert query_of(client.get("/reports/")) == {"range": ["30-days"], "tz": ["UTC"]}


def test_a_named_range_moves_on_and_days_of_ones_own_do_not(supervisor, desk):
    shown = page(supervisor, "range=this-month&tz=UTC&part=sla")
    first, until = re.findall(r'name="(?:from|until)" value="([0-9-]+)"', shown)
    assert 'aria-current="true" href="?range=this-month&amp;tz=UTC&amp;part=sla"' in shown
    sent = f"range=this-month&from={first}&until={until}&tz=UTC&priority=Low"
    page(supervisor, sent)  # the form has both
    assert query_of(supervisor.get("/reports/")) == {
        **parse_qs("range=this-month&tz=UTC&priority=Low&part=volume")
    }
    page(supervisor, f"range=this-month&from=2026-01-01&until={until}&tz=UTC")
    assert query_of(supervisor.get("/reports/"))["from"] == ["2026-01-01"]


def test_days_are_those_of_the_readers_zone(supervisor, desk, settings):
    settings.REPORT_TIME_ZONES = ["UTC", "Europe/Rome"]
    assert query_of(supervisor.get("/reports/"))["tz"] == ["Europe/Rome"]
    desk.supervisor_user.time_zone = "Pacific/Apia"
    desk.supervisor_user.save()
    assert query_of(supervisor.get("/reports/"))["tz"] == ["Pacific/Apia"]
    shown = page(supervisor, "range=today")
    assert "Time zone: Pacific/Apia" in shown
    assert '<option value="America/Argentina/Buenos_Aires">' in shown, "any zone can be found"
    assert "US/Eastern" not in shown
    assert "figure=" not in page(supervisor, "tz=Mars/Olympus", 422)


def test_a_report_is_saved_for_oneself_a_team_or_everyone(client, desk):
    money = team("Money", desk.rep_user, desk.rep2_user)
    client.force_login(desk.rep_user)
    asked = "range=last-week&tz=UTC&part=people"

    def save(name, shared, status=302):
        answer = client.post(f"/reports/save/?{asked}", {"name": name, "team": shared})
        assert answer.status_code == status
        return answer

    save("Mine", "")
    assert query_of(save("Ours", str(money.pk))) == parse_qs(asked), "not the figures of its maker"
    save("All", "everyone", 403)
    save(" ", "", 422)
    assert "Saved reports" in page(client, asked)

    client.force_login(desk.rep2_user)
    shown = page(client, asked)
    assert ">Ours<" in shown
    assert ">Mine<" not in shown
    mine, ours = SavedReport.objects.order_by("name")
    for one, status in ((mine, 404), (ours, 403)):
        assert client.get(f"/reports/saved/{one.pk}/delete/").status_code == status
        assert client.post(f"/reports/saved/{one.pk}/delete/").status_code == status

    client.force_login(desk.supervisor_user)
    save("All", "everyone")
    client.force_login(desk.rep_user)
    assert ">All<" in page(client, asked)
    assert (
        "It disappears for everybody in Money"
        in client.get(f"/reports/saved/{ours.pk}/delete/").content.decode()
    )
    assert client.post(f"/reports/saved/{ours.pk}/delete/").status_code == 302
    assert {one.name for one in SavedReport.objects.all()} == {"Mine", "All"}


def test_a_representatives_parts_are_their_own(client, desk, history):
    client.force_login(desk.rep_user)
    for part in PARTS:
        shown = page(client, f"{RANGE}&part={part}")
        assert "Only your own tickets are shown" in shown
        assert (
            "part=customers" not in shown.partition("<main")[2].replace("Figures by customer", "")
            or part == "customers"
        )
        assert "Tomasz Nowak" not in shown.partition('id="figures"')[2], part


def query_of(answer):
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer["Location"]).query)


def test_a_customer_gets_a_report_of_their_own(supervisor, desk, history):
    customer = desk.customer.customer_id
    address = f"/customers/{customer}/report/?{RANGE}"
    answer = supervisor.get(address)
    shown = answer.content.decode()
    assert answer.status_code == 200, shown[:500]
    assert f"Report for {desk.customer.name}" in shown
    assert len(re.findall(r'href="/tickets/\d+/">\s*#', shown)) == 3 + 1, "created, and still open"
    assert "Ingrid" not in shown.partition('id="figures"')[2], "colleagues are not named"
    [created] = re.findall(r'href="([^"]*figure=created)">3</a>', shown)
    assert supervisor.get(unescape(created)).content.decode().count('class="row-link') == 3
    assert supervisor.get(f"{address}&tz=x&until=2026-01-01").status_code == 422
    assert supervisor.get("/customers/none/report/").status_code == 404

    ranked = page(supervisor, f"{RANGE}&part=customers")
    assert f"/customers/{customer}/report/?from=2026-10-01" in ranked
