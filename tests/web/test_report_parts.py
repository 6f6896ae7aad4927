"""The parts of a report, and how a reader finds their way back to one."""

import re
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from helpdesk.dynamo import capacity
from reporting.models import SavedReport
from reporting.web.pages import PARTS
from tests.figures import busy, rolled
from tests.world import team

RANGE = "from=2026-10-01&until=2026-12-31&tz=UTC"
LINK = re.compile(r'href="(/reports/tickets/[^"]+)"')
REQUESTS = {"volume": 13, "replies": 12, "sla": 12, "people": 13, "customers": 13, "hours": 13}
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
        "volume": ("Created and resolved", "Backlog", "By category", "Resolution rate"),
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
