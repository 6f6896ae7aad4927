"""Every figure of a report leads to exactly the tickets that it counted."""

import re
from html import unescape

import pytest

from tests.figures import busy, rolled
from tests.world import team

REPORT = "/reports/?from=2026-10-01&until=2026-12-31"
LINK = re.compile(r'<a class="[^"]*" href="(/reports/tickets/[^"]+)">([^<]+)</a>')


@pytest.fixture
def supervisor(client, desk):
    client.force_login(desk.supervisor_user)
    return client


def page(client, address):
    answer = client.get(unescape(address))
    assert answer.status_code == 200, (address, answer.content.decode()[:300])
    return answer.content.decode()


def test_every_figure_leads_to_as_many_tickets_as_it_says(supervisor, desk):
    busy(desk)
    team("Night", desk.rep_user)
    rolled()
    shown = page(supervisor, f"{REPORT}&groupBy=month")
    links = {(address, text.strip()) for address, text in LINK.findall(shown)}
    figures = {re.search("figure=([a-z-]+)", address)[1] for address, _text in links}
    assert figures >= {
        *("created", "resolved", "closed", "reopened", "escalated"),
        *("responses", "resolutions", "late-resolutions"),
    }
    for narrowed in ("priority=", "category=", "assignedTo=", "team=", "segment=", "rule="):
        assert any(narrowed in address for address, _text in links), narrowed
    counts = 0
    for address, text in links:
        behind = page(supervisor, address)
        rows = behind.count('class="row-link')
        assert re.search(rf">{rows} in total<", behind), (address, text, rows)
        if text.isdecimal():
            assert rows == int(text), address
            counts += 1
    assert counts > 30


def test_the_page_names_the_row_that_it_is_about(supervisor, desk):
    busy(desk)
    rolled()
    for query, heading in (
        ("figure=created&team=none", "Created: No team"),
        ("figure=created&segment=Individual", "Created: Individual"),
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
    for figure in ("created", "reopened"):
        shown = page(
            supervisor, f"/reports/tickets/?from=2026-10-01&until=2026-12-31&figure={figure}"
        )
        assert "Within SLA" not in shown
        assert " late<" not in shown
