"""Mail as people and programs write it, through the door and out again. EMAIL.md's numbers."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile

from helpdesk.mail import delivery, queue, smtp
from helpdesk.mail.reading import read
from reporting.services import weekly
from tests.email.conftest import GIULIA, SUPPORT, after, send, take
from tests.mail.test_delivery import server
from tests.world import log_of, settle, stored
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.presenters.mail import email_line
from tickets.services.conversation import attachments
from tickets.services.conversation.communicate import respond
from tickets.services.delivery import reply_email
from tickets.services.lifecycle.escalate import sweep
from tickets.store import queries

__all__ = ["server"]

KINDS = {
    "a report of no standard form": (
        "failure notice",
        "text/plain",
        "Hi. This is the qmail-send program.\r\nI wasn't able to deliver your message.\r\n"
        "<giulia@posta.example>:\r\n550 5.1.1 no such user\r\n",
        "failed",
        "failed",
    ),
    "a delay": (
        "Warning: message delayed 24 hours",
        "text/plain",
        "Your message has not yet been delivered.\r\n421 4.4.1 timed out\r\n",
        "delayed",
        "sent",
    ),
    "relayed": (
        "Successful Mail Delivery Report",
        "text/plain",
        "Your message was successfully relayed to its destination.\r\n250 2.1.5 Ok\r\n",
        "relayed",
        "sent",
    ),
    "a read receipt": (
        "Read: Car",
        "multipart/report; boundary=b; report-type=disposition-notification",
        "--b\r\n\r\nRead.\r\n--b\r\nContent-Type: message/disposition-notification\r\n\r\n"
        f"Final-Recipient: rfc822;{GIULIA}\r\nDisposition: manual-action; displayed\r\n--b--\r\n",
        "read",
        "sent",
    ),
    "an abuse report": (
        "complaint",
        "multipart/report; boundary=b; report-type=feedback-report",
        "--b\r\n\r\nAbuse.\r\n--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        "Feedback-Type: abuse\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nHi"
        "\r\n--b--\r\n",
        "abuse",
        "sent",
    ),
}


def messages(ticket_id):
    return [line for line in log_of(ticket_id) if line.type == "Customer Response"]


def answered(desk, mailoutbox):
    first = take()
    respond(first.ticket_id, content="Here.", resolve=True, by=desk.rep, now=after(minutes=5))
    [sent] = send(mailoutbox, after(minutes=6))
    return first.ticket_id, sent


def tickets():
    return [ticket.ticket_id for ticket, _log in queries.every_ticket()]


@pytest.mark.parametrize("ours", [True, False], ids=["of ours", "of others"])
@pytest.mark.parametrize("name", KINDS)
def test_case_14_reports_of_every_form_are_a_line_and_never_a_ticket(
    desk, mailbox, mailoutbox, name, ours
):
    subject, content_type, body, kind, becomes = KINDS[name]
    number, sent = answered(desk, mailoutbox)
    before = stored(number)

    found = take(
        now=after(minutes=9),
        sender="Mail <mailer-daemon@posta.example>",
        to=sent.extra_headers["Return-Path"] if ours else SUPPORT,
        subject=subject,
        body=body,
        return_path="<>",
        content_type=content_type,
        message_id="report@posta.example",
    )

    assert found.outcome is Outcome.BOUNCE
    assert found.ticket_id == (number if ours else None)
    line = messages(number)[-1]
    assert line.delivery == (becomes if ours else "sent")
    assert tickets() == [number]
    assert (stored(number).status, stored(number).timeline) == ("Resolved", before.timeline)
    reports = [one for one in log_of(number) if one.type == "System Update" and one.channel]
    assert [one.reference.split()[0] for one in reports] == ([kind] if ours else [])
    assert send(mailoutbox, after(minutes=20)) == []


@pytest.mark.parametrize(
    ("header", "address"),
    [
        ("Ann <ann@x.example>, Bo <bo@y.example>", "ann@x.example"),
        ("Friends: Ann <ann@x.example>;", "ann@x.example"),
        ("J\xfcrgen <ann@x.example>", "ann@x.example"),
        ("=?iso-8859-1?Q?J=FCrgen?= <ann@x.example>", "ann@x.example"),
        ('"bo@y.example" <ann@x.example>', "ann@x.example"),
        ("bo@y.example <ann@x.example>", "ann@x.example"),
        ("Ann <ann@m\xfcller.example>", "ann@m\xfcller.example"),
        ("undisclosed-recipients:;", None),
        ("Ann", None),
        ("<>", None),
        ("", None),
        (None, None),
    ],
)
def test_case_19_every_form_of_from_ends_as_a_ticket_or_waits(desk, mailbox, header, address):
    found = take(sender=header)
    following = take(body="What comes after it.", message_id="after@posta.example")

    assert following.outcome is Outcome.TICKET
    if address:
        assert found.outcome is Outcome.TICKET
        [line] = messages(found.ticket_id)
        assert line.email.sender == address
    else:
        assert (found.outcome, found.cause) == (Outcome.SUSPENDED, Cause.NO_SENDER)


TEXTS = {
    "between the lines": "On Mon, Feb 1, Ada wrote:\n> Is it red?\nYes.\n> Doors?\nFour.\n",
    "below the separator": "Hello.\n-- \nGiulia\n\n-----Original Message-----\nFrom: Ada\n\nMine is"
    " below.\n",
    "polish": "Tak.\n\npon., 1 lut 2016 o 10:15 Ada <a@x.example> napisał(a):\n> Czerwony?\n",
    "german": "Ja.\n\nVon: Ada <a@x.example>\nGesendet: Montag\nAn: G\nBetreff: Auto\n\nRot?\n",
    "italian": "Sì.\n\nIl giorno lun 1 feb 2016 alle ore 10:15 Ada <a@x.it> ha scritto:\n> ?\n",
    "japanese": "はい。\n\n2016年2月1日(月) 10:15 Ada <a@x.example> さんは書きました:\n> 赤?\n",
    "bullets": "Missing:\n\n- papers\n- a key\n* the radio\n\n-- two dashes begin this line\n",
}
FOLDED = {"polish": "Tak.", "german": "Ja.", "italian": "Sì.", "japanese": "はい。"}


@pytest.mark.parametrize("name", TEXTS)
def test_case_21_the_whole_text_is_on_the_ticket_visible_or_folded(
    rep_client, mailbox, mailoutbox, name
):
    text = TEXTS[name]
    found = take(body=text.replace("\n", "\r\n"))

    [line] = messages(found.ticket_id)
    shown = email_line(found.ticket_id, line)
    assert line.content.strip() == text.strip()
    assert "".join(block.text for block in shown.blocks) == line.content
    visible = "".join(block.text for block in shown.blocks if block.kind == "text").strip()
    if name in FOLDED:
        assert visible == FOLDED[name]
    else:
        for word in re.findall(r"Yes|Four|Hello|papers|radio|two dashes", text):
            assert word in visible
    page = rep_client.get(f"/tickets/{found.ticket_id}/").content.decode()
    for word in re.findall(r"\w{3,}", text):
        assert word in page


def test_case_21_a_blockquote_that_only_sets_apart_is_no_quote(desk, mailbox):
    html = "<p>See:</p><blockquote style='margin-left:40px'>The address is new.</blockquote>"

    found = take(body=html, content_type="text/html; charset=utf-8")

    [line] = messages(found.ticket_id)
    blocks = email_line(found.ticket_id, line).blocks
    assert "The address is new." in "".join(one.text for one in blocks if one.kind == "text")


PICTURE = (
    "--b\r\nContent-Type: image/png\r\nContent-ID: <car@x>\r\nContent-Disposition: inline; "
    'filename="car.png"\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--b--\r\n'
)
PAGES = {
    "a picture alone": ("multipart/mixed; boundary=b", PICTURE, "car.png"),
    "no html": ("text/html; charset=utf-8", "My <b>car</b> is late.<br>Giulia", "is late."),
    "word": (
        "text/html; charset=utf-8",
        "<!--[if gte mso 9]><xml><o:p>x</o:p></xml><![endif]--><div class=WordSection1><p "
        "class=MsoNormal>My car is late.<o:p></o:p></p></div><!--[if mso]>hidden<![endif]-->",
        "My car is late.",
    ),
    "remote pictures": (
        "text/html",
        '<img src="https://t.example/1.gif">My car is late.<img src="https://t.example/2.gif">',
        "My car is late.",
    ),
    "200,000 spaces": ("text/html", "&nbsp;" * 200_000 + "My car is late.", "My car is late."),
}


@pytest.mark.parametrize("name", PAGES)
def test_case_22_what_has_no_plain_text_is_shown(rep_client, mailbox, name):
    content_type, body, words = PAGES[name]

    found = take(body=body, content_type=content_type)

    assert found.outcome is Outcome.TICKET
    page = rep_client.get(f"/tickets/{found.ticket_id}/")
    assert page.status_code == 200
    assert words in page.content.decode()
    assert "t.example" not in page.content.decode()
    if content_type.startswith("text/html"):
        address = f"/tickets/{found.ticket_id}/messages/{found.communication_id}/html/"
        shown = rep_client.get(address).content.decode()
        assert "is late." in shown
        assert "t.example" not in shown


def test_case_23_a_name_in_another_character_set_is_read(desk, mailbox):
    part = (
        "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; "
        "filename*=us-ascii''W%F6lbung.pdf\r\n\r\nPDF\r\n--b--\r\n"
    )

    found = take(body=part, content_type="multipart/mixed; boundary=b")

    [line] = messages(found.ticket_id)
    assert [one.name for one in line.attachments] == ["Wölbung.pdf"]


def test_case_23_a_message_that_is_no_utf_8_is_sent_with_an_answer(desk, mailbox, server):
    inner = b"From: b@y.example\r\nSubject: Gr\xfc\xdfe\r\n\r\n\xff\xfe\x00 bytes"
    first = take()
    kept = attachments.save(first.ticket_id, ContentFile(inner), "Grüße.eml")
    respond(
        first.ticket_id, content="See it.", attachments=[kept], by=desk.rep, now=after(minutes=5)
    )
    settle()

    delivery.send_due(now=after(minutes=6))

    [(_recipients, message)] = server.taken
    [part] = [one for one in message.walk() if one.get_filename()]
    assert part.get_payload(decode=True) == inner
    assert queue.undelivered(limit=9) == []


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?Car=0D=0ABcc:_evil@x.example=0D=0A=0D=0AHi?=",
        "=?utf-8?b?Q2FyDQpCY2M6IGV2aWxAeC5leGFtcGxl?=",
        "Car =?utf-8?q?=0A?= Bcc: evil@x.example =?utf-8?q?=E2=80=A8?=",
        "=?iso-8859-1?q?Car=85Bcc:_evil@x.example?=",
    ],
)
def test_case_24_a_line_break_in_a_subject_makes_no_header_of_an_answer(
    desk, mailbox, server, subject
):
    mailbox.acknowledges = True
    mailbox.save()
    first = take(subject=subject)
    respond(first.ticket_id, content="Here.", by=desk.rep, now=after(minutes=5))
    settle()

    delivery.send_due(now=after(minutes=6))

    assert first.outcome is Outcome.TICKET
    assert "\n" not in stored(first.ticket_id).subject
    assert len(server.taken) == 2
    for recipients, message in server.taken:
        assert recipients == [GIULIA]
        assert message["Bcc"] is None
        assert [name for name in message if name.lower() == "subject"] == ["Subject"]
        assert read(message.as_bytes()).subject.count("Bcc") == 1


def delivered(ticket_id):
    line = [one for one in messages(ticket_id) if one.direction == "outbound"][-1]
    return {one.address: one.state for one in line.deliveries}


def test_case_25_a_connection_lost_after_the_data_is_for_a_person(desk, mailbox, server):
    first = take()
    respond(first.ticket_id, content="Here.", by=desk.rep, now=after(minutes=5))
    settle()
    server.after_data = ""

    delivery.send_due(now=after(minutes=6))
    server.after_data = None
    for hour in range(1, 60):
        assert delivery.send_due(now=after(hours=hour)) == 0, "sent again by itself"

    assert delivered(first.ticket_id) == {GIULIA: "unknown"}
    [listed] = queue.undelivered(limit=9)
    assert (listed.kind, listed.result) == ("reply", "unknown")
    line = messages(first.ticket_id)[-1]
    reply_email.send_again(first.ticket_id, line.communication_id, by=desk.rep, now=after(hours=61))
    assert delivery.send_due(now=after(hours=61)) == 1
    assert delivered(first.ticket_id) == {GIULIA: "sent"}


@pytest.mark.parametrize("place", ["recipient", "before", "after"])
def test_case_25_what_is_refused_for_now_is_sent_later(desk, mailbox, server, place):
    first = take()
    respond(first.ticket_id, content="Here.", by=desk.rep, now=after(minutes=5))
    settle()
    if place == "recipient":
        server.refused[GIULIA] = "451 greylisted"
    elif place == "before":
        server.before_data = "452 full"
    else:
        server.after_data = "451 later"

    assert delivery.send_due(now=after(minutes=6)) == 0
    assert delivered(first.ticket_id) == {GIULIA: "sending"}
    assert queue.undelivered(limit=9) == []
    server.refused.clear()
    server.before_data = server.after_data = None

    assert sum(delivery.send_due(now=after(minutes=minute)) for minute in range(7, 30)) == 1
    assert delivered(first.ticket_id) == {GIULIA: "sent"}
    assert len(server.taken) == 1


def test_case_25_one_of_two_recipients_is_refused_and_the_other_has_it(desk, mailbox, server):
    first = take(cc="Bea <bea@posta.example>")
    respond(first.ticket_id, content="Here.", by=desk.rep, now=after(minutes=5))
    settle()
    server.refused["bea@posta.example"] = "550 5.1.1 no such mailbox"

    for minute in range(6, 60):
        delivery.send_due(now=after(minutes=minute))

    assert [recipients for recipients, _message in server.taken] == [[GIULIA]]
    assert delivered(first.ticket_id) == {GIULIA: "sent", "bea@posta.example": "failed"}
    [listed] = queue.undelivered(limit=9)
    assert listed.result == "failed"
    assert "no such mailbox" in str(listed.problem)


def test_case_26_after_an_hour_without_a_mail_server_all_arrive_once(
    desk, mailbox, server, monkeypatch
):
    """Escalations, answers, acknowledgements and a weekly report fall due while it is away."""
    mailbox.acknowledges = True
    mailbox.save()
    desk.supervisor_user.weekly_report = True
    desk.supervisor_user.save()
    late = desk.ticket(assigned_to=desk.rep.user_id)
    start = after(hours=9)
    server.silent.set()
    slow = smtp.get_connection
    monkeypatch.setattr(smtp, "get_connection", lambda *backend: slow(*backend, timeout=0.05))

    first = take(now=start)
    sweep(now=start)
    for minute in range(60):
        at = start + timedelta(minutes=minute)
        if minute in (5, 25, 45):
            respond(first.ticket_id, content=f"Answer {minute}.", by=desk.rep, now=at)
        assert weekly.queue_weekly(today=date(2026, 11, 9), now=at) in (0, 1)
        settle()
        assert delivery.send_due(now=at) == 0
    monkeypatch.undo()
    assert server.taken == []
    assert queue.undelivered(limit=9) == []

    server.silent.clear()
    for minute in range(60, 180):
        delivery.send_due(now=start + timedelta(minutes=minute))

    assert queue.due(after(days=9), limit=99) == []
    assert queue.undelivered(limit=9) == []
    arrived = sorted((recipients[0], message["Subject"]) for recipients, message in server.taken)
    escalated = f"Ticket {late.ticket_id} was escalated"
    assert arrived == [
        *[(GIULIA, "Re: Where is my car?")] * 3,
        (GIULIA, f"We received your message: Where is my car? [#{first.ticket_id}]"),
        ("ingrid@helpdesk.example", escalated),
        ("ingrid@helpdesk.example", "Weekly report: 2 Nov 2026 to 8 Nov 2026"),
        ("rosa@helpdesk.example", escalated),
    ]
    bodies = [str(message) for recipients, message in server.taken if recipients == [GIULIA]]
    for minute in (5, 25, 45):
        assert sum(f"Answer {minute}." in body for body in bodies) == 1


NUMBERS = [*range(1, 27), "11a", "11b"]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_case_has_a_test_by_its_number_through_the_door(number):
    here = Path(__file__).parent
    tests = "\n".join(path.read_text(encoding="utf-8") for path in here.glob("test_*.py"))

    assert re.search(rf"^def test_case_{number}_", tests, re.MULTILINE)
