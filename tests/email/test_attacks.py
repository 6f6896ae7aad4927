"""Nobody writes into, reads or follows a ticket by what they guess, quote, keep or forge."""

import pytest

from customers.services.read import customer_with_email
from tests.email.conftest import GIULIA, NOON, SUPPORT, after, passed, raw, send, take
from tests.world import log_of, settle, stored
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.models import Mailbox
from tickets.services.conversation.communicate import respond
from tickets.services.email import suspended
from tickets.services.email.incoming import outcomes, receive
from tickets.services.email.mailboxes import signer
from tickets.services.email.participation import participants
from tickets.services.email.participation.side_threads import forward
from tickets.services.email.storage import raw_messages
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.status import change_status

STRANGER = "mallory@altro.example"


def messages(ticket_id):
    return [line for line in log_of(ticket_id) if line.type == "Customer Response"]


def answer(desk, ticket_id, mailoutbox, at=5):
    respond(ticket_id, content="Here.", by=desk.rep, now=after(minutes=at))
    return send(mailoutbox, after(minutes=at + 1))


def colleague(desk):
    desk.rep_user.email = "rosa@desk.example"
    desk.rep_user.save()
    return {
        "sender": "Rosa <rosa@desk.example>",
        "authentication_results": passed("desk.example"),
    }


FIRST = "<first@posta.example>"
TWO = f"{STRANGER}, {GIULIA}"
WAYS = [
    lambda n, sent: {"to": f"support+{n}.aaaaaaaaaaaaaaaaaaaa@desk.example"},
    lambda n, sent: {"to": f"support+{n}.s1.aaaaaaaaaaaaaaaaaaaa@desk.example"},
    lambda n, sent: {"to": f"support+{n}@desk.example"},
    lambda n, sent: {"to": sent["Reply-To"]},
    lambda n, sent: {"cc": sent["Reply-To"]},
    lambda n, sent: {"references": sent["Message-ID"]},
    lambda n, sent: {"in_reply_to": sent["Message-ID"]},
    lambda n, sent: {"references": sent["Message-ID"].replace("ticket-", "TICKET-")},
    lambda n, sent: {"references": f"<ticket-{n}@desk.example>"},
    lambda n, sent: {"references": FIRST},
    lambda n, sent: {"message_id": FIRST.strip("<>"), "references": FIRST},
    lambda n, sent: {"subject": f"Re: [#{n}] mine"},
    lambda n, sent: {"subject": f"=?utf-8?q?=5B=23{n}=5D?="},
    *(
        lambda n, sent, name=name: {name: sent["Reply-To"], "references": FIRST}
        for name in ("delivered_to", "x_original_to", "envelope_to", "resent_to")
    ),
    # Whoever got a mail knows the envelope address that it came from.
    lambda n, sent: {"to": sent["Return-Path"]},
    lambda n, sent: {"delivered_to": sent["Return-Path"], "references": FIRST},
    # A stranger who says elsewhere that they are the customer.
    *(
        lambda n, sent, name=name, place=place: {name: GIULIA, **place(sent)}
        for name in ("reply_to", "sender_", "x_original_sender", "resent_from", "return_path")
        for place in (
            lambda sent: {"references": FIRST},
            lambda sent: {"references": sent["Message-ID"]},
            lambda sent: {"to": sent["Reply-To"]},
        )
    ),
    lambda n, sent: {"x_original_sender": GIULIA, "subject": f"[#{n}] mine"},
    # From with two addresses, in either order, in one field or in two.
    *(
        lambda n, sent, senders=senders, place=place: {"sender": senders, **place(sent)}
        for senders in (TWO, f"{GIULIA}, {STRANGER}", TWO.replace(", ", "\r\nFrom: "),
                        f"{GIULIA}\r\nFrom: {STRANGER}")
        for place in (
            lambda sent: {"references": FIRST},
            lambda sent: {"to": sent["Reply-To"]},
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=range(len(WAYS)))
@pytest.mark.parametrize("checks", [False, True], ids=["unchecked", "checked"])
def test_a_stranger_reaches_no_ticket_whatever_they_name(desk, mailbox, mailoutbox, checks, way):
    if checks:
        mailbox.authentication_hosts = "mx.desk.example"
        mailbox.save()
    first = take(authentication_results=passed())
    [sent] = answer(desk, first.ticket_id, mailoutbox)
    before = stored(first.ticket_id)
    names = {
        "sender": STRANGER,
        "message_id": "m@altro.example",
        "authentication_results": passed("altro.example"),
        **way(first.ticket_id, sent.extra_headers),
    }

    found = take(now=after(minutes=9), **names)

    assert found.ticket_id != first.ticket_id or found.outcome is Outcome.SUSPENDED
    after_it = stored(first.ticket_id)
    assert (after_it.version, after_it.participants) == (before.version, [])
    [again] = answer(desk, first.ticket_id, mailoutbox, at=10)
    assert again.to == [GIULIA]


FAILS = [
    "dmarc=fail header.from=posta.example",
    "dmarc=none; spf=softfail smtp.mailfrom=posta.example",
    "spf=pass smtp.mailfrom=altro.example; dkim=fail header.d=posta.example",
    "dmarc=pass header.from=altro.example",
]


@pytest.mark.parametrize("verdict", FAILS, ids=range(len(FAILS)))
@pytest.mark.parametrize("header", ["Reply-To", "Message-ID"])
def test_whoever_got_a_forward_cannot_write_as_its_sender(
    desk, checked, mailoutbox, header, verdict
):
    first = take(authentication_results=passed())
    [sent] = answer(desk, first.ticket_id, mailoutbox)
    place = {"Reply-To": "to", "Message-ID": "references"}[header]

    forged = take(
        message_id="forged@altro.example",
        authentication_results=f"mx.desk.example; {verdict}",
        **{place: sent.extra_headers[header]},
    )

    assert (forged.outcome, forged.cause) == (Outcome.SUSPENDED, Cause.NOT_AUTHENTICATED)
    assert len(messages(first.ticket_id)) == 2


def test_what_was_signed_for_a_sender_of_whom_no_check_says_anything_leads_to_their_ticket(
    desk, checked, mailoutbox
):
    """A domain without SPF, DKIM and DMARC; other ways to a ticket need a check that passes."""
    nothing = {"authentication_results": "mx.desk.example; spf=none; dkim=none; dmarc=none"}
    first = take(**nothing)
    [sent] = answer(desk, first.ticket_id, mailoutbox)

    to_address = take(**nothing, message_id="a@posta.example", to=sent.extra_headers["Reply-To"])
    unchecked = take(message_id="b@posta.example", references=sent.extra_headers["Message-ID"])
    by_id = take(**nothing, message_id="c@posta.example", references="<first@posta.example>")
    by_number = take(**nothing, message_id="d@posta.example", subject=f"[#{first.ticket_id}] x")

    for found in (to_address, unchecked):
        assert (found.outcome, found.ticket_id) == (Outcome.REPLY, first.ticket_id)
    for found in (by_id, by_number):
        assert (found.outcome, found.cause) == (Outcome.SUSPENDED, Cause.NOT_AUTHENTICATED)


def test_who_was_taken_off_does_not_come_back_by_an_old_mail(desk, mailbox, mailoutbox):
    first = take(cc="Bea <bea@posta.example>")
    sent = answer(desk, first.ticket_id, mailoutbox)
    [to_bea] = [one for one in sent if one.to == ["bea@posta.example"]]
    participants.remove(first.ticket_id, address="Bea@Posta.example", by=desk.rep)
    assert stored(first.ticket_id).participants == []

    found = take(
        sender="bea@posta.example",
        to=to_bea.extra_headers["Reply-To"],
        message_id="bea@posta.example",
    )

    assert (found.outcome, found.cause) == (Outcome.SUSPENDED, Cause.NOT_ITS_RECIPIENT)
    assert stored(first.ticket_id).participants == []


def test_the_customer_of_before_does_not_read_what_is_another_s_now(desk, mailbox, mailoutbox):
    first = take()
    [sent] = answer(desk, first.ticket_id, mailoutbox)
    other = take(sender="otto@altro.example", message_id="o@altro.example")
    otto = stored(other.ticket_id).customer_id

    def hand_over(draft):
        draft.ticket.customer_id = otto

    change(first.ticket_id, hand_over, by=desk.rep, now=after(minutes=7))
    found = take(to=sent.extra_headers["Reply-To"], message_id="late@posta.example")

    assert found.outcome is Outcome.SUSPENDED
    assert stored(first.ticket_id).participants == []


def test_a_relay_lends_nobody_its_word(desk, checked):
    checked.relays = "support@groups.example"
    checked.save()
    first = take(authentication_results=passed())
    colleague(desk)
    through = {
        "sender": "via Support <support@groups.example>",
        "authentication_results": passed("groups.example"),
        "subject": f"Re: [#{first.ticket_id}] x",
    }

    as_rosa = take(**through, x_original_sender="rosa@desk.example", message_id="a@g.example")
    as_giulia = take(**through, x_original_sender=GIULIA, message_id="b@g.example")

    assert (as_rosa.outcome, as_giulia.outcome) == (Outcome.SUSPENDED, Outcome.SUSPENDED)
    assert len(messages(first.ticket_id)) == 1


def test_whom_a_mail_names_has_no_say_in_who_is_believed(desk, checked):
    """Another mailbox does not check senders; the mail came to one that does."""
    Mailbox.objects.create(name="sales", address="sales@desk.example")
    first = take(authentication_results=passed())

    forged = receive.receive(
        raw(
            to="sales@desk.example",
            references="<first@posta.example>",
            message_id="f@altro.example",
        ),
        mailbox="support",
        now=NOON,
    )

    assert (forged.outcome, forged.cause) == (Outcome.SUSPENDED, Cause.NOT_AUTHENTICATED)
    assert len(messages(first.ticket_id)) == 1


def test_a_colleagues_reply_to_all_in_a_side_thread_does_not_reach_the_customer(
    desk, checked, mailoutbox
):
    checked.colleagues_reply = True
    checked.save()
    rosa = colleague(desk)
    first = take(authentication_results=passed())
    forward(
        first.ticket_id, to=["desk@carrier.example"], content="Where?", by=desk.rep,
        now=after(minutes=1),
    )  # fmt: skip
    [to_carrier] = send(mailoutbox, after(minutes=2))
    forged = f"support+{first.ticket_id}.aaaaaaaaaaaaaaaaaaaa@desk.example"

    for place, address in enumerate((to_carrier.extra_headers["Reply-To"], forged)):
        take(**rosa, to=address, message_id=f"r{place}@desk.example", body="The carrier is late.")

    assert send(mailoutbox, after(minutes=9)) == []
    assert [line.type for line in log_of(first.ticket_id) if "late" in line.content] == [
        "Internal Note",
        "Internal Note",
    ]


def test_a_colleagues_absence_note_is_no_work_and_no_answer(desk, checked, mailoutbox):
    checked.colleagues_reply = True
    checked.save()
    rosa = colleague(desk)
    first = take(authentication_results=passed())
    address = signer().reply_address(SUPPORT, first.ticket_id, recipient="rosa@desk.example")
    away = {"auto_submitted": "auto-replied", "subject": "Away", **rosa}

    nowhere = take(**away, message_id="a@desk.example")
    there = take(**away, to=address, message_id="b@desk.example")

    assert (nowhere.outcome, nowhere.cause) == (Outcome.SUSPENDED, Cause.AUTOMATIC)
    assert there.outcome is Outcome.AUTO_REPLY
    assert customer_with_email("rosa@desk.example") is None
    assert stored(first.ticket_id).sla.first_responded_at is None
    assert send(mailoutbox, after(minutes=9)) == []


def test_a_stranger_who_is_let_in_by_hand_once_does_not_take_part(desk, mailbox, mailoutbox):
    first = take()
    [sent] = answer(desk, first.ticket_id, mailoutbox)
    take(sender=STRANGER, to=sent.extra_headers["Reply-To"], message_id="m@altro.example")
    [waiting] = suspended.suspended(by=desk.rep).mails

    suspended.add_to_ticket(waiting.key, first.ticket_id, by=desk.rep, now=after(minutes=8))

    assert stored(first.ticket_id).participants == []
    [again] = answer(desk, first.ticket_id, mailoutbox, at=10)
    assert again.to == [GIULIA]


def test_the_same_bytes_in_two_mailboxes_keep_their_original(desk, mailbox):
    Mailbox.objects.create(name="billing", address="billing@desk.example")

    first = receive.receive(raw(), mailbox="support", now=NOON)
    copy = receive.receive(raw(), mailbox="billing", now=NOON)

    assert (first.outcome, copy.outcome) == (Outcome.TICKET, Outcome.DUPLICATE)
    [line] = messages(first.ticket_id)
    assert raw_messages.read(line.email.sha256) == raw()


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"body": ""}, Outcome.REPLY),
        ({"body": "\r\n \r\n"}, Outcome.REPLY),
    ],
)
def test_an_empty_message_to_a_ticket_of_long_ago_opens_its_follow_up(
    desk, mailbox, mailoutbox, fields, outcome
):
    first = take()
    [sent] = answer(desk, first.ticket_id, mailoutbox)
    change_status(first.ticket_id, to="Closed", by=desk.rep, now=after(hours=1))

    found = take(
        now=after(days=40),
        to=sent.extra_headers["Reply-To"],
        message_id="late@posta.example",
        **fields,
    )

    assert found.outcome is outcome
    assert stored(found.ticket_id).mailbox == "support"


def test_what_fails_again_and_again_is_parked_where_a_person_sees_it(desk, mailbox, monkeypatch):
    def fails(*_args, **_named):
        raise ZeroDivisionError

    monkeypatch.setattr(outcomes, "create_ticket", fails)
    found = take()
    assert found.outcome is None
    for minutes in range(2, 9):
        receive.process_left_behind(now=after(minutes=minutes))

    [waiting] = suspended.suspended(state=Outcome.PARKED, by=desk.rep).mails
    assert waiting.cause is Cause.FAULT
    monkeypatch.undo()
    again = suspended.read_again(waiting.key, by=desk.rep, now=after(minutes=20))
    assert again.outcome is Outcome.TICKET


def test_a_customer_with_an_international_domain_can_reply(desk, mailbox, mailoutbox):
    first = take(sender="Ute <ute@bücher.example>", message_id="u@x.example")
    [sent] = answer(desk, first.ticket_id, mailoutbox)
    assert sent.to == ["ute@xn--bcher-kva.example"]

    for place, sender in enumerate(("ute@bücher.example", "ute@xn--bcher-kva.example")):
        found = take(
            sender=sender, to=sent.extra_headers["Reply-To"], message_id=f"u{place}@x.example"
        )
        assert (found.outcome, found.ticket_id) == (Outcome.REPLY, first.ticket_id)


def test_an_envelope_address_alone_finds_the_ticket(desk, mailbox, mailoutbox):
    first = take()
    [sent] = answer(desk, first.ticket_id, mailoutbox)

    found = take(
        to="friends@lists.example",
        envelope_to=sent.extra_headers["Reply-To"],
        message_id="b@posta.example",
    )

    assert (found.outcome, found.ticket_id) == (Outcome.REPLY, first.ticket_id)
    settle()
