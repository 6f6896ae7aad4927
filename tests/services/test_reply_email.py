"""Answers are mailed to customers: once, and the log says whether."""

import smtplib
from datetime import timedelta
from email import message_from_bytes

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail.backends.locmem import EmailBackend

from customers.services.create import create_customer
from helpdesk.errors import Invalid
from helpdesk.mail import delivery as sending
from helpdesk.mail import queue
from tests.death import at_call, dies_of_9
from tests.world import NOON, after, log_of, settle, waiting_events
from tickets.services.conversation.attachments import forget, kept
from tickets.services.conversation.communicate import note, respond
from tickets.services.delivery import reply_email
from tickets.services.email.replies import outgoing, recipients


def answered(desk, **fields):
    ticket = desk.ticket(subject="Where is it?", **fields)
    respond(ticket.ticket_id, content="It is **here**.", by=desk.rep, now=NOON)
    settle()
    return ticket.ticket_id


def replies():
    """The mails to customers; escalations are mailed too."""
    return [sent for sent in mail.outbox if sent.subject.startswith("[#")]


def waiting():
    return queue.due(after(days=9), limit=9)


def delivery(ticket_id):
    [line] = [line for line in log_of(ticket_id) if line.type == "Customer Response"]
    return line


def test_an_answer_is_mailed_with_its_number_and_thread(desk):
    number = answered(desk)
    assert delivery(number).delivery == "sending"

    assert sending.send_due(now=after(minutes=1)) == 1

    [sent] = mail.outbox
    line = delivery(number)
    assert sent.to == ["giulia@posta.example"]
    assert sent.subject == f"[#{number}] Where is it?"
    assert sent.body == "It is **here**."
    assert "<strong>here</strong>" in sent.alternatives[0][0]
    assert sent.extra_headers["References"] == f"<ticket-{number}@localhost>"
    id_and_mac = sent.extra_headers["Message-ID"].removeprefix(f"<ticket-{number}.")
    assert id_and_mac.startswith(f"{line.communication_id.lower()}.")
    assert id_and_mac.endswith("@localhost>")
    assert (line.delivery, line.delivery_at) == ("sent", after(minutes=1))
    assert waiting() == []


def test_a_customers_words_in_a_reply_arrive_as_they_were_written(desk):
    ticket = desk.ticket()
    text = "You wrote:\n\nWhere is it?\n-- \nGiulia\n\nSee [1]\n\n[1]: http://x.example/papers"
    respond(ticket.ticket_id, content=text, by=desk.rep, now=NOON)
    settle()

    sending.send_due(now=after(minutes=1))

    [sent] = replies()
    html = sent.alternatives[0][0]
    assert sent.body == text
    assert "<h1" not in html
    assert "<h2" not in html
    assert "<br>\n--<br>\nGiulia" in html
    assert "See [1]" in html
    assert "[1]: " in html
    assert "http://x.example/papers" in html


def test_notes_and_imports_are_never_mailed(desk):
    ticket = desk.ticket()
    note(ticket.ticket_id, content="Secret", by=desk.rep, now=NOON)
    respond(ticket.ticket_id, content="Old", deliver=False, by=desk.rep, now=NOON)
    settle()

    assert sending.send_due(now=after(days=1)) == 0
    assert mail.outbox == []


def test_an_event_that_arrives_again_mails_nobody_again(desk):
    number = desk.ticket().ticket_id
    respond(number, content="Here.", by=desk.rep, now=NOON)
    events = waiting_events()
    for _ in range(3):
        reply_email.handle_events(events)
        sending.send_due(now=after(minutes=1))

    assert len(mail.outbox) == 1
    assert delivery(number).delivery == "sent"


def test_without_an_address_the_log_says_so(desk):
    nobody = create_customer(name="No Mail", by=desk.rep, now=NOON)
    number = answered(desk, customer_id=nobody.customer_id)

    sending.send_due(now=NOON)

    assert delivery(number).delivery == "failed"
    assert "no email address" in str(delivery(number).delivery_problem)


@pytest.fixture
def server(monkeypatch):
    """A mail server that fails as it is told."""

    class Server:
        error: Exception | None = None

    def send(self, messages):
        if Server.error:
            raise Server.error
        mail.outbox += messages
        return len(messages)

    monkeypatch.setattr(EmailBackend, "send_messages", send)
    return Server


def test_a_server_that_is_away_is_tried_again_with_growing_pauses(desk, server):
    number = answered(desk)
    server.error = ConnectionRefusedError()
    at = NOON
    for pause in sending.PAUSES:
        assert sending.send_due(now=at) == 0
        assert delivery(number).delivery == "sending"
        assert "rejected the email" in str(delivery(number).delivery_problem)
        assert sending.send_due(now=at + timedelta(seconds=pause - 1)) == 0
        at += timedelta(seconds=pause)
    server.error = None

    assert sending.send_due(now=at) == 1
    assert delivery(number).delivery == "sent"


def test_in_the_end_it_has_failed_and_can_be_sent_again(desk, server):
    number = answered(desk)
    server.error = smtplib.SMTPServerDisconnected()
    at = NOON
    for pause in (*sending.PAUSES, 0):
        sending.send_due(now=at)
        at += timedelta(seconds=pause)
    line = delivery(number)
    assert line.delivery == "failed"
    server.error = None

    reply_email.send_again(number, line.communication_id, by=desk.rep, now=at)
    assert sending.send_due(now=at) == 1

    assert delivery(number).delivery == "sent"
    with pytest.raises(Invalid):
        reply_email.send_again(number, line.communication_id, by=desk.rep, now=at)


def test_a_refused_address_is_not_tried_again(desk, server):
    number = answered(desk)
    server.error = smtplib.SMTPRecipientsRefused({})

    sending.send_due(now=NOON)

    assert delivery(number).delivery == "failed"
    assert waiting() == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_while_sending_leaves_the_question_open(desk, server):
    number = answered(desk)

    def dies_at_the_server():
        at_call(EmailBackend, "send_messages")
        sending.send_due(now=NOON)

    assert dies_of_9(dies_at_the_server)
    assert delivery(number).delivery == "sending"

    assert sending.send_due(now=after(minutes=9)) == 0
    assert delivery(number).delivery == "sending"
    assert sending.send_due(now=after(minutes=10)) == 0

    assert delivery(number).delivery == "unknown"
    assert mail.outbox == []


def test_two_workers_at_one_mail_send_it_once(desk, monkeypatch):
    answered(desk)
    due = queue.due

    def overtaken(*when, **how):
        """Somebody else sends it between our reading and our claim."""
        found = due(*when, **how)
        monkeypatch.setattr(queue, "due", due)
        sending.send_due(now=after(minutes=1))
        return found

    monkeypatch.setattr(queue, "due", overtaken)
    assert sending.send_due(now=after(minutes=1)) == 0
    assert len(mail.outbox) == 1


def test_a_worker_that_was_given_up_and_still_sends_has_the_last_word(desk, monkeypatch):
    number = answered(desk)
    send = EmailBackend.send_messages

    def slowly(backend, messages):
        sending.send_due(now=after(hours=1))  # another worker finds the letter, long after
        return send(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", slowly)
    assert sending.send_due(now=after(minutes=1)) == 1

    assert (delivery(number).delivery, delivery(number).delivery_problem) == ("sent", None)
    assert waiting() == []


def test_a_worker_that_was_given_up_and_fails_makes_no_new_letter(desk, monkeypatch):
    number = answered(desk)

    def refuse(backend, messages):
        sending.send_due(now=after(hours=1))
        raise OSError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert sending.send_due(now=after(minutes=1)) == 0
    assert waiting() == []
    assert delivery(number).delivery == "unknown"


def test_a_mail_that_cannot_be_written_has_failed_and_holds_up_no_other(desk, monkeypatch):
    broken, whole = answered(desk), answered(desk)
    make = outgoing.reply

    def fail(ticket, *rest):
        if ticket.ticket_id == broken:
            raise ZeroDivisionError
        return make(ticket, *rest)

    monkeypatch.setattr(outgoing, "reply", fail)
    assert sending.send_due(now=after(minutes=1)) == 1
    assert (delivery(broken).delivery, delivery(whole).delivery) == ("failed", "sent")
    assert "could not be composed" in str(delivery(broken).delivery_problem)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("quoted.eml", b"Subject: caf\xe9\r\n\r\n\xff\xfe no UTF-8"),
        ("letter.txt", b"\xff\xfe\x00 no UTF-8\r\nand a line\n"),
        ("papers.pdf", b"%PDF-1.7"),
    ],
)
def test_a_file_goes_along_byte_for_byte(desk, name, content):
    ticket = desk.ticket()
    with kept(ticket.ticket_id, [SimpleUploadedFile(name, content)]) as attachments:
        respond(ticket.ticket_id, content="See here.", attachments=attachments, by=desk.rep)
    settle()

    sending.send_due()

    raw = message_from_bytes(replies()[0].message().as_bytes())
    [file] = [part for part in raw.walk() if part.get_filename()]
    assert file.get_filename() == name
    assert file.get_payload(decode=True) == content
    assert delivery(ticket.ticket_id).delivery == "sent"


def test_a_file_that_is_lost_fails_the_mail_with_its_name(desk):
    ticket = desk.ticket()
    paper = SimpleUploadedFile("papers.pdf", b"%PDF-1.7")
    with kept(ticket.ticket_id, [paper]) as attachments:
        respond(ticket.ticket_id, content="See here.", attachments=attachments, by=desk.rep)
    settle()
    forget(delivery(ticket.ticket_id).attachments[0])

    sending.send_due()

    line = delivery(ticket.ticket_id)
    assert line.delivery == "failed"
    assert "papers.pdf is no longer available" in str(line.delivery_problem)
    assert [mail.problem for mail in queue.undelivered(limit=9)] == [line.delivery_problem]


@pytest.mark.parametrize("address", ["x,a@y.example", "a b", "a@localhost", "@x.example"])
def test_a_stored_address_that_is_none_fails_at_once_with_its_reason(desk, monkeypatch, address):
    customer = desk.customer
    customer.email = address
    monkeypatch.setattr(recipients, "get_customer", lambda customer_id: customer)
    number = answered(desk)

    sending.send_due()

    assert delivery(number).delivery == "failed"
    assert "address" in str(delivery(number).delivery_problem)


def test_a_subject_cannot_smuggle_headers(desk):
    ticket = desk.ticket(subject="Hello\r\nBcc: everybody@example.com")
    respond(ticket.ticket_id, content="x", by=desk.rep)
    settle()

    sending.send_due()

    assert replies()[0].subject == f"[#{ticket.ticket_id}] Hello Bcc: everybody@example.com"
    assert replies()[0].bcc == []
