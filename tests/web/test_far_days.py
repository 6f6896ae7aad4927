"""A day at the edge of what can be written is a day: no page, form or filter stumbles over it."""

from datetime import UTC, date
from itertools import product

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helpdesk.accounts.models import Absence
from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from tests.world import NOON, settle, team
from tickets.models import RoutingRule
from tickets.services.assignment.assign import assign_automatically
from tickets.services.lists.filters import read_filters
from tickets.services.lists.find import find

FIRST, LAST = "0001-01-01", "9999-12-31"
RANGES = [(FIRST, FIRST), (FIRST, LAST), (LAST, LAST), (LAST, FIRST), ("1990-01-01", "2200-01-01")]


@pytest.fixture
def browser(client, desk):
    desk.supervisor_user.time_zone = "America/Los_Angeles"
    desk.supervisor_user.is_superuser = True
    desk.supervisor_user.save()
    client.force_login(desk.supervisor_user)
    return client


ADDRESSES = [
    "/tickets/?createdFrom={0}&createdTo={1}",
    "/tickets/?q=after:{0}+before:{1}",
    "/reports/?from={0}&to={1}",
    "/reports/?from={0}&until={1}",
    "/reports/?from={0}&until={1}&tz=UTC&groupBy=month",
    "/reports/csv/?from={0}&until={1}",
    "/reports/tickets/?from={0}&until={1}&what=created",
    "/reports/simulation/?from={0}&to={1}",
    "/admin/tickets/ticket/?created_at__gte={0}&created_at__lt={1}",
    "/admin/tickets/communication/?created_at__gte={0}&created_at__lt={1}",
    "/admin/tickets/escalation/?fired_at__gte={0}&fired_at__lt={1}",
    "/admin/tickets/ticket/?q=after:{0}",
    "/api/tickets/sla-report?from={0}&to={1}",
    "/api/tickets/analytics?from={0}&to={1}&groupBy=week",
]


def test_no_page_stumbles_over_a_range(browser, desk, subtests):
    desk.ticket(now=this_second())
    settle()

    for address, (start, end) in product(ADDRESSES, RANGES):
        with subtests.test(address.format(start, end)):
            answer = browser.get(address.format(start, end))

            assert answer.status_code in (200, 301, 302, 404, 422), answer.status_code


def test_an_absence_without_an_end_in_sight_is_one(browser, desk):
    RoutingRule.objects.create(position=1, team=team("All", desk.rep_user, distribution="in turn"))
    number = desk.ticket().ticket_id
    absence = Absence.objects.create(user=desk.rep_user, first_day=date.min, last_day=date.max)

    assert browser.get("/team/").status_code == 200
    with pytest.raises(Invalid, match="All team members"):
        assign_automatically(number, by=desk.rep, now=NOON)
    absence.last_day = date.min
    absence.save()
    assert assign_automatically(number, by=desk.rep, now=NOON).assigned_to == desk.rep.user_id


@given(
    start=st.one_of(
        st.dates().map(str), st.datetimes(timezones=st.just(UTC)).map(str), st.text(max_size=40)
    ),
    end=st.one_of(st.dates().map(str), st.datetimes().map(str), st.text(max_size=40)),
)
@example(start=FIRST, end=LAST)
@settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_whatever_is_written_as_a_day_is_one_or_is_refused_in_words(desk, start, end):
    given_by = {"createdFrom": [start], "createdTo": [end], "sort": ["-createdAt"]}
    try:
        asked = read_filters(given_by, by=desk.rep)
    except Invalid:
        return
    assert isinstance(find(asked, by=desk.rep, now=NOON).tickets, list)
