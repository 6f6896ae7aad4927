"""Mail in development: a folder instead of a mail server, and pages to be the customer."""

import errno
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import EmailMessage
from django.db import connection

from helpdesk import parts
from helpdesk.errors import NotFound
from helpdesk.mail import delivery, development
from tests.email.conftest import GIULIA, NOON, SUPPORT, after, take
from tests.world import log_of, settle, stored
from tickets.models import Mailbox
from tickets.services.conversation.attachments import opened
from tickets.services.conversation.communicate import respond
from tickets.services.lifecycle.status import wait

ROOT = Path(__file__).parents[2]


@pytest.fixture
def rep(client, desk):
    client.force_login(desk.rep_user)
    return client


def message(subject="Hello", **more):
    fields = {"from_email": "Desk <desk@desk.example>", "to": [GIULIA], **more}
    return EmailMessage(subject=subject, body="Line\n.dot\n", **fields)


def replied(desk, ticket_id, content="It is in Genoa.", now=NOON):
    """A reply, mailed; the mail as the folder has it."""
    respond(ticket_id, content=content, by=desk.rep, now=now)
    settle()
    delivery.send_due(now=now)
    return development.sent_emails(limit=1)[0]


# ------------------------------------------------------------------ the folder


def test_a_mail_is_a_file_with_its_envelope_and_the_bytes_that_were_sent(at_home):
    one = message(bcc=["secret@posta.example"], headers={"Return-Path": "<bounce+1@desk.example>"})
    one.send()

    [found] = development.sent_emails(limit=10)
    whole = development.sent_email(found.name)
    assert whole.envelope_from == "bounce+1@desk.example"
    assert whole.envelope_to == [GIULIA, "secret@posta.example"]
    assert whole.raw.endswith(b"\r\n\r\nLine\r\n.dot\r\n")
    assert b"Return-Path" not in whole.raw
    assert b"secret" not in whole.raw
    assert b"X-Envelope" not in whole.raw


def test_names_are_in_the_order_of_sending(at_home, monkeypatch):
    monkeypatch.setattr("helpdesk.dynamo.ulids.time.time", lambda: 1_800_000_000.0)
    for number in range(3):
        message(f"Number {number}").send()
    found = development.sent_emails(limit=2)
    assert [one.message.subject for one in found] == ["Number 2", "Number 1"]
    rest = development.sent_emails(before=found[-1].name, limit=2)
    assert [one.message.subject for one in rest] == ["Number 0"]


def test_what_fails_or_dies_in_the_middle_is_no_mail(at_home, monkeypatch):
    message("Whole").send()
    (at_home / "mailbox" / "01ARZ3NDEKTSV4RRFFQ69G5FAV.eml.part").write_bytes(b"half")
    monkeypatch.setattr("os.replace", lambda *names: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        message("Half").send()

    assert [one.message.subject for one in development.sent_emails(limit=10)] == ["Whole"]


@pytest.mark.parametrize("name", ["", "..", "../desk", "nothing", "01ARZ3NDEKTSV4RRFFQ69G5FAV"])
def test_only_mails_can_be_opened(at_home, name):
    with pytest.raises(NotFound):
        development.sent_email(name)


def test_a_full_disk_is_tried_again_later(at_home, desk, mailbox, monkeypatch):
    found = take()
    respond(found.ticket_id, content="Later.", by=desk.rep, now=NOON)
    settle()

    def full(*names):
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as disk:
        disk.setattr("os.replace", full)
        assert delivery.send_due(now=NOON) == 0
    assert delivery.send_due(now=after(minutes=2)) == 1


# ------------------------------------------------------------------ the pages


ADDRESSES = ("/mailbox/", "/mailbox/new/", "/mailbox/{name}/", "/mailbox/{name}/original/")


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_pages_are_there_in_development_only_and_for_representatives(
    at_home, settings, rep, desk, mailbox, address
):
    sent = replied(desk, take().ticket_id)
    address = address.format(name=sent.name)
    assert rep.get(address).status_code == 200

    rep.force_login(desk.outsider_user)
    assert rep.get(address).status_code == 403
    rep.logout()
    assert rep.get(address).status_code == 302
    settings.DEBUG = False
    rep.force_login(desk.rep_user)
    assert rep.get(address).status_code == 404
    assert rep.post("/mailbox/new/", {"address": GIULIA, "to": SUPPORT}).status_code == 404


def test_the_link_to_them_is_there_in_development_only(settings, rep, desk):
    assert "/mailbox/" not in rep.get("/customers/").content.decode()
    settings.DEBUG = True
    assert 'href="/mailbox/"' in rep.get("/customers/").content.decode()


def test_every_mail_is_listed_newest_first_and_can_be_opened(at_home, rep, desk, mailbox):
    number = take().ticket_id
    replied(desk, number, "First **reply**.")
    second = replied(desk, number, "Second <b>reply</b>.", now=after(minutes=1))
    message("A notice", headers=delivery.AUTOMATIC).send()

    listed = rep.get("/mailbox/").content.decode()
    assert re.findall(r'id="mail-(\w+)"', listed) == [
        one.name for one in development.sent_emails(limit=10)
    ]
    assert listed.count(">Automatic<") == 1
    assert GIULIA in listed

    shown = rep.get(f"/mailbox/{second.name}/").content.decode()
    assert "Second &lt;b&gt;reply" in shown
    assert "In-Reply-To: &lt;first@posta.example&gt;" in shown
    assert second.envelope_from in shown
    folded = [re.sub(r"<.*?>", "", one) for one in re.findall(r"<summary.*?</summary>", shown)]
    assert {"HTML", "Headers"} <= set(folded)
    original = rep.get(f"/mailbox/{second.name}/original/")
    assert original.content == development.sent_email(second.name).raw
    assert original["Content-Disposition"].startswith("attachment")


def test_hostile_html_of_a_mail_is_harmless(at_home, rep):
    one = message()
    one.content_subtype = "html"
    one.body = "<p>Hi<script>alert(1)</script><img src=https://tracker.example/p.gif></p>"
    one.send()
    [sent] = development.sent_emails(limit=1)
    shown = rep.get(f"/mailbox/{sent.name}/").content.decode()
    article = shown[shown.index("<article") : shown.index("</article>")]
    assert "<p>Hi" in article
    assert "alert" not in article
    assert "tracker" not in article


def test_a_long_list_has_pages(at_home, rep, monkeypatch):
    monkeypatch.setattr("tickets.web.development_mail.SHOWN", 2)
    for number in range(3):
        message(f"Number {number}").send()
    first = rep.get("/mailbox/").content.decode()
    assert "Number 0" not in first
    older = re.search(r'href="(\?before=\w+)"', first)[1]
    second = rep.get(f"/mailbox/{older}").content.decode()
    assert "Number 0" in second
    assert "Number 1" not in second


def test_somebody_writes_to_the_desk_as_a_customer(at_home, rep, desk, mailbox):
    form = rep.get("/mailbox/new/").content.decode()
    assert f'value="{SUPPORT}"' in form

    files = [
        SimpleUploadedFile("car.png", b"\x89PNG", "image/png"),
        SimpleUploadedFile("odd.eml", b"Subject: \xff\xfe\r\n\r\n\xff", "message/rfc822"),
    ]
    answer = rep.post(
        "/mailbox/new/",
        {
            "name": "Jürgen\r\nBcc: x@posta.example",
            "address": "Juergen@Bücher.example",
            "to": SUPPORT,
            "subject": "Wo ist\r\nX-Bad: mein Auto?",
            "text": ".\nGrüße\n.",
            "files": files,
        },
        follow=True,
    )

    assert answer.redirect_chain == [("/mailbox/", 302)]
    number = re.search(r'href="/tickets/(\d+)/">Ticket', answer.content.decode())[1]
    [line] = [one for one in log_of(number) if one.email]
    assert line.email.sender == "juergen@bücher.example"
    assert line.email.sender_name == "Jürgen Bcc: x@posta.example"
    assert line.email.subject == "Wo ist X-Bad: mein Auto?"
    assert line.content == ".\nGrüße\n."
    kept = {one.name: opened(one).read() for one in line.attachments}
    assert kept["car.png"] == b"\x89PNG"
    assert kept["odd.eml"] == files[1].open().read()


def test_a_reply_from_there_threads_and_ends_a_wait(at_home, rep, desk, mailbox):
    number = take().ticket_id
    sent = replied(desk, number)
    wait(number, by=desk.rep, now=NOON)
    assert stored(number).waiting

    form = rep.get(f"/mailbox/{sent.name}/").content.decode()
    fields = dict(re.findall(r'<input[^>]* name="(\w+)"[^>]*? value="([^"]*)"', form, re.DOTALL))
    assert fields["address"] == GIULIA
    assert fields["to"] == sent.message.reply_to[0].address
    assert fields["to"] != SUPPORT
    assert fields["subject"] == "Re: Where is my car?"
    rep.post(f"/mailbox/{sent.name}/", {**fields, "text": "Thank you."})

    assert not stored(number).waiting
    last = [one for one in log_of(number) if one.email][-1]
    assert last.content == "Thank you."
    assert last.email.sender == GIULIA
    assert list(last.email.references)[-1] == sent.message.message_id
    assert "first@posta.example" in last.email.references


def test_a_reply_that_changes_its_sender_is_suspended(at_home, rep, desk, mailbox):
    sent = replied(desk, take().ticket_id)
    answer = rep.post(
        f"/mailbox/{sent.name}/",
        {
            "address": "mallory@posta.example",
            "to": sent.message.reply_to[0].address,
            "text": "Let me in.",
        },
        follow=True,
    )
    assert 'href="/mail/suspended/">Suspended mail' in answer.content.decode()


@pytest.mark.parametrize("field", ["address", "to"])
def test_what_is_no_address_is_refused_and_what_was_typed_stays(at_home, rep, mailbox, field):
    typed = {"name": "G", "address": GIULIA, "to": SUPPORT, "text": "Typed.", field: "nobody"}
    answer = rep.post("/mailbox/new/", typed)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert f'id="{field}_error"' in text
    assert "Typed." in text


def test_without_a_mailbox_the_form_says_so(at_home, rep):
    answer = rep.post("/mailbox/new/", {"address": GIULIA, "to": SUPPORT, "text": "x"})
    assert answer.status_code == 422
    assert "There is no mailbox" in answer.content.decode()


# ------------------------------------------------------------------ parts of make run


@pytest.mark.django_db(transaction=True)
def test_saving_a_mailbox_with_a_server_asks_for_the_mailroom(settings, tmp_path):
    assert connection.in_atomic_block is False
    settings.PARTS_FOLDER = str(tmp_path)
    asked = tmp_path / "mailroom"

    one = Mailbox.objects.create(name="support", address=SUPPORT)
    assert not asked.exists()
    one.imap_host = "imap.desk.example"
    one.save()
    assert asked.exists()
    one.active = False
    one.save()
    assert not asked.exists()
    one.active = True
    one.save()
    Mailbox.objects.all().delete()
    assert not asked.exists()


def test_the_port_is_asked_for_in_development_only(settings, db, tmp_path):
    settings.PARTS_FOLDER = str(tmp_path)
    parts.ask_for_wanted()
    assert not (tmp_path / "smtp").exists()
    settings.DEBUG = True
    parts.ask_for_wanted()
    assert (tmp_path / "smtp").exists()


def test_elsewhere_nobody_asks_for_parts(settings, db, tmp_path):
    settings.PARTS_FOLDER = str(tmp_path / "gone")
    parts.ask_for_wanted()
    settings.PARTS_FOLDER = ""
    parts.ask_for_wanted()
    assert list(tmp_path.iterdir()) == []
