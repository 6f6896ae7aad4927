"""The forms of the ticket page, as plain forms and with HTMX."""

import json

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from helpdesk.clock import this_second
from helpdesk.dynamo import capacity
from helpdesk.mail import delivery
from tests.world import NOON, after, log_of, settle, stored, team
from tickets.models import CannedReply
from tickets.services.conversation.communicate import note, respond
from tickets.services.customer_records import other_tickets
from tickets.services.delivery import attention
from tickets.services.email.replies import recipients
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.links_and_merges import merge
from tickets.services.lifecycle.status import change_status

HTMX = {"HX-Request": "true"}
HEAVIEST = 100_000
"""Bytes of the page of a ticket with 25 messages before compression: a tenth more than at first,
91,189."""


@pytest.fixture
def ticket(desk):
    return desk.ticket(now=this_second())


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
def test_a_reply_sets_the_status_that_its_button_names(rep_client, ticket, then, status, waiting):
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


def test_assigning_to_a_team_or_automatically(rep_client, ticket, desk):
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


@pytest.mark.parametrize("htmx", [True, False])
def test_a_wrong_number_is_said_beside_its_field(rep_client, ticket, htmx):
    answer = post(rep_client, ticket, "link", htmx=htmx, other="4711")

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


def test_many_system_updates_are_folded(rep_client, ticket, desk):
    for tag in "abcdef":
        edit(ticket.ticket_id, tags=[tag], by=desk.rep)

    assert "7 events" in rep_client.get(f"/tickets/{ticket.ticket_id}/").content.decode()


def test_the_merged_ticket_says_so_when_it_is_changed(rep_client, ticket, desk):
    other = desk.ticket(now=this_second())
    merge(ticket.ticket_id, into=other.ticket_id, by=desk.rep)

    answer = post(rep_client, ticket, "status", status="In Progress")

    assert answer.status_code == 409
    assert f"merged into ticket {other.ticket_id}" in answer.content.decode()


def test_the_side_names_open_tickets_first_and_each_ticket_once(rep_client, desk):
    vehicle = desk.vehicle.vehicle_id
    older = desk.ticket(now=NOON, vehicle_id=vehicle).ticket_id
    opened = [desk.ticket(now=after(hours=place)).ticket_id for place in (1, 2, 3, 4)]
    done = desk.ticket(now=after(hours=5)).ticket_id
    change_status(done, to="Closed", by=desk.rep)
    ticket = desk.ticket(now=after(hours=6), vehicle_id=vehicle).ticket_id

    context = rep_client.get(f"/tickets/{ticket}/").context

    others = context["customers_others"]
    assert [one.ticket_id for one in others.named] == [*opened[::-1], older]
    assert others.open == 5
    assert context["vehicles_others"] == []


def test_the_side_counts_open_tickets_that_are_older_than_what_it_reads(
    rep_client, desk, monkeypatch
):
    vehicle = desk.vehicle.vehicle_id
    oldest = desk.ticket(now=NOON, vehicle_id=vehicle).ticket_id
    done = [desk.ticket(now=after(hours=place)).ticket_id for place in (1, 2, 3)]
    for number in done:
        change_status(number, to="Closed", by=desk.rep)
    ticket = desk.ticket(now=after(hours=6), vehicle_id=vehicle).ticket_id
    monkeypatch.setattr(other_tickets, "READ", 3)
    settle()

    with capacity.counting() as usage:
        answer = rep_client.get(f"/tickets/{ticket}/")

    others = answer.context["customers_others"]
    assert [one.ticket_id for one in others.named] == [done[2], done[1]]
    assert others.open == 1
    assert "1 open" in answer.content.decode()
    assert [one.ticket_id for one in answer.context["vehicles_others"]] == [oldest]
    assert sorted(usage.operations) == ["GetItem", "GetItem", "Query", "Query", "Query"]


def test_three_hours_are_counted_from_when_they_are_chosen(rep_client, ticket, desk):
    number = ticket.ticket_id
    before = int(this_second().timestamp())
    post(rep_client, ticket, "snooze", until="PT3H", last_message=stored(number).last_id)

    until = attention.of_ticket(number, by=desk.rep).snoozed_until
    assert before <= until - 3 * 3600 <= before + 60


def test_a_ticket_of_25_messages_is_small(rep_client, ticket, desk, looked_at):
    for place in range(25):
        write = respond if place % 2 else note
        write(ticket.ticket_id, content="The papers are at the broker. " * 8, by=desk.rep)
    settle()

    weight = len(rep_client.get(f"/tickets/{ticket.ticket_id}/").content)

    looked_at(f"{weight} bytes")
    assert weight < HEAVIEST
