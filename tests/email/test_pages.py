"""What people see of e-mail: the ticket, its participants, originals, and suspended mail."""

import html
import re

import pytest

from helpdesk.mail.reading import Unreadable
from tests.email.conftest import GIULIA, NOON, after, passed, raw, send, take
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Outcome
from tickets.domain.sla.timeline import Timeline
from tickets.models import BlockedSender
from tickets.services.conversation.communicate import respond
from tickets.services.email import suspended
from tickets.services.email.incoming import process as processing
from tickets.services.email.incoming.receive import receive

HTML = """From: Giulia Bianchi <giulia@posta.example>
To: support@desk.example
Subject: A picture
Message-ID: <html@posta.example>
Date: Mon, 2 Nov 2026 11:59:00 +0000
MIME-Version: 1.0
Content-Type: multipart/related; boundary=b

--b
Content-Type: text/html; charset=utf-8

<p>See <b>this</b> <img src="cid:car@x" alt="The car">
<img src="https://tracker.example/p.gif" alt="">
<script>alert(1)</script><a href="javascript:alert(2)">x</a></p>
--b
Content-Type: image/png; name=car.png
Content-ID: <car@x>
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--b--
""".replace("\n", "\r\n").encode()


@pytest.fixture
def rep(client, desk):
    client.force_login(desk.rep_user)
    return client


def page(client, ticket_id):
    return client.get(f"/tickets/{ticket_id}/").content.decode()


def test_the_ticket_shows_from_whom_to_whom_and_folds_what_is_quoted(rep, desk, mailbox):
    body = "Thank you.\r\n\r\nOn Mon, 2 Nov 2026, Ada wrote:\r\n> It is on its way.\r\n"
    found = take(body=body, cc="Bea <bea@posta.example>")

    shown = page(rep, found.ticket_id)

    assert "Email from giulia@posta.example" in shown
    assert "Quoted text" in shown
    folded = re.search(r"<details id=\"fold-[^>]*>.*?</details>", shown, re.DOTALL)[0]
    assert "It is on its way." in folded
    assert "Thank you." not in folded
    assert shown.count("Thank you.") == 2, "once as a message, once in the form that edits it"
    assert "bea@posta.example" in shown


def test_a_reply_says_to_whom_it_goes_before_it_is_sent(rep, desk, mailbox):
    found = take(cc="Bea <bea@posta.example>")
    number = found.ticket_id

    recipients = re.search(r'<div id="recipients".*?</div>', page(rep, number), re.DOTALL)[0]
    assert GIULIA in recipients
    assert "bea@posta.example" in recipients

    rep.post(f"/tickets/{number}/participants/remove/", {"participant": "bea@posta.example"})
    rep.post(f"/tickets/{number}/participants/", {"participant": "Carl@posta.example"})

    recipients = re.search(r'<div id="recipients".*?</div>', page(rep, number), re.DOTALL)[0]
    assert "bea@posta.example" not in recipients
    assert "carl@posta.example" in recipients
    assert stored(number).participants == ["<carl@posta.example>"]
    told = [change.field for line in log_of(number) for change in line.changes or ()]
    assert told.count("participants") == 3


@pytest.mark.parametrize("address", ["", "nobody", "support@desk.example"])
def test_what_is_no_participant_changes_nothing(rep, desk, mailbox, address):
    found = take()

    answer = rep.post(f"/tickets/{found.ticket_id}/participants/", {"participant": address})

    assert answer.status_code == 422
    assert stored(found.ticket_id).participants == []


def test_the_original_is_given_out_as_it_came(rep, desk, mailbox):
    found = take()

    answer = rep.get(f"/tickets/{found.ticket_id}/messages/{found.communication_id}/original/")

    assert answer.content == raw()
    assert answer["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer["Content-Security-Policy"]


def test_html_is_harmless_and_others_pictures_are_loaded_once_on_request(rep, desk, mailbox):
    found = receive(HTML, now=NOON)
    address = f"/tickets/{found.ticket_id}/messages/{found.communication_id}/html/"
    assert address in page(rep, found.ticket_id)

    plain = rep.get(address)
    text = plain.content.decode()
    article = text[text.index("<article") : text.index("</article>")]

    assert "<b>this</b>" in article
    assert f"/tickets/{found.ticket_id}/" in article, "its own picture is there"
    for harm in ("tracker.example", "script", "javascript"):
        assert harm not in article
    assert "1 picture of another server" in text
    assert "https:" not in plain["Content-Security-Policy"]

    loaded = rep.get(f"{address}pictures/")
    assert "tracker.example" in loaded.content.decode()
    assert "https:" in loaded["Content-Security-Policy"]
    assert "script-src 'self'" in loaded["Content-Security-Policy"]


def test_an_original_is_for_people_who_work_tickets(client, desk, mailbox):
    found = take()
    address = f"/tickets/{found.ticket_id}/messages/{found.communication_id}/original/"

    assert client.get(address).status_code == 302
    client.force_login(desk.outsider_user)
    assert client.get(address).status_code == 403


def test_the_delivery_to_each_recipient_stands_on_the_ticket(rep, desk, mailbox, mailoutbox):
    found = take(cc="bea@posta.example")
    respond(found.ticket_id, content="Here.", by=desk.rep, now=after(minutes=5))
    send(mailoutbox, after(minutes=6))

    shown = page(rep, found.ticket_id)

    assert re.search(r"giulia@posta.example:\s*sent", shown)
    assert re.search(r"bea@posta.example:\s*sent", shown)


def waiting(desk):
    return suspended.suspended(by=desk.rep).mails


def test_suspended_mail_is_listed_with_its_cause_and_becomes_a_ticket(rep, desk, mailbox):
    take(auto_submitted="auto-generated", subject="Your order")
    [one] = waiting(desk)

    listed = rep.get("/mail/suspended/").content.decode()
    assert "Your order" in listed
    assert "sent automatically" in listed
    shown = rep.get("/mail/suspended/message/", {"mail": one.key}).content.decode()
    assert "It should be here by now." in shown

    answer = rep.post("/mail/suspended/act/", {"mail": one.key, "action": "open"})
    number = re.search(r"/tickets/(\d+)/", answer["Location"])[1]
    assert stored(number).subject == "Your order"
    assert waiting(desk) == []
    again = rep.post("/mail/suspended/act/", {"mail": one.key, "action": "open"})
    assert again.status_code == 404


def test_suspended_mail_can_be_deleted(rep, desk, mailbox):
    take(auto_submitted="auto-generated", subject="Your order")
    [one] = waiting(desk)

    answer = rep.post("/mail/suspended/act/", {"mail": one.key, "action": "delete"}, follow=True)

    assert "Email deleted." in answer.content.decode()
    assert "Your order" not in answer.content.decode()
    assert waiting(desk) == []
    again = take(auto_submitted="auto-generated", subject="Your order")
    assert again.outcome is Outcome.DUPLICATE, "it stays deleted"


def test_when_it_was_sent_came_and_was_recorded(rep, desk, mailbox):
    """Clocks begin when the desk has written it down, so that no time runs backwards."""
    late = receive(raw(), received_at=NOON, now=after(minutes=6))
    soon = receive(
        raw(message_id="b@posta.example"), received_at=after(minutes=6), now=after(minutes=11)
    )

    shown = page(rep, late.ticket_id)

    assert re.search(r"Sent</dt><dd>[^<]*11:59", shown)
    assert re.search(r"Received</dt><dd>[^<]*12:00", shown)
    assert "It arrived late." in shown
    assert "It arrived late." not in page(rep, soon.ticket_id), "within five minutes"
    ticket = stored(late.ticket_id)
    assert ticket.created_at == after(minutes=6)
    assert Timeline.load(ticket.timeline).state.created_at == after(minutes=6)


def test_a_ticket_of_its_own_says_that_another_was_named(rep, desk, mailbox):
    first = take()
    other = take(
        sender="bruno@altro.example",
        references="<first@posta.example>",
        message_id="b@altro.example",
    )

    assert "named another ticket that its sender does not take part in" in page(
        rep, other.ticket_id
    )
    assert "named another ticket" not in page(rep, first.ticket_id)


def test_who_forwarded_a_customers_mail_is_named(rep, desk, checked):
    desk.rep2_user.email = "luca@desk.example"
    desk.rep2_user.save()
    body = (
        "---------- Forwarded message ---------\r\n"
        f"From: Giulia Bianchi <{GIULIA}>\r\nSubject: Papers\r\n\r\nHere.\r\n"
    )
    found = take(
        sender="luca@desk.example",
        subject="Fwd: Papers",
        body=body,
        authentication_results=passed("desk.example"),
    )

    shown = page(rep, found.ticket_id)

    assert "Forwarded by a colleague." in shown
    assert f"Logged by {desk.rep2.name}" in shown


@pytest.mark.parametrize(("length", "is_cut"), [(200, False), (201, True)])
def test_a_subject_that_is_cut_says_so(rep, desk, mailbox, length, is_cut):
    found = take(subject="Re: " + "x" * length)

    assert stored(found.ticket_id).subject == ("x" * 199 + "…" if is_cut else "x" * 200)
    assert ("The subject is long." in page(rep, found.ticket_id)) is is_cut


def test_reports_about_nothing_of_the_desk_have_a_list_of_their_own(rep, desk, mailbox):
    report = raw(
        sender="MAILER-DAEMON@posta.example",
        subject="Undelivered Mail Returned to Sender",
        body="550 5.1.1 user unknown",
        return_path="<>",
    )
    assert receive(report, now=NOON).outcome is Outcome.BOUNCE

    to_decide = rep.get("/mail/suspended/").content.decode()
    reports = rep.get("/mail/suspended/", {"state": "bounce"}).content.decode()

    assert "Undelivered Mail" not in to_decide
    assert "Undelivered Mail" in reports
    assert "Nobody has to decide" in reports


def test_the_second_page_of_a_list_is_of_the_same_list(rep, desk, mailbox, monkeypatch):
    monkeypatch.setattr(suspended, "SHOWN", 1)
    monkeypatch.setattr(processing, "read_safely", unreadable)
    take(body="One.")
    take(body="Two.", now=after(minutes=1))

    first = rep.get("/mail/suspended/", {"state": "parked"}).content.decode()
    address = html.unescape(re.search(r'href="(\?[^"]*cursor=[^"]+)"', first)[1])
    second = rep.get(f"/mail/suspended/{address}")

    assert second.status_code == 200
    assert second.context["state"] == "parked"
    assert len(second.context["mails"]) == 1


def unreadable(_raw):
    raise Unreadable(Unreadable.TOO_SLOW)


def test_suspended_mail_is_added_to_a_ticket(rep, desk, mailbox):
    ticket = desk.ticket()
    take(auto_submitted="auto-generated")
    [one] = waiting(desk)

    unknown = rep.post("/mail/suspended/act/", {"mail": one.key, "action": "add", "ticket": "#999"})
    assert unknown.status_code == 422
    assert "999 not found" in unknown.content.decode()

    rep.post("/mail/suspended/act/", {"mail": one.key, "action": "add", "ticket": ticket.ticket_id})
    assert "It should be here by now." in log_of(ticket.ticket_id)[-1].content


def test_blocking_a_sender_is_for_supervisors(client, desk, mailbox):
    take(auto_submitted="auto-generated", sender="Spam <spam@altro.example>")
    [one] = waiting(desk)
    data = {"mail": one.key, "action": "block"}

    client.force_login(desk.rep_user)
    assert client.post("/mail/suspended/act/", data).status_code == 403
    client.force_login(desk.supervisor_user)
    client.post("/mail/suspended/act/", data)

    assert BlockedSender.objects.filter(address="spam@altro.example").exists()
    assert waiting(desk) == []


def test_suspended_mail_goes_after_thirty_days(desk, mailbox):
    take(auto_submitted="auto-generated")
    take(auto_submitted="auto-generated", body="younger", now=after(days=29))

    assert suspended.sweep(now=after(days=30, hours=1)) == 1
    assert len(waiting(desk)) == 1


def test_what_could_not_be_read_for_long_waits_for_a_person_from_then_on(
    desk, mailbox, monkeypatch
):
    with monkeypatch.context() as before_the_upgrade:
        before_the_upgrade.setattr(processing, "read_safely", unreadable)
        take(auto_submitted="auto-generated")
    [parked] = suspended.suspended(state=Outcome.PARKED, by=desk.rep).mails

    again = suspended.read_again(parked.key, by=desk.rep, now=after(days=40))

    assert again.outcome is Outcome.SUSPENDED
    assert suspended.sweep(now=after(days=69)) == 0, "nobody would have seen it"
    [listed] = waiting(desk)
    assert listed.mail.recorded_at == NOON
    assert suspended.sweep(now=after(days=70, hours=1)) == 1


def test_there_is_no_suspended_mail_for_outsiders(client, desk, mailbox):
    client.force_login(desk.outsider_user)

    assert client.get("/mail/suspended/").status_code == 403
