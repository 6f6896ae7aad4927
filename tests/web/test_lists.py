"""Lists: columns, density, sortable headings, totals, and how much a page weighs."""

import html
import re
import xml.dom.minidom
from pathlib import Path

import pytest
from django.conf import settings

from helpdesk.clock import this_second
from helpdesk.errors import NotAllowed
from tests.world import settle, stored
from tickets.domain.filters import Sort
from tickets.services.conversation.communicate import respond
from tickets.services.delivery import attention
from tickets.services.lifecycle.status import change_status
from tickets.services.lists.counts import list_counts
from tickets.services.lists.find import Queue
from tickets.services.lists.list_settings import USUAL, Column, set_display, settings_of
from tickets.web import lists, nav

HEAVIEST = 60_000
"""Bytes of a page of fifty tickets before compression."""


def headings(page):
    """The text of each heading of the page's table, with its `aria-sort`."""
    found = re.findall(r'<th scope="col" ?(?:aria-sort="(\w+)")?>(.*?)</th>', page, re.DOTALL)
    return {re.sub("<.*?>", "", text).strip(): way for way, text in found}


def test_columns_and_density_are_remembered_for_one_user(rep_client, desk, client):
    desk.ticket(tags=["customs"], now=this_second())
    chosen = {
        "column": ["tags", "status", "soon"],
        "density": "compact",
        "asked": "view=active&page=x",
    }

    answer = rep_client.post("/tickets/display/", chosen)

    assert answer["Location"] == "/tickets/?view=active"
    page = rep_client.get("/tickets/?view=active").content.decode()
    assert list(headings(page)) == ["Subject", "Status", "Tags"]
    assert '<table class="tickets compact">' in page
    client.force_login(desk.rep2_user)
    others = client.get("/tickets/?view=active").content.decode()
    assert list(headings(others)) == ["Subject", "Status", "Priority", "Time left", "Assigned to"]
    client.force_login(desk.outsider_user)
    assert client.post("/tickets/display/", chosen).status_code == 403


@pytest.mark.parametrize("column", list(Column))
def test_each_column_has_a_heading_and_a_cell(rep_client, desk, column):
    desk.ticket(tags=["customs"], now=this_second())
    set_display(desk.rep_user, columns=[column.value], compact=False)

    page = rep_client.get("/tickets/?view=active").content.decode()

    assert len(headings(page)) == 2
    assert len(re.findall("<td", page)) == 4  # the corner, the box, what it is about, and this


def test_what_an_older_or_newer_release_kept_is_read(desk):
    assert settings_of(desk.rep_user).columns == USUAL
    desk.rep_user.list_settings = {"columns": ["ship", "status"]}
    assert settings_of(desk.rep_user).columns == (Column.STATUS,)


def test_who_said_what_last_and_since_when_a_reply_is_needed(rep_client, desk):
    number = desk.ticket(now=this_second()).ticket_id
    set_display(desk.rep_user, columns=["needsReply", "lastMessage"], compact=False)
    respond(number, content="We are on it.", by=desk.rep2)

    page = rep_client.get("/tickets/?view=active").content.decode()
    assert "· Tomasz Nowak</td>" in page
    assert '<td class="wide"></td>' in page, "nobody waits for a reply"
    desk.ticket(now=this_second())
    settle()
    waiting = rep_client.get("/tickets/?view=needs-reply").content.decode()
    assert headings(waiting)["Needs reply since"] == "ascending"


def test_headings_sort_and_reverse(rep_client, desk):
    low = desk.ticket(priority="Low", now=this_second()).ticket_id
    high = desk.ticket(priority="High", now=this_second()).ticket_id
    settle()
    page = rep_client.get("/tickets/?view=active").content.decode()
    assert headings(page) == {
        "Subject": "",
        "Status": "",
        "Priority": "",
        "Time left": "ascending",
        "Assigned to": "",
    }
    sortable = re.findall(r'<th scope="col" ?[^>]*>\s*<a [^>]*>(.*?)</a>', page)
    assert sortable == ["Status", "Priority", "Time left"], "no index has assignees by name"

    by_priority = rep_client.get("/tickets/?view=active&sort=-priority")
    [again] = re.findall(r'aria-sort="descending">\s*<a href="(.*?)"', by_priority.content.decode())
    from_below = rep_client.get(html.unescape(again))

    assert [line.ticket_id for line in by_priority.context["lines"]] == [high, low]
    assert [line.ticket_id for line in from_below.context["lines"]] == [low, high]
    assert headings(from_below.content.decode())["Priority"] == "ascending"
    assert {Sort(value) for value in lists.SORTS} == set(Sort), "the form offers each"


def test_the_total_is_counted_to_a_cap_and_costs_nothing_where_all_are_shown(
    rep_client, desk, monkeypatch, django_assert_num_queries
):
    from tickets.services.lists import find

    for _ in range(3):
        desk.ticket(now=this_second())
    settle()
    monkeypatch.setattr(lists, "count_up_to", None)  # is not asked
    assert rep_client.get("/tickets/?view=active").context["total"] == 3
    monkeypatch.undo()
    monkeypatch.setitem(find.find.__kwdefaults__, "limit", 2)
    first = rep_client.get("/tickets/?view=active")
    assert first.context["total"] == 3
    assert rep_client.get(first.context["next_url"]).context["total"] == 3
    assert rep_client.get("/tickets/?q=car").context["total"] == 3, "what a text finds, too"
    assert rep_client.get("/tickets/?q=car&priority=Low").context["total"] == 0
    monkeypatch.setattr(lists, "MOST_COUNTED", 2)
    assert re.search(r"\s2\+\s", rep_client.get("/tickets/?view=active").content.decode())


def test_each_list_has_its_number_in_the_menu(rep_client, desk, django_assert_num_queries):
    waiting, resolved = (desk.ticket(now=this_second()).ticket_id for _ in range(2))
    respond(waiting, content="Which car?", waiting=True, by=desk.rep)
    change_status(resolved, to="Resolved", by=desk.rep)

    held, _replies = list_counts(by=desk.rep)

    assert set(held) == {queue.value for queue in Queue}
    assert (held["active"], held["waiting"], held["resolved"], held["closed"]) == (1, 1, 1, 0)
    assert held["all"] == 2
    with django_assert_num_queries(2):  # teams, and all numbers that are one's own
        list_counts(by=desk.rep)
    with pytest.raises(NotAllowed):
        list_counts(by=desk.outsider)
    menu = rep_client.get("/nav/").content.decode()
    assert re.search(r"Waiting\s*<span class=\"count\">\s*1\s", menu)


def test_a_page_of_fifty_is_small(rep_client, desk):
    for number in range(51):
        subject = f"The car is held at the port of Yokohama {number}"
        desk.ticket(subject=subject, tags=["customs"], now=this_second())

    page = rep_client.get("/tickets/?view=active").content

    assert page.count(b"data-ticket=") == 50
    assert len(page) < HEAVIEST


def test_each_icon_that_templates_name_is_drawn():
    root = Path(settings.BASE_DIR)
    drawn = set(
        re.findall(r'<symbol id="(\w+)"', (root / "theme/assets/img/icons.svg").read_text())
    )
    texts = [path.read_text() for path in (root / "templates").rglob("*.html")]
    named = {name for text in texts for name in re.findall(r'icon.html" name="(\w+)"', text)}
    assert len(named) > 10
    assert named <= drawn
    assert set(nav._ICONS.values()) <= drawn


def test_the_signs_of_marks_are_a_picture_that_is_well_formed():
    folder = Path(settings.BASE_DIR) / "theme"
    picture = xml.dom.minidom.parse(str(folder / "assets/img/marks.svg"))  # noqa: S318 (our own)
    wide = int(picture.documentElement.getAttribute("width")) // 16
    used = re.findall(r"--mark: (\d+)", (folder / "static_src/src/marks.css").read_text())
    assert set(map(int, used)) == set(range(wide))


def test_what_a_list_shows_as_unread_is_marked_as_read(client, desk, django_assert_num_queries):
    numbers = [desk.ticket(now=this_second()).ticket_id for _one in range(3)]
    client.force_login(desk.rep2_user)
    attention.see(numbers[0], stored(numbers[0]).sla.last_message, by=desk.rep2)
    respond(numbers[0], content="On Monday.", by=desk.rep)
    page = client.get("/tickets/?view=active&sort=-createdAt")
    [shown] = re.findall(r'name="seen" value="([^"]+)"', page.content.decode())
    assert {one.partition(":")[0] for one in shown.split()} == set(numbers)
    respond(numbers[1], content="On Tuesday.", by=desk.rep)  # the page does not show it

    form = {
        "seen": f"{shown} 7:x x:{'0' * 26}",
        "asked": "view=active&sort=-createdAt",
        "page": "p",
    }
    answer = client.post("/seen/", form)
    assert answer["Location"] == "/tickets/?view=active&sort=-createdAt&page=p"
    tickets = [stored(number) for number in numbers]
    assert attention.unread(tickets, by=desk.rep2) == {numbers[1]}
    attention.see(numbers[1], tickets[1].sla.last_message, by=desk.rep2)
    client.post("/seen/", form)
    assert attention.unread(tickets, by=desk.rep2) == set(), "an older page brings it back"
    with django_assert_num_queries(2):
        attention.see_all([tuple(one.split(":")) for one in shown.split()], by=desk.rep2)
    page = client.get("/tickets/?view=active").content.decode()
    assert 'name="seen"' not in page
