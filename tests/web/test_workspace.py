"""The workspace's pages: lists, search, saved views, presence, odd addresses."""

import re
from urllib.parse import quote

import pytest

from helpdesk.accounts.models import Team
from helpdesk.clock import this_second
from helpdesk.dynamo import capacity
from tests.world import settle, stored, team
from tickets.models import SavedView
from tickets.presenters.labels import IN_BROWSERS, NOTIFICATIONS
from tickets.services.conversation.communicate import note
from tickets.services.delivery import attention, notifications
from tickets.services.lists.find import QUEUES, Queue
from tickets.services.lists.saved_views import save_view

HTMX = {"HX-Request": "true"}


def lines(answer):
    return [line.ticket_id for line in answer.context["lines"]]


@pytest.fixture
def ticket(desk):
    return desk.ticket(now=this_second())


@pytest.mark.parametrize("queue", list(Queue))
def test_every_list_has_a_page_that_helps_when_it_is_empty(rep_client, queue):
    answer = rep_client.get(f"/tickets/?view={queue.value}")

    assert answer.status_code == 200
    assert queue in QUEUES
    assert "px-6 py-16 text-center" in answer.content.decode()


def test_the_form_of_filters_is_rendered_once_and_anew_for_what_has_changed(rep_client, desk):
    def rendered(query):
        answer = rep_client.get(f"/tickets/?view=active{query}")
        names = [one.name for one in answer.templates if one.name]
        return answer, [name for name in names if name.startswith("components/filters/")]

    rendered("")
    assert rendered("")[1] == []
    answer, anew = rendered("&tag=<b>")
    assert anew == ["components/filters/text.html"]
    assert 'value="&lt;b&gt;"' in answer.content.decode()
    desk.rep_user.last_name = "Marini"
    desk.rep_user.save()
    assert "Rosa Marini</option>" in rendered("")[0].content.decode()


def test_filters_live_in_the_address_and_can_be_taken_away(rep_client, desk):
    high = desk.ticket(priority="High", category="Customs").ticket_id
    desk.ticket(priority="High")
    settle()

    answer = rep_client.get("/tickets/?view=active&priority=High&category=Customs")

    assert lines(answer) == [high]
    chips = {str(chip["label"]): chip["url"] for chip in answer.context["chips"]}
    assert set(chips) == {"Priority", "Category"}
    assert len(lines(rep_client.get(chips["Category"]))) == 2


def test_a_wrong_filter_is_explained_on_the_page(rep_client, desk):
    answer = rep_client.get("/tickets/?status=Lost")

    assert answer.status_code == 422
    assert "“Lost” is not one of: Open, In Progress, Resolved, Closed." in answer.content.decode()


def test_search_shows_the_hit_marked_and_the_words_stay_in_the_box(rep_client, desk):
    desk.ticket(subject="Brokers & <b>", description="The broker lost the papers.")
    settle()

    page = rep_client.get("/tickets/?q=broker+status:open").content.decode()

    assert "<mark>broker</mark>" in page
    assert "<mark>Brokers</mark> &amp; &lt;b&gt;" in page
    assert 'value="broker status:open"' in page


def test_pages_of_a_list_lead_on_and_back(rep_client, desk, monkeypatch):
    from tickets.services.lists import find

    monkeypatch.setitem(find.find.__kwdefaults__, "limit", 2)
    made = [desk.ticket().ticket_id for _ in range(5)]
    first = rep_client.get("/tickets/?view=active")
    second = rep_client.get(first.context["next_url"])
    back = rep_client.get(second.context["previous_url"])

    assert lines(first) == lines(back) == made[:2]
    assert lines(second) == made[2:4]
    assert first.context["previous_url"] is None


def test_a_view_is_saved_shown_and_deleted(rep_client, desk):
    ours = team("Money", desk.rep_user)
    answer = rep_client.post(
        "/views/", {"name": "Hot", "query": "view=active&priority=High", "team": ours.pk}
    )

    assert answer["Location"] == "/tickets/?view=active&priority=High"
    page = rep_client.get(answer["Location"]).content.decode()
    assert ">Hot</span>" in page
    assert ">Hot</h1>" in page, "the list is called what it was saved as"
    [view] = SavedView.objects.all()
    assert f"/views/{view.pk}/delete/" in rep_client.get("/views/all/").content.decode()
    rep_client.post(f"/views/{view.pk}/rename/", {"name": "Hotter"})
    assert ">Hotter</span>" in rep_client.get("/").content.decode()
    rep_client.post(f"/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_views_are_in_the_order_of_each_user(rep_client, client, desk):
    ours = team("Money", desk.rep_user, desk.rep2_user)
    made = [
        save_view(name=name, query=f"tag={name}", share_with=str(ours.pk), by=desk.rep).pk
        for name in ("a", "b", "c")
    ]

    def order(client):
        page = client.get("/views/all/").content.decode()
        return [int(found) for found in re.findall(r'data-id="(\d+)"', page)]

    assert order(rep_client) == made
    first, second, third = made
    moved = {"order": made, "move": f"{third} up"}
    assert rep_client.post("/views/order/", moved)["Location"] == "/views/all/"
    assert order(rep_client) == [first, third, second]
    dragged = {"order": [second, first, third, 4711]}
    rep_client.post("/views/order/", dragged)
    assert order(rep_client) == [second, first, third]
    menu = rep_client.get("/nav/").content.decode()
    assert re.findall(r"tag=(\w)", menu) == ["b", "a", "c"]
    client.force_login(desk.rep2_user)
    assert order(client) == made


# --- live


def test_an_unchanged_page_costs_no_read_of_dynamodb(rep_client, ticket):
    settle()
    stamp = rep_client.get("/").context["desk"]["stamp"]
    page = rep_client.get(f"/tickets/{ticket.ticket_id}/")

    with capacity.counting() as usage:
        assert rep_client.get("/live/", {"seen": stamp}).status_code == 204
        assert rep_client.get("/live/", {"told": ""}).status_code == 204
        heard = rep_client.post(f"/tickets/{ticket.ticket_id}/live/").json()
    assert usage.requests == 0
    assert heard == {"ticket": page.context["stamp"], "desk": stamp, "read": False, "others": []}


def test_a_change_is_heard_and_the_parts_leave_the_composer_alone(rep_client, ticket, desk):
    settle()
    stamp = rep_client.get("/").context["desk"]["stamp"]
    note(ticket.ticket_id, content="News!", by=desk.rep2)
    settle()

    assert rep_client.get("/live/", {"seen": stamp}).json()["desk"] != stamp
    parts = rep_client.get(f"/tickets/{ticket.ticket_id}/parts/", headers=HTMX).content.decode()
    assert "News!" in parts
    assert '<textarea id="reply_content"' not in parts
    assert parts.count("hx-swap-oob") == 9


def test_a_hidden_page_hears_of_what_it_tells_without_names(rep_client, client, ticket, desk):
    note(ticket.ticket_id, content="@rosa the broker is ill", by=desk.rep2)
    settle()

    told = rep_client.get("/live/", {"told": ""}).json()["told"]
    assert rep_client.get("/live/", {"told": told}).status_code == 204
    news = rep_client.get("/notifications/bell/").content.decode().partition("data-news")[2]
    assert told in news
    assert "You were mentioned" in news
    assert f"Ticket {ticket.ticket_id}" in news
    assert "broker" not in news
    assert desk.rep2.name not in news
    client.force_login(desk.rep2_user)
    assert client.get("/live/", {"told": ""}).status_code == 204
    assert "data-news" not in client.get("/notifications/bell/").content.decode()
    assert set(IN_BROWSERS) == {*NOTIFICATIONS, "escalated"}


def test_a_page_without_scripts_says_that_it_was_seen(client, ticket, desk):
    note(ticket.ticket_id, content="@tomasz look", by=desk.rep)
    settle()
    client.force_login(desk.rep2_user)
    page = client.get(f"/tickets/{ticket.ticket_id}/").content.decode()
    [address] = re.findall(r'<noscript>\s*<img src="(.+?)"', page)
    now = stored(ticket.ticket_id)

    client.get(address, headers={"Sec-Fetch-Site": "cross-site"})
    assert attention.unread([now], by=desk.rep2)
    assert notifications.unread_count(by=desk.rep2) == 1
    for _again in range(2):
        assert client.get(address).status_code == 204
        assert not attention.unread([now], by=desk.rep2)
        assert notifications.unread_count(by=desk.rep2) == 0


def test_people_on_one_ticket_see_each_other(rep_client, client, ticket, desk):
    rep_client.post(f"/tickets/{ticket.ticket_id}/live/", {"typing": "1"})
    client.force_login(desk.rep2_user)

    heard = client.post(f"/tickets/{ticket.ticket_id}/live/").json()

    assert heard["others"] == ["Rosa Marin is typing…"]


def test_the_workload(rep_client, desk):
    desk.ticket(assigned_to=desk.rep.user_id)
    settle()

    assert "Rosa Marin" in rep_client.get("/team/").content.decode()


def test_preferences_change_how_times_are_shown(rep_client, ticket):
    assert rep_client.post("/accounts/preferences/", {"time_zone": "Mars/Base"}).status_code == 422
    rep_client.post("/accounts/preferences/", {"time_zone": "Asia/Tokyo", "twelve_hours": "on"})

    page = rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()
    assert " a.m." in page or " p.m." in page


def test_supervisors_set_up_teams_and_routing_in_the_admin(client, desk):
    client.force_login(desk.supervisor_user)
    inline = {
        "memberships-TOTAL_FORMS": "1",
        "memberships-INITIAL_FORMS": "0",
        "memberships-0-user": desk.rep_user.pk,
    }
    client.post(
        "/admin/accounts/team/add/", {"name": "Money", "distribution": "round robin", **inline}
    )
    made = Team.objects.get()
    assert list(made.members.all()) == [desk.rep_user]
    client.post(
        "/admin/tickets/routingrule/add/", {"position": "1", "category": "Billing", "team": made.pk}
    )
    assert desk.ticket(category="Billing").assigned_to == desk.rep.user_id
    bad = client.post(
        "/admin/tickets/savedview/add/", {"name": "x", "query": "status=Lost", "team": made.pk}
    )
    assert bad.status_code == 200
    view = {"name": "x", "query": "status=Open&junk=1", "team": made.pk}
    client.post("/admin/tickets/savedview/add/", view)
    assert SavedView.objects.get().query == "status=Open"


ODD = ["x" * 3_000, "9" * 30, "9" * 5_000, "\0", "%ED%A0%80", "²", "٣", "-1"]


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: f"{odd[:3]!r}x{len(odd)}")
def test_addresses_that_nobody_would_write_are_answered_all_the_same(desk, rep_client, odd):
    number = desk.ticket().ticket_id
    text = odd if odd.startswith("%") else quote(odd)
    names = ("assignedTo", "team", "customerId", "vehicleId", "q", "tag", "createdFrom", "cursor")
    for address in (
        *(f"/tickets/?{name}={text}" for name in names),
        *(f"/tickets/{text}/{part}" for part in ("", "why/", "log/", "parts/")),
        *(f"/tickets/{number}/{part}={text}" for part in ("?canned", "log/?before")),
        *(f"/customers/{text}/{part}" for part in ("", "edit/", "merge/", "export/")),
        *(f"/vehicles/{text}/{part}" for part in ("", "edit/")),
        f"/tickets/{number}/files/{text}/0/",
        f"/tickets/new/?customer={text}&vehicle={text}",
    ):
        assert rep_client.get(address).status_code in (200, 404, 422), address


def test_the_address_of_notifications_of_earlier_releases_leads_to_them(desk, client):
    client.force_login(desk.rep_user)

    answer = client.get("/notices/")

    assert (answer.status_code, answer["Location"]) == (301, "/notifications/")


def test_a_notification_is_marked_as_read_by_a_form_where_no_script_runs(desk, rep_client):
    for _twice in range(2):
        desk.ticket(assigned_to=desk.rep.user_id, by=desk.supervisor)
    settle()
    newest = notifications.newest(by=desk.rep)[0]
    assert notifications.unread_count(by=desk.rep) == 2
    assert f'value="{newest.event_id}"' in rep_client.get("/notifications/").content.decode()

    assert rep_client.get("/notifications/read/").status_code == 405
    rep_client.post("/notifications/read/", {"event": newest.event_id})
    assert notifications.unread_count(by=desk.rep) == 1
    rep_client.post("/notifications/read/")
    assert notifications.unread_count(by=desk.rep) == 0
