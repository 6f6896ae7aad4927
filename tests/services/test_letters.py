"""Answers are mailed to customers: once, and the log says whether."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail.backends.locmem import EmailBackend

from customers.services.create import create_customer
from helpdesk.errors import Invalid
from tests.world import NOON, after, log_of, settle, waiting_events
from tickets.domain.ticket import Delivery
from tickets.services import letters
from tickets.services.attachments import kept
from tickets.services.communicate import note, respond
from tickets.store.letter import letters as pending


def answered(desk, **fields):
    ticket = desk.ticket(subject="Where is it?", **fields)
    respond(ticket.ticket_id, content="It is **here**.", by=desk.rep, now=NOON)
    settle()
    return ticket.ticket_id


def delivery(ticket_id):
    [line] = [line for line in log_of(ticket_id) if line.type == "Customer Response"]
    return line


def test_an_answer_is_mailed_with_its_number_and_thread(desk):
    number = answered(desk)
    assert delivery(number).delivery == "pending"

    assert letters.send_due(now=after(minutes=1)) == 1

    [sent] = mail.outbox
    line = delivery(number)
    assert sent.to == ["giulia@posta.example"]
    assert sent.subject == f"[#{number}] Where is it?"
    assert sent.body == "It is **here**."
    assert "<strong>here</strong>" in sent.alternatives[0][0]
    assert sent.extra_headers["References"] == f"<ticket-{number}@localhost>"
    assert sent.extra_headers["Message-ID"] == (
        f"<ticket-{number}.{line.communication_id.lower()}@localhost>"
    )
    assert (line.delivery, line.delivery_at) == ("sent", after(minutes=1))
    assert pending(limit=9) == []


def test_notes_and_imports_are_never_mailed(desk):
    ticket = desk.ticket()
    note(ticket.ticket_id, content="Secret", by=desk.rep, now=NOON)
    respond(ticket.ticket_id, content="Old", deliver=False, by=desk.rep, now=NOON)
    settle()

    assert letters.send_due(now=after(days=1)) == 0
    assert mail.outbox == []


def test_an_event_that_arrives_again_mails_nobody_again(desk):
    number = desk.ticket().ticket_id
    respond(number, content="Here.", by=desk.rep, now=NOON)
    events = waiting_events()
    for _ in range(3):
        letters.take(events)
        letters.send_due(now=after(minutes=1))

    assert len(mail.outbox) == 1
    assert delivery(number).delivery == "sent"


def test_without_an_address_the_log_says_so(desk):
    nobody = create_customer(name="No Mail", by=desk.rep, now=NOON)
    number = answered(desk, customer_id=nobody.customer_id)

    letters.send_due(now=NOON)

    assert delivery(number).delivery == "failed"
    assert "no e-mail address" in delivery(number).delivery_problem


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
    for pause in letters.PAUSES:
        assert letters.send_due(now=at) == 0
        assert delivery(number).delivery == "pending"
        assert "did not take it" in delivery(number).delivery_problem
        assert letters.send_due(now=at + timedelta(seconds=pause - 1)) == 0
        at += timedelta(seconds=pause)
    server.error = None

    assert letters.send_due(now=at) == 1
    assert delivery(number).delivery == "sent"


def test_in_the_end_it_has_failed_and_can_be_sent_again(desk, server):
    number = answered(desk)
    server.error = smtplib.SMTPServerDisconnected()
    at = NOON
    for pause in (*letters.PAUSES, 0):
        letters.send_due(now=at)
        at += timedelta(seconds=pause)
    line = delivery(number)
    assert line.delivery == "failed"
    server.error = None

    letters.send_again(number, line.communication_id, by=desk.rep, now=at)
    assert letters.send_due(now=at) == 1

    assert delivery(number).delivery == "sent"
    with pytest.raises(Invalid):
        letters.send_again(number, line.communication_id, by=desk.rep, now=at)


def test_a_refused_address_is_not_tried_again(desk, server):
    number = answered(desk)
    server.error = smtplib.SMTPRecipientsRefused({})

    letters.send_due(now=NOON)

    assert delivery(number).delivery == "failed"
    assert pending(limit=9) == []


def test_a_worker_that_dies_while_sending_leaves_the_question_open(desk, server, monkeypatch):
    number = answered(desk)
    server.error = KeyboardInterrupt()  # nothing catches it: as good as a kill
    with pytest.raises(KeyboardInterrupt):
        letters.send_due(now=NOON)
    server.error = None
    assert delivery(number).delivery == "sending"

    assert letters.send_due(now=after(minutes=9)) == 0
    assert delivery(number).delivery == "sending"
    assert letters.send_due(now=after(minutes=10)) == 0

    assert delivery(number).delivery == "unknown"
    assert mail.outbox == []


def test_two_workers_at_one_letter_send_it_once_and_know_it(desk, monkeypatch):
    number = answered(desk)
    read = letters.access.communication
    reads = []

    def overtaken(*key, **how):
        line = read(*key, **how)
        reads.append(line)
        if len(reads) == 1:  # somebody else takes the letter between our reading and our claim
            claimed = read(*key)
            assert letters._move(claimed, Delivery.PENDING, Delivery.SENDING, NOON)
        return line

    monkeypatch.setattr(letters.access, "communication", overtaken)
    assert letters.send_due(now=after(minutes=1)) == 0
    assert delivery(number).delivery == "sending"
    assert len(pending(limit=9)) == 1


def test_a_worker_that_was_given_up_and_still_sends_has_the_last_word(desk, monkeypatch):
    number = answered(desk)
    send = EmailBackend.send_messages

    def slowly(backend, messages):
        letters.send_due(now=after(hours=1))  # another worker finds the letter, long after
        return send(backend, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", slowly)
    assert letters.send_due(now=after(minutes=1)) == 1

    assert (delivery(number).delivery, delivery(number).delivery_problem) == ("sent", None)
    assert pending(limit=9) == []


def test_a_worker_that_was_given_up_and_fails_makes_no_new_letter(desk, monkeypatch):
    number = answered(desk)

    def refuse(backend, messages):
        letters.send_due(now=after(hours=1))
        raise OSError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    assert letters.send_due(now=after(minutes=1)) == 0
    assert pending(limit=9) == []
    assert delivery(number).delivery == "unknown"


def test_a_letter_that_fails_in_an_unforeseen_way_holds_up_no_other(desk, monkeypatch):
    broken, whole = answered(desk), answered(desk)
    make = letters._mail

    def fail(ticket, *rest):
        if ticket.ticket_id == broken:
            raise ZeroDivisionError
        return make(ticket, *rest)

    monkeypatch.setattr(letters, "_mail", fail)
    assert letters.send_due(now=after(minutes=1)) == 1
    assert (delivery(broken).delivery, delivery(whole).delivery) == ("sending", "sent")


def test_files_go_along(desk):
    ticket = desk.ticket()
    paper = SimpleUploadedFile("papers.pdf", b"%PDF-1.7")
    with kept(ticket.ticket_id, [paper]) as attachments:
        respond(ticket.ticket_id, content="See here.", attachments=attachments, by=desk.rep)
    settle()

    letters.send_due()

    assert mail.outbox[0].attachments == [("papers.pdf", b"%PDF-1.7", "application/pdf")]


def test_a_subject_cannot_smuggle_headers(desk):
    ticket = desk.ticket(subject="Hello\r\nBcc: everybody@example.com")
    respond(ticket.ticket_id, content="x", by=desk.rep)
    settle()

    letters.send_due()

    assert mail.outbox[0].subject == f"[#{ticket.ticket_id}] Hello Bcc: everybody@example.com"
    assert mail.outbox[0].bcc == []
