"""Reports and lists know how tickets reached the desk."""

import re

import pytest

from helpdesk.errors import Invalid
from reporting.services import report
from reporting.services.query import GroupBy, ReportQuery, parse_query
from tests.figures import ALL, rolled
from tests.world import NOON, after
from tickets.domain.filters import Filters
from tickets.domain.ticket import Channel
from tickets.services.conversation.communicate import respond
from tickets.services.lifecycle.status import change_status
from tickets.services.lists.counts import now_counts
from tickets.services.lists.filters import read_filters
from tickets.services.lists.find import find


@pytest.fixture
def four(desk):
    """Two by e-mail, one from the page, and one of a release that knew no channels."""
    channels = (Channel.EMAIL, Channel.EMAIL, Channel.WEB, None)
    numbers = [desk.ticket(channel=channel).ticket_id for channel in channels]
    respond(numbers[0], content="x", by=desk.rep, now=after(hours=1))
    change_status(numbers[2], to="Resolved", by=desk.rep, now=after(hours=2))
    rolled()
    return numbers


def test_reports_are_grouped_by_channel(desk, four):
    found = report.analytics(ReportQuery(ALL), GroupBy.CHANNEL)

    created = {group["key"]: group["created"] for group in found["groups"]}
    assert created == {
        "phone": 0,
        "email": 2,
        "walk-in": 0,
        "web": 1,
        "api": 0,
        "none": 1,
    }
    assert found["totals"]["created"] == 4


@pytest.mark.parametrize(
    ("channels", "created", "responses", "active"),
    [({"email"}, 2, 1, 2), ({"web"}, 1, 1, 0), ({""}, 1, 0, 1), ({"email", "web"}, 3, 2, 2)],
)
def test_reports_are_filtered_by_channel(desk, four, channels, created, responses, active):
    asked = ReportQuery(ALL, channels=frozenset(channels))

    found = report.report(asked)

    assert found.row[0] == created
    assert found.stats()[0].count == responses
    by_day = report.by_day(asked)
    assert sum(row[0] for row in by_day.values()) == created
    assert now_counts(channels=frozenset(channels), by=desk.rep)["active"] == active


def test_the_query_of_a_report_names_channels(desk):
    day = NOON.date()

    asked = parse_query({"channel": ["email", "none"]}, by=desk.supervisor, today=day)

    assert asked.channels == {"email", ""}
    with pytest.raises(Invalid) as refused:
        parse_query({"channel": ["pigeon"]}, by=desk.supervisor, today=day)
    assert "api, email, none, phone, walk-in, web" in refused.value.errors["channel"]


def test_the_page_leads_to_the_tickets_of_a_channel(client, desk, four):
    client.force_login(desk.supervisor_user)
    address = f"/reports/?from={NOON:%Y-%m-%d}&until={NOON:%Y-%m-%d}"

    page = client.get(address).content.decode()

    [table] = re.findall(r"By channel.*?</table>", page, re.DOTALL)
    assert [name in table for name in ("Email", "Web", "Unknown")] == [True] * 3
    for channel, numbers in (("email", four[:2]), ("none", four[3:])):
        link = f"/reports/tickets/?from={NOON:%Y-%m-%d}&until={NOON:%Y-%m-%d}&tz=UTC"
        link = f"{link}&channel={channel}&figure=created"
        assert link.replace("&", "&amp;") in table
        behind = client.get(link).content.decode()
        shown = {number for number in four if f"/tickets/{number}/" in behind}
        assert shown == set(numbers)


def test_lists_are_filtered_by_channel(desk, four):
    filters = read_filters({"q": ["channel:email"]}, by=desk.rep)

    assert filters == Filters(channels=frozenset({Channel.EMAIL}))
    assert {one.ticket_id for one in find(filters, by=desk.rep).tickets} == set(four[:2])
