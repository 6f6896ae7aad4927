"""The workspace's pages: lists, search, the composer, relations, files."""

import json
from urllib.parse import quote

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from helpdesk.accounts.models import Team
from helpdesk.clock import this_second
from helpdesk.dynamo import capacity
from helpdesk.mail import delivery
from tests.world import log_of, settle, stored, team
from tickets.models import CannedReply, SavedView
from tickets.services.conversation.communicate import note, respond
from tickets.services.email import recipients
from tickets.services.lifecycle.links_and_merges import merge
from tickets.services.lists.find import QUEUES, Queue

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
    [view] = SavedView.objects.all()
    assert f"/views/{view.pk}/delete/" in page
    rep_client.post(f"/views/{view.pk}/delete/")
    assert not SavedView.objects.exists()


# --- the ticket


def post(client, ticket, action, htmx=False, **fields):
    headers = HTMX if htmx else {}
    return client.post(
        reverse(f"ticket_{action}", args=[ticket.ticket_id]), fields, headers=headers
    )


def test_markdown_is_shown_and_html_is_text(rep_client, ticket, desk):
    note(
        ticket.ticket_id,
        content="**bold** <b>raw</b> [link](javascript:alert(1)) ![x](http://t/x.png) a.example",
        by=desk.rep,
    )

    page = rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()

    assert "<strong>bold</strong>" in page
    assert "&lt;b&gt;raw&lt;/b&gt;" in page
    assert "javascript:" not in page.replace("[link](javascript:alert(1))", "")
    assert '<img src="http' not in page
    assert 'rel="noopener noreferrer nofollow"' in page


def test_an_answer_with_a_file_that_is_only_ever_saved(rep_client, ticket):
    paper = SimpleUploadedFile("bill <b>.pdf", b"%PDF-1.7")
    post(rep_client, ticket, "reply", content="See the bill.", files=[paper])

    line = log_of(ticket.ticket_id)[-2]
    page = rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()
    assert "bill &lt;b&gt;.pdf" in page
    address = f"/tickets/{ticket.ticket_id}/files/{line.communication_id}/0/"
    answer = rep_client.get(address)
    assert b"".join(answer.streaming_content) == b"%PDF-1.7"
    assert answer["Content-Disposition"].startswith("attachment; filename*=UTF-8''bill%20%3Cb%3E")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]
    assert rep_client.get(address.replace("/0/", "/1/")).status_code == 404


def test_a_refused_file_keeps_what_was_typed(rep_client, ticket):
    page = SimpleUploadedFile("page.html", b"<script>")

    answer = post(rep_client, ticket, "reply", content="Typed with care.", files=[page])

    assert answer.status_code == 422
    assert "page.html: file type not supported" in answer.content.decode()
    assert "Typed with care." in answer.content.decode()
    assert len(log_of(ticket.ticket_id)) == 1


@pytest.mark.parametrize("htmx", [True, False])
def test_an_answer_on_a_stale_page_asks_first_and_loses_nothing(rep_client, ticket, desk, htmx):
    seen = stored(ticket.ticket_id).last_id
    respond(ticket.ticket_id, content="I am on it.", by=desk.rep2)

    answer = post(rep_client, ticket, "reply", htmx, content="Me too.", seen=seen)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "I am on it." in page
    assert f'name="seen" value="{stored(ticket.ticket_id).last_id}"' in page
    assert "Review and resend" in page
    # With HTMX the composer itself is not touched, so what was typed is still in it.
    assert ("Me too." in page) is not htmx
    assert ("reply_content" in page) is not htmx
    again = post(
        rep_client, ticket, "reply", htmx, content="Me too.", seen=stored(ticket.ticket_id).last_id
    )
    assert again.status_code == (200 if htmx else 302)


def stored_files(ticket_id):
    storage, folder = storages["attachments"], f"tickets/{ticket_id}"
    return set(storage.listdir(folder)[1]) if storage.exists(folder) else set()


@pytest.mark.parametrize("htmx", [True, False])
@pytest.mark.parametrize("form", ["reply", "note"])
def test_what_is_sent_twice_is_said_once(rep_client, ticket, form, htmx):
    """A double click, a back button, a request that a proxy repeats."""
    seen = stored(ticket.ticket_id).last_id
    before = stored_files(ticket.ticket_id)
    file = SimpleUploadedFile("a.pdf", b"%PDF-")

    for _ in range(2):
        file.seek(0)
        answer = post(rep_client, ticket, form, htmx, content="Once.", seen=seen, files=file)
        assert answer.status_code == (200 if htmx else 302)
    post(rep_client, ticket, form, htmx, content="Another one.", seen=seen)
    post(rep_client, ticket, form, htmx, content="Once.", seen=stored(ticket.ticket_id).last_id)

    said = [line for line in log_of(ticket.ticket_id) if line.type != "System Update"]
    assert [line.content for line in said] == ["Once.", "Another one.", "Once."]
    [kept] = said[0].attachments
    assert stored_files(ticket.ticket_id) - before == {kept.file_id.rpartition("/")[2]}


def test_a_change_on_a_stale_page_shows_what_came_between_and_can_be_done_all_the_same(
    rep_client, ticket, desk
):
    old = stored(ticket.ticket_id)
    note(ticket.ticket_id, content="Leave it to me.", by=desk.rep2)

    answer = post(
        rep_client, ticket, "priority", priority="High", version=old.version, seen=old.last_id
    )

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Leave it to me." in page
    assert "Continue anyway" in page
    again = answer.context["again"]
    assert again["fields"] == [("priority", "High")]
    assert again["view"] == "ticket_priority"
    fields = {**dict(again["fields"]), "version": answer.context["ticket"]["version"]}
    assert f'<form method="post" action="/tickets/{ticket.ticket_id}/priority/"' in page
    rep_client.post(f"/tickets/{ticket.ticket_id}/priority/", fields)
    assert stored(ticket.ticket_id).priority == "High"


def test_an_answer_that_calls_a_colleague_is_held_back_once(rep_client, ticket):
    answer = post(rep_client, ticket, "reply", content="@tomasz, the customer is wrong")

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Use an internal note" in page
    assert 'name="sure" value="1"' in page
    assert len(log_of(ticket.ticket_id)) == 1
    post(rep_client, ticket, "reply", content="@tomasz will call you", sure="1")
    assert len(log_of(ticket.ticket_id)) > 1


@pytest.mark.parametrize(
    ("then", "status", "waiting"), [("wait", "In Progress", True), ("resolve", "Resolved", False)]
)
def test_send_and_wait_and_send_and_resolve(rep_client, ticket, then, status, waiting):
    post(rep_client, ticket, "reply", content="Here.", then=then)

    assert stored(ticket.ticket_id).status == status
    assert bool(stored(ticket.ticket_id).waiting) is waiting


def test_a_canned_reply_is_fetched_or_filled_in_without_script(rep_client, ticket):
    reply = CannedReply.objects.create(name="Hi", text="Dear {first_name}")
    address = f"/tickets/{ticket.ticket_id}/"

    assert rep_client.get(f"{address}canned/{reply.pk}/").content == b"Dear Giulia"
    assert (
        ">Dear Giulia</textarea>" in rep_client.get(f"{address}?canned={reply.pk}").content.decode()
    )
    assert rep_client.get(f"{address}canned/4711/").status_code == 404


def test_properties_are_changed_in_place(rep_client, ticket, desk):
    post(rep_client, ticket, "change", tags="Broker, late", version=1)
    post(rep_client, ticket, "change", category="Billing")
    post(rep_client, ticket, "change", subject="New subject", description="New text")

    changed = stored(ticket.ticket_id)
    assert changed.tags == ["broker", "late"]
    assert changed.category == "Billing"
    assert (changed.subject, changed.description) == ("New subject", "New text")
    refused = post(rep_client, ticket, "change", subject=" ", description="kept")
    assert refused.status_code == 422
    assert ">kept</textarea>" in refused.content.decode()


def test_assigning_to_a_team_or_to_whoever_is_next(rep_client, ticket, desk):
    money = team("Money", desk.rep2_user)
    post(rep_client, ticket, "assign", assigned_to=f"team-{money.pk}")
    assert stored(ticket.ticket_id).team_id == str(money.pk)
    post(rep_client, ticket, "assign", assigned_to="auto")
    assert stored(ticket.ticket_id).assigned_to == desk.rep2.user_id
    page = rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()
    assert "Team: Money" in page
    assert post(rep_client, ticket, "assign", assigned_to="team-4711").status_code == 422


def test_merge_link_split_and_back(rep_client, ticket, desk):
    other = desk.ticket(now=this_second())
    number = ticket.ticket_id
    post(rep_client, ticket, "link", other=f"#{other.ticket_id}")
    assert stored(number).related == [other.ticket_id]
    post(rep_client, ticket, "link", other=other.ticket_id, unlink="1")
    assert stored(number).related == []

    post(rep_client, ticket, "merge", other=other.ticket_id)
    page = rep_client.get(f"/tickets/{number}/").content.decode()
    assert "Closed as a duplicate" in page
    answer = post(rep_client, ticket, "note", content="To the other one")
    assert answer["Location"] == f"/tickets/{other.ticket_id}/"
    assert (
        post(rep_client, ticket, "note", htmx=True, content="x")["HX-Redirect"]
        == answer["Location"]
    )
    post(rep_client, ticket, "unmerge")
    assert stored(number).status == "Open"

    line = next(line for line in log_of(other.ticket_id) if line.type == "Internal Note")
    answer = post(rep_client, other, "split", line=line.communication_id, subject="On its own")
    assert "On its own" in rep_client.get(answer["Location"]).content.decode()
    for wrong in ("", "abc", "4711", number):
        assert post(rep_client, ticket, "merge", other=wrong).status_code in (404, 409, 422)


@pytest.mark.parametrize("verb", ["merge", "link"])
@pytest.mark.parametrize("htmx", [True, False])
def test_a_wrong_number_is_said_beside_its_field(rep_client, ticket, verb, htmx):
    answer = post(rep_client, ticket, verb, htmx=htmx, other="4711")

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Ticket 4711 not found." in page
    assert 'value="4711"' in page, "what was typed is gone"
    assert "Where is my car?" in page, "the ticket's page is gone"


def test_a_saved_note_leaves_the_composer_alone(rep_client, ticket):
    answer = post(rep_client, ticket, "note", htmx=True, content="Kept")

    assert answer["HX-Reswap"] == "none"
    assert json.loads(answer["HX-Trigger"]) == {"composed": {"form": "note"}}
    assert "data-composer" not in answer.content.decode()


def test_a_mail_that_failed_is_shown_and_sent_again(rep_client, ticket, desk, monkeypatch):
    monkeypatch.setattr(recipients, "get_customer", lambda customer_id: None)
    respond(ticket.ticket_id, content="Here.", by=desk.rep)
    settle()
    delivery.send_due()
    monkeypatch.undo()

    page = rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()
    assert "Not sent. The customer has no email address." in page
    line = next(line for line in log_of(ticket.ticket_id) if line.delivery)
    post(rep_client, ticket, "mail", line=line.communication_id)
    delivery.send_due()
    assert "Sent " in rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()


def test_many_lines_of_the_desk_itself_are_folded(rep_client, ticket, desk):
    from tickets.services.assignment.assign import assign

    for to in (desk.rep2.user_id, desk.rep.user_id) * 3:
        assign(ticket.ticket_id, to=to, by=desk.rep)

    assert "7 events" in rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()


# --- live


def test_an_unchanged_page_costs_no_read_of_dynamodb(rep_client, ticket):
    settle()
    stamp = rep_client.get("/").context["desk"]["stamp"]
    page = rep_client.get(f"/tickets/{ticket.ticket_id}/")

    with capacity.counting() as usage:
        assert rep_client.get("/live/", {"seen": stamp}).status_code == 204
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
    assert parts.count("hx-swap-oob") == 8


def test_people_on_one_ticket_see_each_other(rep_client, client, ticket, desk):
    rep_client.post(f"/tickets/{ticket.ticket_id}/live/", {"typing": "1"})
    client.force_login(desk.rep2_user)

    heard = client.post(f"/tickets/{ticket.ticket_id}/live/").json()

    assert heard["others"] == ["Rosa Marin is typing…"]


def test_who_has_what(rep_client, desk):
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


def test_the_merged_ticket_says_so_when_it_is_changed(rep_client, ticket, desk):
    other = desk.ticket(now=this_second())
    merge(ticket.ticket_id, into=other.ticket_id, by=desk.rep)

    answer = post(rep_client, ticket, "status", status="In Progress")

    assert answer.status_code == 409
    assert f"merged into ticket {other.ticket_id}" in answer.content.decode()


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
