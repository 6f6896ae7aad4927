"""What must not become work: machines, loops, reports, and mail that lies. EMAIL.md's numbers."""

from collections import Counter

import pytest

from customers.services.create import create_customer
from customers.services.read import customer_with_email
from tests.email.conftest import GIULIA, NOON, SUPPORT, after, passed, raw, send, take
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.models import BlockedSender
from tickets.services.conversation.communicate import respond
from tickets.services.email.incoming.receive import receive
from tickets.services.email.mailboxes import signer
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.status import change_status

AUTOMATIC = [
    {"auto_submitted": "auto-replied"},
    {"x_auto_response_suppress": "All"},
    {"x_autoreply": "yes"},
    {"precedence": "bulk"},
    {"precedence": "junk"},
    {"precedence": "auto_reply"},
]


def messages(ticket_id):
    return [line for line in log_of(ticket_id) if line.type == "Customer Response"]


def acknowledging(mailbox):
    mailbox.acknowledges = True
    mailbox.save()
    return mailbox


@pytest.mark.parametrize("headers", AUTOMATIC, ids=[next(iter(one)) for one in AUTOMATIC])
def test_automatic_mail_is_kept_on_its_ticket_without_effect(desk, mailbox, mailoutbox, headers):
    first = take()
    respond(first.ticket_id, content="Solved?", resolve=True, by=desk.rep, now=after(minutes=5))
    [sent] = send(mailoutbox, after(minutes=6))
    before = stored(first.ticket_id)

    there = take(
        now=after(minutes=7),
        to=sent.extra_headers["Reply-To"],
        message_id="away@posta.example",
        body="I am away.",
        **headers,
    )
    nowhere = take(message_id="lost@posta.example", sender="x@altro.example", **headers)

    assert (there.outcome, there.ticket_id) == (Outcome.AUTO_REPLY, first.ticket_id)
    after_it = stored(first.ticket_id)
    assert after_it.status == "Resolved"
    assert after_it.timeline == before.timeline
    assert messages(first.ticket_id)[-1].without_effect
    assert (nowhere.outcome, nowhere.cause) == (Outcome.SUSPENDED, Cause.AUTOMATIC)


@pytest.mark.parametrize("headers", [{"list_id": "<users.posta.example>"}, {"precedence": "list"}])
def test_list_headers_alone_only_stop_acknowledgements(desk, mailbox, mailoutbox, headers):
    acknowledging(mailbox)

    assert take(**headers).outcome is Outcome.TICKET
    assert send(mailoutbox, after(minutes=1)) == []


def test_a_new_ticket_is_acknowledged_once_where_the_mailbox_wants_that(desk, mailbox, mailoutbox):
    acknowledging(mailbox)
    first = take()

    [sent] = send(mailoutbox, after(minutes=1))

    assert first.ticket_id in sent.body
    assert sent.extra_headers["Auto-Submitted"] == "auto-generated"
    assert sent.extra_headers["X-Auto-Response-Suppress"] == "All"
    assert sent.extra_headers["In-Reply-To"] == "<first@posta.example>"
    assert send(mailoutbox, after(minutes=2)) == []


def test_acknowledgements_end_at_three_an_hour_for_an_address_and_ten_for_a_domain(
    desk, mailbox, mailoutbox
):
    acknowledging(mailbox)
    for place in range(5):
        take(message_id=f"{place}@posta.example", body=str(place))
    assert len(send(mailoutbox, after(minutes=1))) == 3

    for place in range(12):
        take(sender=f"p{place}@posta.example", message_id=f"d{place}@p.example")
    assert len(send(mailoutbox, after(minutes=2))) == 7, "ten of the domain in this hour"

    take(now=after(hours=2), message_id="later@posta.example")
    assert len(send(mailoutbox, after(hours=2, minutes=1))) == 1


def test_case_11a_a_group_between_customer_and_desk(desk, checked, mailoutbox):
    checked.relays = "support@groups.example"
    checked.save()
    through = {
        "sender": "'Giulia' via Support <support@groups.example>",
        "list_id": "<support.groups.example>",
        "x_original_sender": GIULIA,
    }

    genuine = take(**through, authentication_results=passed("groups.example"))
    forged = take(
        **{**through, "x_original_sender": GIULIA},
        message_id="forged@evil.example",
        authentication_results="evil.example; dmarc=pass header.from=groups.example",
    )

    respond(genuine.ticket_id, content="Soon.", by=desk.rep, now=after(minutes=1))
    [sent] = send(mailoutbox, after(minutes=2))
    again = take(
        **through,
        message_id="again@posta.example",
        in_reply_to=sent.extra_headers["Message-ID"],
        authentication_results=passed("groups.example"),
    )

    assert genuine.outcome is Outcome.TICKET
    assert stored(genuine.ticket_id).customer_id == desk.customer.customer_id
    assert (again.outcome, again.ticket_id) == (Outcome.REPLY, genuine.ticket_id)
    assert stored(forged.ticket_id).customer_id != desk.customer.customer_id


def test_case_12_responders_without_any_marker_fall_silent(desk, mailbox, mailoutbox):
    """Four addresses of one domain, one after the other: each writes to the desk five times, and
    then every minute to the address that it got. The numbers are those of EMAIL.md."""
    acknowledging(mailbox)
    robots = [f"robot{number}@robots.example" for number in range(4)]
    signed, acknowledged, answers = {}, Counter(), {robot: [] for robot in robots}
    for minute in range(38):
        for place, robot in enumerate(robots):
            fields = {
                "sender": robot,
                "body": f"Thank you, {minute}.",
                "now": after(minutes=minute),
            }
            if robot in signed and len(answers[robot]) < 22:
                message_id = f"answer-{minute}-{robot}"
                answers[robot].append(take(to=signed[robot], message_id=message_id, **fields))
            if minute // 5 == place:
                found = take(message_id=f"new-{minute}-{robot}", **fields)
                assert found.outcome is Outcome.TICKET
        for sent in send(mailoutbox, after(minutes=minute)):
            acknowledged[sent.to[0]] += 1
            signed.setdefault(sent.to[0], sent.extra_headers["Reply-To"])

    assert max(acknowledged.values()) == 3, "an address"
    assert acknowledged.total() == 10, "its domain"
    for robot in robots:
        taken, rest = answers[robot][:20], answers[robot][20:]
        assert {one.outcome for one in taken} == {Outcome.REPLY}
        assert len(rest) == 2
        assert {(one.outcome, one.cause) for one in rest} == {(Outcome.SUSPENDED, Cause.TOO_MANY)}


def test_a_ticket_that_grows_by_twenty_mails_an_hour_takes_no_more_of_that_address(
    desk, mailbox, mailoutbox
):
    first = take()
    respond(first.ticket_id, content="Yes?", by=desk.rep, now=NOON)
    [sent] = send(mailoutbox, after(minutes=1))
    to = sent.extra_headers["Reply-To"]

    found = [
        take(now=after(minutes=2), to=to, message_id=f"{n}@p.example", body=f"{n}")
        for n in range(22)
    ]

    assert [one.outcome for one in found] == [Outcome.REPLY] * 20 + [Outcome.SUSPENDED] * 2
    assert found[-1].cause is Cause.TOO_MANY
    later = take(now=after(hours=1, minutes=2), to=to, message_id="later@p.example")
    assert later.outcome is Outcome.REPLY


def test_case_15_a_genuine_mail_with_an_empty_return_path(desk, mailbox):
    found = receive(b"Return-Path: <>\r\n" + raw(), now=NOON)

    assert found.outcome is Outcome.TICKET


def test_case_16_an_agent_forwards_a_customers_mail(desk, checked):
    desk.rep_user.email = "rosa@desk.example"
    desk.rep_user.save()
    body = (
        "Please take this.\r\n\r\n---------- Forwarded message ---------\r\n"
        f"From: Giulia Bianchi <{GIULIA}>\r\nDate: Mon, 2 Nov 2026 at 11:00\r\n"
        "Subject: Where is my car?\r\nTo: <rosa@desk.example>\r\n\r\nIt should be here.\r\n"
    )
    fields = {
        "sender": "Rosa Marin <rosa@desk.example>",
        "subject": "Fwd: Where is my car?",
        "body": body,
    }

    found = take(**fields, authentication_results=passed("desk.example"))

    assert found.outcome is Outcome.TICKET
    assert stored(found.ticket_id).customer_id == desk.customer.customer_id
    [line] = messages(found.ticket_id)
    assert line.created_by == desk.rep.user_id
    assert "forwarded" in line.email.remarks


def test_a_customer_who_forwards_opens_their_own_ticket(desk, mailbox):
    body = (
        "See below.\r\n\r\n---------- Forwarded message ---------\r\n"
        "From: Port <port@port.example>\r\nSubject: Papers\r\n\r\nPapers are missing.\r\n"
    )

    found = take(subject="Fwd: Papers", body=body)

    assert stored(found.ticket_id).customer_id == desk.customer.customer_id
    assert customer_with_email("port@port.example") is None


def test_case_17_an_answer_goes_to_the_new_customer(desk, mailbox, mailoutbox):
    first = take()
    other = create_customer(name="Otto", email="otto@altro.example", by=desk.rep, now=NOON)

    def hand_to_other(draft):
        draft.ticket.customer_id = other.customer_id

    change(first.ticket_id, hand_to_other, by=desk.rep, now=after(minutes=1))
    respond(first.ticket_id, content="Yes.", by=desk.rep, now=after(minutes=2))

    assert [one.to for one in send(mailoutbox, after(minutes=3))] == [["otto@altro.example"]]


def test_case_20_a_colleague_who_is_not_authenticated_is_a_stranger(desk, checked, mailoutbox):
    desk.rep_user.email = "rosa@desk.example"
    desk.rep_user.save()
    first = take(authentication_results=passed())
    change = {"sender": "Rosa <rosa@desk.example>", "subject": f"Re: [#{first.ticket_id}] x"}

    forged = take(**change, message_id="forged@evil.example")
    genuine = take(
        **change, message_id="rosa@desk.example", authentication_results=passed("desk.example")
    )

    assert (forged.outcome, forged.cause) == (Outcome.SUSPENDED, Cause.CLAIMS_COLLEAGUE)
    assert (genuine.outcome, genuine.ticket_id) == (Outcome.REPLY, first.ticket_id)
    line = log_of(first.ticket_id)[-1]
    assert (line.type, line.created_by) == ("Internal Note", desk.rep.user_id)
    assert send(mailoutbox, after(minutes=5)) == []


def test_a_colleague_answers_by_mail_only_where_the_mailbox_allows_it(desk, checked, mailoutbox):
    desk.rep_user.email = "rosa@desk.example"
    desk.rep_user.save()
    first = take(authentication_results=passed())
    address = signer().reply_address(SUPPORT, first.ticket_id, recipient="rosa@desk.example")
    mail = {
        "sender": "Rosa <rosa@desk.example>",
        "to": address,
        "authentication_results": passed("desk.example"),
    }

    take(**mail, body="Only for us.", message_id="a@desk.example", now=after(minutes=1))
    assert send(mailoutbox, after(minutes=1)) == []
    checked.colleagues_reply = True
    checked.save()
    take(**mail, body="For Giulia.", message_id="b@desk.example", now=after(minutes=2))

    [sent] = send(mailoutbox, after(minutes=3))
    assert (sent.to, sent.body) == ([GIULIA], "For Giulia.")
    assert [line.type for line in log_of(first.ticket_id)].count("Internal Note") == 1


def test_mail_of_ours_that_comes_back_is_ignored_and_a_liar_is_suspended(desk, mailbox, mailoutbox):
    first = take()
    respond(first.ticket_id, content="Here.", by=desk.rep, now=after(minutes=5))
    [sent] = send(mailoutbox, after(minutes=6))

    back = take(
        sender=sent.from_email, to=GIULIA, message_id=sent.extra_headers["Message-ID"].strip("<>")
    )
    form = take(sender=f"Shop <{SUPPORT}>", message_id="form@desk.example")

    assert (back.outcome, back.cause) == (Outcome.IGNORED, Cause.FROM_OURSELVES)
    assert (form.outcome, form.cause) == (Outcome.SUSPENDED, Cause.CLAIMS_TO_BE_US)


def test_mail_of_a_blocked_sender_or_without_a_name_becomes_no_ticket(desk, mailbox):
    BlockedSender.objects.create(address="spam@altro.example")

    assert take(sender="Spam <spam@altro.example>").cause is Cause.BLOCKED_SENDER
    assert take(sender=None, message_id="b@x.example").cause is Cause.NO_SENDER


def test_a_reopening_by_a_participant_who_is_not_the_customer_does_not_happen(
    desk, mailbox, mailoutbox
):
    first = take(cc="bea@posta.example")
    change_status(first.ticket_id, to="Resolved", by=desk.rep, now=after(minutes=5))

    take(
        now=after(minutes=9),
        sender="bea@posta.example",
        in_reply_to="<first@posta.example>",
        message_id="bea@posta.example",
    )

    assert stored(first.ticket_id).status == "Resolved"
    take(
        now=after(minutes=10),
        in_reply_to="<first@posta.example>",
        message_id="again@posta.example",
    )
    assert stored(first.ticket_id).status == "In Progress", "the customer does reopen it"
