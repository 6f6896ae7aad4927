"""Files of a message: empty ones, pictures without a name that says so, and what does not fit."""

import base64

import pytest

from tests.email.conftest import GIULIA, after, send, take
from tests.mail.reading.test_body import tnef
from tests.world import log_of
from tickets.domain.mail.outcome import Outcome
from tickets.services.conversation import attachments
from tickets.services.conversation.communicate import respond
from tickets.services.email.incoming import messages as of_messages

MULTIPART = "multipart/mixed; boundary=b"
STRANGER = "bea@posta.example"


def file(name, content=b"content", content_type="application/pdf"):
    return (
        f'--b\r\nContent-Type: {content_type}\r\nContent-Disposition: attachment; filename="{name}"'
        "\r\nContent-ID: <x@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        f"{base64.b64encode(content).decode()}\r\n"
    )


def with_files(*files, text="See these."):
    return {
        "body": f"--b\r\nContent-Type: text/plain\r\n\r\n{text}\r\n{''.join(files)}--b--",
        "content_type": MULTIPART,
    }


def messages(ticket_id):
    return [line for line in log_of(ticket_id) if line.type == "Customer Response"]


def test_a_file_of_no_bytes_is_kept_and_said_to_be_empty(rep_client, mailbox):
    found = take(**with_files(file("empty.pdf", b"")))

    [line] = messages(found.ticket_id)
    assert [(one.name, one.size) for one in line.attachments] == [("empty.pdf", 0)]
    page = rep_client.get(f"/tickets/{found.ticket_id}/").content.decode()
    assert "empty.pdf" in page
    assert "0\xa0bytes" in page
    given = rep_client.get(f"/tickets/{found.ticket_id}/files/{found.communication_id}/0/")
    assert (given.status_code, b"".join(given.streaming_content)) == (200, b"")


def test_an_invitation_and_what_was_in_a_winmail_are_offered_on_the_ticket(rep_client, mailbox):
    winmail = tnef(
        (2, 0x9002, 6, bytes(14)), (2, 0x8010, 1, b"price.pdf\0"), (2, 0x800F, 6, b"PRICE")
    )
    found = take(
        **with_files(
            file("meeting.ics", b"BEGIN:VCALENDAR", "text/calendar"),
            file("winmail.dat", winmail, "application/ms-tnef"),
        )
    )

    page = rep_client.get(f"/tickets/{found.ticket_id}/").content.decode()

    assert "meeting.ics" in page
    assert "price.pdf" in page
    assert "winmail.dat" not in page
    place = f"/tickets/{found.ticket_id}/files/{found.communication_id}"
    given = [b"".join(rep_client.get(f"{place}/{n}/").streaming_content) for n in range(2)]
    assert given == [b"BEGIN:VCALENDAR", b"PRICE"]


@pytest.mark.parametrize(
    ("name", "declared", "given_as"),
    [
        ("image001", "image/png", "image/png"),
        ("foto.vom.auto", "image/jpeg", "image/jpeg"),
        ("car.png", "application/octet-stream", "image/png"),
        ("car.pdf", "image/png", "application/pdf"),
        ("drawing", "image/svg+xml", "application/octet-stream"),
        ("page", "text/html", "application/octet-stream"),
        ("image.html", "text/html", "application/octet-stream"),
    ],
)
def test_a_picture_is_given_out_as_what_its_mail_says(
    rep_client, mailbox, name, declared, given_as
):
    found = take(**with_files(file(name, b"picture", declared)))

    [line] = messages(found.ticket_id)
    assert line.attachments[0].name == name
    given = rep_client.get(f"/tickets/{found.ticket_id}/files/{found.communication_id}/0/")
    assert given["Content-Type"] == given_as
    assert given["Content-Disposition"].startswith("attachment")


def test_a_copy_of_a_picture_is_still_one(desk, mailbox):
    found = take(**with_files(file("image001", b"picture", "image/png")))
    [line] = messages(found.ticket_id)

    with attachments.copied(found.ticket_id, line.attachments) as (copy,):
        assert attachments.content_type(copy) == "image/png"


@pytest.fixture
def small(monkeypatch):
    """A desk that keeps ten bytes of files beside a message."""
    monkeypatch.setattr(of_messages, "LARGEST", 10)


BIG = with_files(file("fits.pdf"), file("large.pdf", bytes(11)))


def test_a_sender_is_told_once_that_a_file_did_not_fit(rep_client, mailbox, mailoutbox, small):
    found = take(**BIG)
    [told] = send(mailoutbox, after(minutes=1))

    assert told.to == [GIULIA]
    assert "could not add all of its files" in told.body
    assert told.extra_headers["Auto-Submitted"] == "auto-generated"
    assert told.extra_headers["In-Reply-To"] == "<first@posta.example>"
    assert send(mailoutbox, after(minutes=9)) == []
    page = rep_client.get(f"/tickets/{found.ticket_id}/").content.decode()
    assert "Only in the original: large.pdf" in page
    [line] = messages(found.ticket_id)
    assert [one.name for one in line.attachments] == ["fits.pdf"]


def test_an_acknowledgement_says_it_in_one_mail(desk, mailbox, mailoutbox, small):
    mailbox.acknowledges = True
    mailbox.save()
    take(**BIG)
    [both] = send(mailoutbox, after(minutes=1))
    take(sender="otto@altro.example", message_id="o@altro.example")
    [plain] = send(mailoutbox, after(minutes=2))

    assert "Thank you for your message" in both.body
    assert "could not add all of its files" in both.body
    assert "could not add" not in plain.body


def test_who_replies_with_too_large_a_file_is_told_about_that_reply(
    desk, mailbox, mailoutbox, small
):
    first = take(cc=f"Bea <{STRANGER}>")
    respond(first.ticket_id, content="Papers?", by=desk.rep, now=after(minutes=5))
    [to_bea] = [one for one in send(mailoutbox, after(minutes=6)) if one.to == [STRANGER]]

    found = take(
        now=after(minutes=9),
        sender=f"Bea <{STRANGER}>",
        to=to_bea.extra_headers["Reply-To"],
        message_id="bea@posta.example",
        **BIG,
    )

    assert found.outcome is Outcome.REPLY
    [told] = send(mailoutbox, after(minutes=10))
    assert told.to == [STRANGER]
    assert told.extra_headers["In-Reply-To"] == "<bea@posta.example>"
    assert told.extra_headers["Message-ID"] != to_bea.extra_headers["Message-ID"]
    again = take(
        now=after(minutes=12),
        sender=f"Bea <{STRANGER}>",
        to=told.extra_headers["Reply-To"],
        message_id="again@posta.example",
    )
    assert (again.outcome, again.ticket_id) == (Outcome.REPLY, first.ticket_id)
    assert send(mailoutbox, after(minutes=13)) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"auto_submitted": "auto-replied"},
        {"list_id": "<users.posta.example>"},
        {"return_path": "<>"},
    ],
    ids=["automatic", "list", "nowhere"],
)
def test_what_answers_itself_is_told_nothing(desk, mailbox, mailoutbox, small, fields):
    take(**BIG, **fields)

    assert send(mailoutbox, after(minutes=1)) == []


def test_nobody_is_told_more_than_three_times_an_hour(desk, mailbox, mailoutbox, small):
    for place in range(5):
        take(**with_files(file("a.pdf", bytes(11)), text=str(place)), message_id=f"{place}@p.it")

    assert len(send(mailoutbox, after(minutes=1))) == 3
