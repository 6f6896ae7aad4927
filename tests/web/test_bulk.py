"""One change to many tickets: those that are ticked on a page, or all that match."""

import html
import re

import pytest

from helpdesk.clock import this_second
from tests.world import settle, stored
from tickets.models import Bulk
from tickets.services.lifecycle.edit import edit
from tickets.services.lists import bulk

HTMX = {"HX-Request": "true"}


def test_many_are_changed_and_each_has_its_result(rep_client, desk):
    good = [desk.ticket(now=this_second()).ticket_id for _ in range(30)]
    answer = rep_client.post(
        "/bulk/", {"tickets": ",".join([*good, "4711"]), "action": "tag", "tag_value": "storm"}
    )
    page = rep_client.get(answer["Location"])
    assert "25 of 31" in page.content.decode()

    page = rep_client.post(f"{answer['Location']}step/", headers=HTMX).content.decode()

    assert "30 tickets changed, 1 failed" in page
    assert "Ticket 4711 not found" in page
    assert "Back to My work" in page
    assert all(stored(number).tags == ["storm"] for number in good)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"action": "tag", "tag_value": "x"}, "Select at least one ticket."),
        ({"action": "tag", "tag_value": "x", "tickets": "x,-1,"}, "Select at least one ticket."),
        ({"ticket": "1"}, "Select an action."),
        ({"ticket": "1", "action": "assign"}, "Select a value."),
        ({"all": "1", "action": "assign"}, "Select a value."),
        ({"all": "1", "action": "status", "status_value": "Lost"}, "is not one of: Open"),
        ({"all": "1", "action": "hand-over", "hand-over_value": "1:"}, "Select an action."),
        (
            {"all": "1", "action": "tag", "tag_value": "x", "asked": "status=Lost"},
            "“Lost” is not one of",
        ),
    ],
)
def test_what_is_missing_or_wrong_is_said_and_nothing_is_made(rep_client, desk, asked, said):
    number = desk.ticket(now=this_second()).ticket_id
    settle()
    before = stored(number).version

    answer = rep_client.post("/bulk/", asked)

    assert answer.status_code == 422
    assert said in html.unescape(answer.content.decode())
    assert not Bulk.objects.exists()
    assert stored(number).version == before


@pytest.fixture
def low(desk, monkeypatch):
    """A list of seven, of which a page shows three; and one ticket that is not of it."""
    from tickets.services.lists import find

    monkeypatch.setitem(find.find.__kwdefaults__, "limit", 3)
    made = [desk.ticket(priority="Low", now=this_second()).ticket_id for _ in range(7)]
    desk.ticket(priority="High", now=this_second())
    settle()
    return made


LIST = "view=active&priority=Low"


def test_all_that_match_are_offered_with_their_number_where_a_page_shows_fewer(
    rep_client, low, monkeypatch
):
    page = rep_client.get(f"/tickets/?{LIST}").content.decode()
    [offer] = re.findall(r'hx-get="(/bulk/matching/[^"]*)"', page)
    assert 'hx-trigger="page-chosen"' in page

    assert "Select all 7 that match" in rep_client.get(html.unescape(offer)).content.decode()
    monkeypatch.setattr(bulk, "MOST", 6)
    refused = rep_client.get(html.unescape(offer)).content.decode()
    assert "6+ tickets match. You can change at most 6 at once" in refused
    assert 'name="all"' not in refused, "an arbitrary part of them is not offered"
    answer = rep_client.post(
        "/bulk/", {"asked": LIST, "all": "1", "action": "tag", "tag_value": "x"}
    )
    assert answer.status_code == 422
    assert "More than 6 tickets match" in answer.content.decode()

    alone = rep_client.get("/tickets/?view=active&priority=High").content.decode()
    assert "/bulk/matching/" not in alone, "a page that shows all has nothing more to offer"


def focused(text):
    """The words of what has the focus on a page."""
    return re.search(r"<[^>]* autofocus>\s*([^<]*?)\s*<", text)[1]


def test_all_that_match_are_changed_once_it_is_confirmed_and_it_goes_back_to_the_list(
    rep_client, desk, low
):
    chosen = {"asked": LIST, "ticket": low[:3], "all": "1", "action": "priority"}
    asked = rep_client.post("/bulk/", {**chosen, "priority_value": "Medium"})

    text = asked.content.decode()
    assert "Change priority to Medium" in text
    assert "7 tickets will be changed." in text
    assert focused(text) == "Cancel", "a second Enter does not change a whole list"
    assert "All active · Priority: Low" in text
    assert f'href="/tickets/?{html.escape(LIST)}"' in text, "one can go back"
    assert not Bulk.objects.exists()
    assert {stored(number).priority for number in low} == {"Low"}

    edit(low[0], priority="Critical", by=desk.rep2)  # it has left the list
    late = desk.ticket(priority="Low", now=this_second()).ticket_id  # and was in no question
    confirmed = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text))
    confirmed = {name: html.unescape(value) for name, value in confirmed.items()}
    first, again = (rep_client.post("/bulk/", confirmed) for _ in range(2))

    assert first["Location"] == again["Location"], "pressed twice, it is one change"
    job = Bulk.objects.get()
    assert first["Location"] == f"/bulk/{job.pk}/?{LIST}"
    page = rep_client.get(first["Location"]).content.decode()
    assert "6 tickets changed, 1 skipped." in page
    assert f'href="/tickets/?{html.escape(LIST)}">Back to list</a>' in page
    assert {stored(number).priority for number in low[1:]} == {"Medium"}
    assert stored(low[0]).priority == "Critical"
    assert stored(late).priority == "Low"


def test_one_is_changed_at_once_and_several_once_it_is_confirmed(rep_client, desk):
    one, *others = [desk.ticket(now=this_second()).ticket_id for _ in range(4)]
    change = {"asked": "view=active", "action": "priority", "priority_value": "Low"}

    alone = rep_client.post("/bulk/", {**change, "ticket": one}, follow=True)
    assert alone.redirect_chain[0][0] == "/tickets/?view=active", "back where one came from"
    assert "Change priority to Low: 1 ticket changed." in alone.content.decode()
    close = {**change, "action": "status", "status_value": "Closed"}
    closed = rep_client.post("/bulk/", {**close, "ticket": one}, follow=True).content.decode()
    assert "Change status to Closed: 1 ticket changed." in closed
    undo = re.search(r'action="(/tickets/\d+/undo-close/)"', closed)[1]
    assert stored(one).status == "Closed"
    assert rep_client.post(undo).status_code == 302
    assert stored(one).status == "Open", "a slip of one key is mended"

    asked = rep_client.post("/bulk/", {**change, "ticket": others}).content.decode()
    assert "Change priority to Low" in asked
    assert "3 tickets will be changed." in asked
    assert focused(asked) == "Change 3 tickets"
    to_close = rep_client.post("/bulk/", {**close, "ticket": others})
    assert focused(to_close.content.decode()) == "Cancel"
    assert "All tickets that match" not in asked
    assert {stored(number).priority for number in others} == {"Medium"}

    edit(others[0], category="Customs", by=desk.rep2)  # however it is now: it was picked by itself
    confirmed = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked))
    confirmed = {name: html.unescape(value) for name, value in confirmed.items()}
    done = rep_client.post("/bulk/", confirmed, follow=True)
    assert done.redirect_chain[0][0] == "/tickets/?view=active"
    assert "3 tickets changed." in done.content.decode()
    assert {stored(number).priority for number in others} == {"Low"}


def test_a_change_to_all_is_its_askers(rep_client, desk, low, client):
    client.force_login(desk.outsider_user)
    for answer in (
        client.get(f"/bulk/matching/?{LIST}"),
        client.post("/bulk/", {"asked": LIST, "all": "1", "action": "tag", "tag_value": "x"}),
    ):
        assert answer.status_code == 403
    assert not Bulk.objects.exists()
