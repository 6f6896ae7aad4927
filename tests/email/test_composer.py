"""The composer and the conversation: taking a ticket, mentions, files, texts for third parties."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from tests.email.conftest import take
from tests.email.test_files import file, with_files
from tests.world import log_of, settle, stored, team
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import CannedReply
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.delivery import notifications
from tickets.services.lifecycle.edit import edit

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)


@pytest.fixture
def rep(client, desk):
    client.force_login(desk.rep_user)
    return client


def page_of(client, number):
    return client.get(f"/tickets/{number}/").content.decode()


def test_an_answer_takes_a_ticket_of_nobody_and_never_one_of_somebody(desk, rep):
    number = desk.ticket(now=this_second()).ticket_id

    rep.post(f"/tickets/{number}/reply/", {"content": "On it.", "take": "1"})

    assert stored(number).assigned_to == desk.rep.user_id
    *_created, reply, update = log_of(number)
    assert (reply.content, update.created_at) == ("On it.", reply.created_at)
    assert {one.field for one in update.changes} == {"status", "assignedTo"}

    respond(number, content="Me too.", take=True, by=desk.rep2)
    assert stored(number).assigned_to == desk.rep.user_id
    with pytest.raises(Invalid):
        communicate(
            number,
            type=CommunicationType.CUSTOMER_RESPONSE,
            direction=Direction.INBOUND,
            content="Hello?",
            take=True,
            by=desk.rep,
        )


def test_to_take_it_is_ticked_for_the_members_of_its_team(desk, rep):
    def box(number):
        return re.search(r'<input type="checkbox" name="take"[^>]*>', page_of(rep, number))

    number = desk.ticket(now=this_second()).ticket_id
    assert "checked" not in box(number)[0]
    theirs = desk.ticket(now=this_second(), team_id=str(team("Money", desk.rep_user).pk)).ticket_id
    assert "checked" in box(theirs)[0]

    rep.post(f"/tickets/{number}/assign/", {"assigned_to": desk.rep.user_id})
    page = page_of(rep, number)
    assert 'name="take"' not in page
    assert "Assign to me" not in page


def test_a_team_is_mentioned_by_its_name_as_one_word(desk, rep):
    team("Customs & Duty", desk.rep2_user, desk.supervisor_user)
    number = desk.ticket(now=this_second()).ticket_id

    page = rep.post(
        f"/tickets/{number}/note/", {"content": "@customs-duty and @tomasz: see @nobody"}
    )
    settle()

    for told in (desk.rep2, desk.supervisor):
        assert notifications.unread_count(by=told) == 1
    page = rep.get(page["Location"]).content.decode()
    assert "No user or team called @nobody." in page
    names = rep.get("/mentions/").json()["names"]
    assert {"handle": "customs-duty", "name": "Customs & Duty", "is_team": True} in names
    assert {"handle": "tomasz", "name": "Tomasz Nowak", "is_team": False} in names
    refused = rep.post(f"/tickets/{number}/reply/", {"content": "Ask @customs-duty"})
    assert refused.status_code == 422, "a note that would have gone to the customer"


def test_events_are_folded_but_for_escalations_assignments_and_status(desk, rep):
    number = desk.ticket(priority="Low", now=this_second()).ticket_id
    for category, priority in (("Customs", "High"), ("Payment", "Low")):
        edit(number, category=category, by=desk.rep)
        edit(number, priority=priority, by=desk.rep)
    rep.post(f"/tickets/{number}/assign/", {"assigned_to": desk.rep2.user_id})
    edit(number, tags=["port"], by=desk.rep)

    page = page_of(rep, number)

    conversation = page.split('id="conversation"')[1].split("data-composer")[0]
    fold = conversation.split("<details")[1].split("</details>")[0]
    assert "5 events" in fold
    assert "Tomasz Nowak" not in fold
    assert "Tomasz Nowak" in conversation
    opening = conversation.index('id="line-opening"')
    assert opening < conversation.index("5 events"), "the opening message comes first"


def test_a_picture_is_shown_by_its_bytes_and_not_by_its_name(desk, rep):
    number = desk.ticket(now=this_second()).ticket_id
    rep.post(
        f"/tickets/{number}/note/",
        {"content": "See.", "files": [SimpleUploadedFile("a.png", PNG)]},
    )
    line = log_of(number)[-1]
    address = f"/tickets/{number}/pictures/{line.communication_id}/0/"
    assert f'<img src="{address}"' in page_of(rep, number)

    shown = rep.get(address)

    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    assert shown["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert shown["Content-Disposition"].startswith("inline")


def test_what_only_says_that_it_is_a_picture_is_none(desk, rep, mailbox):
    mail = take(**with_files(file("x.png", b"<script>alert(1)</script>"), file("a.pdf", b"%PDF")))
    where = f"/tickets/{mail.ticket_id}/pictures/{mail.communication_id}"

    assert [rep.get(f"{where}/{place}/").status_code for place in (0, 1, 2)] == [404] * 3


def test_texts_for_third_parties_are_offered_where_one_forwards_and_only_there(desk, rep, mailbox):
    CannedReply.objects.create(name="To customers", text="x")
    outside = CannedReply.Audience.THIRD_PARTY
    CannedReply.objects.create(name="To carriers", text="x", audience=outside)
    mail = take(**with_files(file("a.pdf", b"%PDF 1"), file("b.pdf", b"%PDF 2")))

    page = page_of(rep, mail.ticket_id)

    [form] = re.findall(r'<details id="forward-.*?</details>', page, re.DOTALL)
    assert ("To carriers" in form, "To customers" in form) == (True, False)
    composer = page.split("data-canned")[1].split("</form>")[0]
    assert ("To carriers" in composer, "To customers" in composer) == (False, True)
    assert re.findall(r'name="with_file" value="(\d)"', form) == ["0", "1"]
    typed = {"to": "c@carrier.example", "content": "Hi", "line": mail.communication_id}
    rep.post(f"/tickets/{mail.ticket_id}/forward/", {**typed, "with_file": ["1"]})
    sent = log_of(mail.ticket_id)[-1]
    assert [one.name for one in sent.attachments] == ["b.pdf"]
    assert "data-third-party" in page_of(rep, mail.ticket_id)
    refused = rep.post(f"/tickets/{mail.ticket_id}/forward/", {**typed, "with_file": ["2"]})
    assert refused.status_code == 422


def test_a_note_that_mentions_a_team_twice_tells_each_member_once(desk):
    team("Money", desk.rep2_user)
    number = desk.ticket(now=this_second()).ticket_id
    note(number, content="@money @tomasz @Money", by=desk.rep)
    settle()
    assert notifications.unread_count(by=desk.rep2) == 1
