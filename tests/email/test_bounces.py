"""Delivery reports find their message, and are no work: nobody answers a machine.

Numbers of cases as in EMAIL.md.
"""

import pytest

from customers.services.create import edit_customer
from customers.services.read import customer_with_email
from helpdesk.mail import queue
from reporting.services import drill_down, tables
from reporting.services.query import ReportQuery
from tests.email.conftest import GIULIA, NOON, SUPPORT, after, send, take
from tests.email.test_no_work import acknowledging, messages
from tests.figures import ALL, rolled
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.services.conversation.communicate import respond
from tickets.services.customer_records import merge_and_erase
from tickets.services.email import suspended
from tickets.services.email.incoming.receive import receive
from tickets.services.email.storage import raw_messages
from tickets.services.maintenance.for_figures import store_for_figures
from tickets.store.ticket import Ticket


def bounce(to, *, action="failed", status="5.1.1", message_id="", about=""):
    """A delivery report as mail servers write them (RFC 3464)."""
    original = f"Message-ID: {about}\r\n" if about else ""
    return (
        "Return-Path: <>\r\nFrom: Mail Delivery System <mailer-daemon@posta.example>\r\n"
        f"To: {to}\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        f"Message-ID: <{message_id or 'report'}@mx.posta.example>\r\n"
        "Date: Mon, 2 Nov 2026 12:10:00 +0000\r\nAuto-Submitted: auto-replied\r\n"
        "MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status;\r\n"
        ' boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nI am sorry.\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.posta.example\r\n\r\n"
        f"Final-Recipient: rfc822; {GIULIA}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such user here\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: Re: x\r\n{original}\r\n--b--\r\n"
    ).encode()


def answered(desk, mailoutbox):
    first = take()
    respond(first.ticket_id, content="Here.", by=desk.rep, now=after(minutes=5))
    [sent] = send(mailoutbox, after(minutes=6))
    return first.ticket_id, sent


@pytest.mark.parametrize("by", ["envelope", "message id"])
def test_a_bounce_finds_its_answer_and_says_what_the_server_said(desk, mailbox, mailoutbox, by):
    number, sent = answered(desk, mailoutbox)
    before = stored(number)
    if by == "envelope":
        report = bounce(sent.extra_headers["Return-Path"])
    else:
        report = bounce(SUPPORT, about=sent.extra_headers["Message-ID"])

    found = receive(report, now=after(minutes=7))

    assert (found.outcome, found.ticket_id) == (Outcome.BOUNCE, number)
    [line] = [one for one in messages(number) if one.direction == "outbound"]
    assert line.delivery == "failed"
    assert "no such user here" in str(line.delivery_problem)
    assert [(one.address, one.state) for one in line.deliveries] == [(GIULIA, "failed")]
    ticket = stored(number)
    assert (ticket.status, ticket.timeline) == (before.status, before.timeline)
    assert "no such user" in log_of(number)[-1].reason
    send(mailoutbox, after(minutes=8))
    [listed] = queue.undelivered(limit=9)
    assert "no such user" in str(listed.problem)


def test_a_bounce_marks_the_address_until_mail_comes_from_it_or_it_is_corrected(
    client, desk, mailbox, mailoutbox
):
    client.force_login(desk.rep_user)
    number, sent = answered(desk, mailoutbox)
    words = "Email to this address was returned"
    customer_id = desk.customer.customer_id

    def marked():
        pages = [
            client.get(address).content.decode()
            for address in (f"/tickets/{number}/", f"/customers/{customer_id}/")
        ]
        assert (words in pages[0]) == (words in pages[1])
        return words in pages[0]

    assert not marked()
    receive(bounce(sent.extra_headers["Return-Path"]), now=after(minutes=7))
    assert marked()

    take(now=after(minutes=8), message_id="again@posta.example")
    assert not marked()

    receive(
        bounce(sent.extra_headers["Return-Path"], action="failed", status="5.1.2"),
        now=after(minutes=9),
    )
    assert marked()
    edit_customer(customer_id, email="g.bianchi@posta.example", by=desk.rep)
    assert not marked()


def test_a_bounce_of_an_address_of_before_does_not_mark_the_present_one(desk, mailbox, mailoutbox):
    """An address that came with a merge leads to the customer, and is not what pages show."""
    old = take(sender="Giulia <g@vecchia.example>", message_id="old@vecchia.example")
    respond(old.ticket_id, content="Here.", by=desk.rep, now=after(minutes=5))
    [sent] = send(mailoutbox, after(minutes=6))
    job = merge_and_erase.start_merge(
        stored(old.ticket_id).customer_id, into=desk.customer.customer_id, by=desk.supervisor
    )
    while not job.finished_at:
        job = merge_and_erase.step(job.pk)
    assert customer_with_email("g@vecchia.example").customer_id == desk.customer.customer_id

    receive(bounce(sent.extra_headers["Return-Path"]), now=after(minutes=7))

    assert customer_with_email(GIULIA).bounced_at is None
    [line] = [one for one in messages(old.ticket_id) if one.direction == "outbound"]
    assert line.delivery == "failed"


def test_a_delay_is_a_line_and_no_more(desk, mailbox, mailoutbox):
    number, sent = answered(desk, mailoutbox)

    found = receive(
        bounce(sent.extra_headers["Return-Path"], action="delayed", status="4.4.1"), now=NOON
    )

    assert found.outcome is Outcome.BOUNCE
    [line] = [one for one in messages(number) if one.direction == "outbound"]
    assert line.delivery == "sent"
    assert queue.undelivered(limit=9) == []


def test_a_report_with_a_forged_address_is_about_nothing(desk, mailbox, mailoutbox):
    number, sent = answered(desk, mailoutbox)
    address = sent.extra_headers["Return-Path"]
    forged = address.replace(address[-30:-25], "aaaaa")

    before = stored(number)
    lines = len(log_of(number))

    found = receive(bounce(forged, about="<ticket-1.abc@desk.example>"), now=NOON)

    assert (found.outcome, found.cause) == (Outcome.BOUNCE, Cause.UNKNOWN_REPORT)
    assert found.ticket_id is found.communication_id is None
    assert [line.delivery for line in messages(number)] == [None, "sent"]
    assert (stored(number).version, len(log_of(number))) == (before.version, lines)
    assert queue.undelivered(limit=9) == []


def test_a_report_about_no_mail_of_ours_is_listed_and_waits_for_nobody(desk, mailbox, mailoutbox):
    _number, sent = answered(desk, mailoutbox)
    receive(bounce(sent.extra_headers["Return-Path"]), now=NOON)  # this one is on its ticket
    unknown = receive(bounce(SUPPORT, message_id="spam"), now=NOON)

    assert suspended.suspended(by=desk.rep).mails == []
    [listed] = suspended.suspended(state=Outcome.BOUNCE, by=desk.rep).mails
    assert (listed.mail.message_key, listed.cause) == (unknown.message_key, Cause.UNKNOWN_REPORT)
    assert raw_messages.is_there(listed.mail.sha256)
    assert listed.mail.sender

    assert suspended.sweep(now=after(days=29)) == 0
    assert suspended.sweep(now=after(days=31)) == 1
    assert suspended.suspended(state=Outcome.BOUNCE, by=desk.rep).mails == []
    assert not raw_messages.is_there(listed.mail.sha256)


def test_a_person_may_open_a_ticket_of_a_report(desk, mailbox):
    receive(bounce(SUPPORT), now=NOON)
    [listed] = suspended.suspended(state=Outcome.BOUNCE, by=desk.rep).mails

    opened = suspended.open_ticket_of(listed.key, by=desk.rep, now=after(minutes=1))

    assert opened.outcome is Outcome.TICKET
    assert suspended.suspended(state=Outcome.BOUNCE, by=desk.rep).mails == []


@pytest.mark.parametrize(("kind", "outcome"), [("plain", "suspended"), ("receipt", "bounce")])
def test_what_looks_like_a_report_and_is_from_a_customer_is_shown_to_a_person(
    desk, mailbox, kind, outcome
):
    head = (
        f"Return-Path: <>\r\nFrom: {GIULIA}\r\nTo: {SUPPORT}\r\nMessage-ID: <r@posta.example>\r\n"
    )
    text = (
        "Subject: Delivery failure?\r\n\r\nMy mail could not be delivered: 550 5.1.1 unknown.\r\n"
        if kind == "plain"
        else "Subject: Read: Yes\r\nContent-Type: multipart/report; "
        "report-type=disposition-notification; boundary=b\r\n\r\n--b\r\n\r\nRead.\r\n--b--\r\n"
    )

    found = receive((head + text).encode(), now=NOON)

    assert (found.outcome, found.cause) == (Outcome(outcome), Cause.UNKNOWN_REPORT)


def test_case_13_a_bounced_acknowledgement_and_its_bounce_send_nothing(desk, mailbox, mailoutbox):
    acknowledging(mailbox)
    first = take()
    [sent] = send(mailoutbox, after(minutes=1))

    found = receive(bounce(sent.extra_headers["Return-Path"]), now=after(minutes=2))
    again = receive(
        bounce(sent.extra_headers["Return-Path"], message_id="second"), now=after(minutes=3)
    )

    assert found.outcome is again.outcome is Outcome.BOUNCE
    assert found.ticket_id == first.ticket_id
    assert send(mailoutbox, after(minutes=9)) == []


def test_a_reply_that_came_back_is_counted_once_in_figures(desk, mailbox, mailoutbox):
    number, sent = answered(desk, mailoutbox)
    for minutes, name in ((7, "first"), (8, "second")):
        report = bounce(sent.extra_headers["Return-Path"], message_id=name)
        receive(report, now=after(minutes=minutes))
    delayed = bounce(sent.extra_headers["Return-Path"], action="delayed", message_id="third")
    receive(delayed, now=after(minutes=9))
    rolled()

    assert tables.totals(ReportQuery(ALL))["returned"] == 1
    [row] = drill_down.drill_down(ReportQuery(ALL), "returned").rows
    assert (row.ticket.ticket_id, row.at, row.late) == (number, after(minutes=7), None)

    [noted] = stored(number).returned_replies
    stored(number).update(actions=[Ticket.returned_replies.remove()])
    assert (store_for_figures(), store_for_figures()) == (1, 0)
    assert stored(number).returned_replies == [noted]
