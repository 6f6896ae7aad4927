"""Every figure of a report leads to exactly the tickets that it counted."""

import re
from html import unescape

import pytest

from reporting.services import drill_down
from reporting.web.pages import PARTS
from tests.figures import busy, rolled
from tests.world import team

REPORT = "/reports/?from=2026-10-01&until=2026-12-31"
MARK = re.compile(r'<a href="(/reports/tickets/[^"]+)" tabindex="-1"><rect[^>]*><title>([^<]+)<')
LINK = re.compile(r'<a class="[^"]*" href="(/reports/tickets/[^"]+)">([^<]+)</a>')


@pytest.fixture
def supervisor(client, desk):
    client.force_login(desk.supervisor_user)
    return client


def page(client, address):
    answer = client.get(unescape(address))
    assert answer.status_code == 200, (address, answer.content.decode()[:300])
    return answer.content.decode()


def report(client):
    """Return all parts of the report of a quarter."""
    return "".join(page(client, f"{REPORT}&groupBy=month&part={part}") for part in PARTS)


def test_every_figure_leads_to_as_many_tickets_as_it_says(supervisor, desk):
    busy(desk)
    team("Night", desk.rep_user)
    rolled()
    shown = report(supervisor)
    links = {(address, text.strip()) for address, text in LINK.findall(shown)}
    links |= {(address, says.rpartition(" ")[2]) for address, says in MARK.findall(shown)}
    figures = {re.search("figure=([a-z-]+)", address)[1] for address, _text in links}
    shown_elsewhere = {"next-responses", "late-next-responses", "one-touch", "first-contact"}
    shown_elsewhere.add("returned")  # of which this history has none
    assert figures == {*drill_down.FIGURES} - shown_elsewhere
    for narrowed in ("priority", "category", "assignedTo", "team", "segment", "rule", "band"):
        assert any(f"{narrowed}=" in address for address, _text in links), narrowed
    rows_of, counts = {}, 0
    for address, text in links:
        if address not in rows_of:
            behind = page(supervisor, address)
            rows_of[address] = behind.count('class="row-link')
            assert re.search(rf">\s*{rows_of[address]} in total", behind), (address, text)
        if text.isdecimal():
            assert rows_of[address] == int(text), address
            counts += 1
    assert counts > 30


def test_every_bar_and_point_of_the_charts_leads_to_its_tickets(supervisor, desk):
    busy(desk)
    rolled()
    shown = report(supervisor)
    charts = re.findall(r'<figure class="chart".*?</figure>', shown, re.DOTALL)
    figures = [set(re.findall("figure=([a-z-]+)", chart)) for chart in charts]
    assert figures == [
        {"created", "resolved"},
        set(),  # a backlog is no list of events
        set(),  # nor are its ages, which lead to lists
        {"responses"},
        {"resolutions"},
        {"responses", "resolutions"},
    ]
    for chart in charts:
        assert chart.count("<a ") == chart.count('tabindex="-1"'), "the tables are for the keyboard"
    tables = "".join(re.findall("<table.*?</table>", shown, re.DOTALL))
    for address in re.findall('<a href="([^"]+)" tabindex', "".join(charts)):
        assert address in tables


def test_a_rate_leads_to_both_counts_that_it_is_made_of(supervisor, desk):
    busy(desk)
    rolled()
    shown = page(
        supervisor,
        "/reports/tickets/?from=2026-10-01&until=2026-12-31&priority=Critical&figure=rate",
    )
    assert "3 in total: Created 1, Resolved 2" in shown
    assert shown.count('class="row-link') == 3
    assert "Resolution rate: Critical</h1>" in shown
    assert len(re.findall(r'quiet">Resolved ', shown)) == 2, "each row names its event"


def test_the_page_names_the_row_that_it_is_about(supervisor, desk):
    busy(desk)
    rolled()
    for query, heading in (
        ("figure=created&team=none", "Created: No team"),
        ("figure=created&segment=Individual", "Created: Individual"),
        ("figure=created&priority=Low&segment=VIP", "Created: Low, VIP"),
        ("figure=created&category=Customs&assignedTo=none", "Created: Customs, Unassigned"),
        ("figure=responses&band=0", "First replies: up to 15 min"),
        ("figure=responses&band=1", "First replies: over 15 min, up to 1 h"),
        ("figure=responses&band=7", "First replies: over 7 d"),
        (
            "figure=escalated&rule=resolution-overdue&level=3",
            "Escalated: Resolution ",
        ),
    ):
        shown = page(supervisor, f"/reports/tickets/?from=2026-10-01&until=2026-12-31&{query}")
        assert heading in shown, query


def test_pages_of_a_row_go_on_with_that_row(supervisor, desk, monkeypatch):
    monkeypatch.setattr("reporting.services.drill_down.PAGE", 1)
    busy(desk)
    rolled()
    address = "/reports/tickets/?from=2026-10-01&until=2026-12-31&figure=created&team=none"
    seen = []
    while address:
        shown = page(supervisor, address)
        seen += re.findall(r'href="/tickets/(\d+)/" class="row-link', shown)
        following = re.search(r'rel="next" href="([^"]+)"', shown)
        address = f"/reports/tickets/{following[1]}" if following else None
    assert len(seen) == len(set(seen)) == 3


def test_created_and_reopened_have_no_lateness(supervisor, desk):
    busy(desk)
    rolled()
    for figure, count in (("created", 3), ("reopened", 1), ("resolved", 0)):
        shown = page(
            supervisor, f"/reports/tickets/?from=2026-10-01&until=2026-12-31&figure={figure}"
        )
        assert shown.count(">—<") == count
        assert ("Within SLA" in shown or " late<" in shown) == (count == 0)
