"""Which ticket a mail belongs to. The numbers are those of the cases in EMAIL.md."""

import pytest

from customers.services.create import edit_customer
from customers.services.read import customer_with_email
from tests.email.conftest import GIULIA, NOON, SUPPORT, after, passed, raw, send, take
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.services.conversation.communicate import respond
from tickets.services.email.incoming.receive import receive
from tickets.services.lifecycle.status import change_status


def messages(ticket_id):
    return [line for line in log_of(ticket_id) if line.type == "Customer Response"]


def answer(desk, ticket_id, mailoutbox, *, at, content="It is on its way."):
    """A colleague answers, and the mail goes out."""
    respond(ticket_id, content=content, by=desk.rep, now=at)
    return send(mailoutbox, at)


def test_a_customer_who_writes_has_a_ticket(desk, mailbox):
    found = take()

    assert found.outcome is Outcome.TICKET
    ticket = stored(found.ticket_id)
    assert ticket.customer_id == desk.customer.customer_id
    assert (ticket.subject, ticket.description) == ("Where is my car?", "It should be here by now.")
    assert (ticket.channel, ticket.category, ticket.status) == ("email", "General", "Open")
    [line] = messages(found.ticket_id)
    assert (line.direction, line.channel) == ("inbound", "email")
    assert line.author_id == desk.customer.customer_id
    assert line.email.sender == GIULIA
    assert line.communication_id == found.communication_id


def test_somebody_unknown_becomes_a_customer(desk, mailbox):
    found = take(sender='"Bruno Conti" <bruno@posta.example>')

    customer = customer_with_email("bruno@posta.example")
    assert customer.name == "Bruno Conti"
    assert stored(found.ticket_id).customer_id == customer.customer_id


def test_an_answer_threads_and_its_answer_comes_back(desk, mailbox, mailoutbox):
    first = take()
    [sent] = answer(desk, first.ticket_id, mailoutbox, at=after(minutes=5))

    assert sent.from_email == "Rosa Marin from ACME Shipping <support@desk.example>"
    assert sent.subject == "Re: Where is my car?"
    assert sent.extra_headers["In-Reply-To"] == "<first@posta.example>"
    assert "<first@posta.example>" in sent.extra_headers["References"]

    back = take(
        now=after(hours=1),
        to=sent.extra_headers["Reply-To"],
        subject="Re: Where is my car?",
        body="Thank you.",
        message_id="second@posta.example",
        in_reply_to=sent.extra_headers["Message-ID"],
    )

    assert (back.outcome, back.ticket_id) == (Outcome.REPLY, first.ticket_id)
    [again] = answer(
        desk, first.ticket_id, mailoutbox, at=after(hours=2), content="You’re welcome."
    )
    named = again.extra_headers["References"].split()
    assert again.subject == "Re: Where is my car?"
    assert again.extra_headers["In-Reply-To"] == "<second@posta.example>"
    assert named[1:] == [
        "<first@posta.example>", sent.extra_headers["Message-ID"], "<second@posta.example>",
    ]  # fmt: skip


def test_a_reply_ends_a_wait(desk, mailbox, mailoutbox):
    first = take()
    respond(first.ticket_id, content="Which one?", waiting=True, by=desk.rep, now=after(minutes=5))
    [sent] = send(mailoutbox, after(minutes=6))
    assert stored(first.ticket_id).waiting

    take(now=after(hours=1), to=sent.extra_headers["Reply-To"], message_id="b@posta.example")

    assert not stored(first.ticket_id).waiting


def test_case_1_in_reply_to_is_foreign_and_references_has_ours(desk, mailbox, mailoutbox):
    first = take()
    [sent] = answer(desk, first.ticket_id, mailoutbox, at=after(minutes=5))

    back = take(
        message_id="b@posta.example",
        in_reply_to="<rewritten@relay.example>",
        references=f"<x@elsewhere.example> {sent.extra_headers['Message-ID']}",
    )

    assert (back.outcome, back.ticket_id) == (Outcome.REPLY, first.ticket_id)


def test_case_2_people_in_cc_reply_before_the_desk_has(desk, mailbox):
    first = take(cc="Bea <bea@posta.example>, Carl <carl@posta.example>")

    for name in ("bea", "carl"):
        found = take(
            sender=f"{name}@posta.example",
            message_id=f"{name}@posta.example",
            in_reply_to="<first@posta.example>",
        )
        assert (found.outcome, found.ticket_id) == (Outcome.REPLY, first.ticket_id)

    ticket = stored(first.ticket_id)
    assert ticket.participants == ["Bea <bea@posta.example>", "Carl <carl@posta.example>"]
    by_others = [line for line in messages(first.ticket_id) if line.without_effect]
    assert [line.author_id for line in by_others] == [None, None]
    assert not [line for line in by_others if line.email.sender == GIULIA]


def test_case_3_two_mails_name_one_that_never_came(desk, mailbox):
    first = take(references="<lost@posta.example>", message_id="a@posta.example")
    second = take(references="<lost@posta.example>", message_id="b@posta.example", body="And?")

    assert (second.outcome, second.ticket_id) == (Outcome.REPLY, first.ticket_id)


def test_case_4_a_relay_rewrites_our_message_id(desk, mailbox, mailoutbox):
    first = take()
    [sent] = answer(desk, first.ticket_id, mailoutbox, at=after(minutes=5))

    back = take(
        to=sent.extra_headers["Reply-To"].upper(),
        message_id="b@posta.example",
        in_reply_to="<0101018f@relay.example>",
    )

    assert (back.outcome, back.ticket_id) == (Outcome.REPLY, first.ticket_id)


@pytest.mark.parametrize("checks", [False, True])
def test_case_5_a_number_or_a_reference_of_another_leads_nowhere(desk, mailbox, checks, mailoutbox):
    if checks:
        mailbox.authentication_hosts = "mx.desk.example"
        mailbox.save()
    first = take(authentication_results=passed())
    [sent] = answer(desk, first.ticket_id, mailoutbox, at=after(minutes=5))
    before = stored(first.ticket_id)

    numbered = take(
        sender="bruno@altro.example",
        subject=f"Re: [#{first.ticket_id}] mine",
        message_id="b@altro.example",
        authentication_results=passed("altro.example"),
    )
    guessed = take(
        sender="bruno@altro.example",
        references="<first@posta.example>",
        message_id="c@altro.example",
        authentication_results=passed("altro.example"),
    )
    stolen = take(
        sender="bruno@altro.example",
        references=sent.extra_headers["Message-ID"],
        message_id="d@altro.example",
        authentication_results=passed("altro.example"),
    )

    assert numbered.outcome is guessed.outcome is Outcome.TICKET
    assert first.ticket_id not in (numbered.ticket_id, guessed.ticket_id)
    [line] = messages(guessed.ticket_id)
    assert "new-because-refused" in line.email.remarks
    assert (stolen.outcome, stolen.cause) == (Outcome.SUSPENDED, Cause.NOT_ITS_RECIPIENT)
    assert stored(first.ticket_id).version == before.version


def test_case_6_a_number_after_other_languages_re(desk, checked):
    first = take(authentication_results=passed())
    for place, prefix in enumerate(("AW:", "WG:", "Antw:", "SV:", "=?utf-8?q?Re=3A?=")):
        found = take(
            subject=f"{prefix} [#{first.ticket_id}] Where is my car?",
            message_id=f"{place}@posta.example",
            authentication_results=passed(),
        )
        assert (found.outcome, found.ticket_id) == (Outcome.REPLY, first.ticket_id), prefix
    encoded = take(
        subject=f"=?utf-8?q?AW=3A_=5B=23{first.ticket_id}=5D_Wo?=",
        message_id="encoded@posta.example",
        authentication_results=passed(),
    )
    assert encoded.ticket_id == first.ticket_id


def test_case_6_a_forward_with_references_goes_to_the_follow_up_of_a_closed_ticket(
    desk, mailbox, mailoutbox
):
    first = take()
    [sent] = answer(desk, first.ticket_id, mailoutbox, at=after(minutes=5))
    change_status(first.ticket_id, to="Closed", by=desk.rep, now=after(hours=1))

    for place in range(3):
        found = take(
            now=after(days=40, hours=place),
            subject="Fwd: Where is my car?",
            references=sent.extra_headers["Message-ID"],
            message_id=f"{place}@posta.example",
        )
        assert found.outcome is Outcome.REPLY
        follow_up = found.ticket_id
    assert stored(first.ticket_id).continued_by == follow_up
    assert len(messages(follow_up)) == 3


def test_a_participant_without_a_pass_is_suspended_where_senders_are_checked(desk, checked):
    first = take(authentication_results=passed())

    forged = take(
        subject="Re: mine", references="<first@posta.example>", message_id="b@posta.example"
    )
    below = receive(
        b"Authentication-Results: evil.example; dmarc=pass header.from=posta.example\r\n"
        + raw(references="<first@posta.example>", message_id="c@posta.example"),
        now=NOON,
    )

    assert (forged.outcome, forged.cause) == (Outcome.SUSPENDED, Cause.NOT_AUTHENTICATED)
    assert below.outcome is Outcome.SUSPENDED
    assert len(messages(first.ticket_id)) == 1


def test_case_11b_a_forwarded_reply_address_is_suspended(desk, mailbox, mailoutbox):
    first = take()
    [sent] = answer(desk, first.ticket_id, mailoutbox, at=after(minutes=5))

    found = take(
        sender="stranger@altro.example",
        to=sent.extra_headers["Reply-To"],
        message_id="b@altro.example",
    )

    assert (found.outcome, found.cause) == (Outcome.SUSPENDED, Cause.NOT_ITS_RECIPIENT)
    assert len(messages(first.ticket_id)) == 2
    assert customer_with_email("stranger@altro.example") is None


def test_case_18_reply_all_of_a_participant(desk, mailbox, mailoutbox):
    first = take(cc="Bea <bea@posta.example>")
    sent = answer(desk, first.ticket_id, mailoutbox, at=after(minutes=5))
    assert sorted(one.to[0] for one in sent) == ["bea@posta.example", GIULIA]
    [to_bea] = [one for one in sent if one.to == ["bea@posta.example"]]

    found = take(
        sender="Bea <bea@posta.example>",
        to=to_bea.extra_headers["Reply-To"],
        cc=f"{GIULIA}, dan@posta.example",
        message_id="bea@posta.example",
        in_reply_to=to_bea.extra_headers["Message-ID"],
    )

    assert (found.outcome, found.ticket_id) == (Outcome.REPLY, first.ticket_id)
    assert stored(first.ticket_id).participants == [
        "Bea <bea@posta.example>", "<dan@posta.example>",
    ]  # fmt: skip


def test_a_reply_to_a_merged_ticket_goes_to_the_target(desk, mailbox, mailoutbox):
    from tickets.services.lifecycle.links_and_merges import merge

    first = take()
    [sent] = answer(desk, first.ticket_id, mailoutbox, at=after(minutes=5))
    target = desk.ticket()
    merge(first.ticket_id, into=target.ticket_id, by=desk.rep, now=after(minutes=6))

    found = take(
        now=after(minutes=9), to=sent.extra_headers["Reply-To"], message_id="b@posta.example"
    )

    assert (found.outcome, found.ticket_id) == (Outcome.REPLY, target.ticket_id)


def test_a_mail_to_two_mailboxes_is_one_ticket_in_the_first_one_named(desk, mailbox):
    from tickets.models import Mailbox

    Mailbox.objects.create(name="billing", address="billing@desk.example", category="Billing")
    letter = raw(to=f"billing@desk.example, {SUPPORT}")

    found = receive(letter, mailbox="support", now=NOON)
    copy = receive(b"Delivered-To: billing@desk.example\r\n" + letter, mailbox="billing", now=NOON)

    assert found.outcome is Outcome.TICKET
    assert stored(found.ticket_id).category == "Billing"
    assert (copy.outcome, copy.ticket_id) == (Outcome.DUPLICATE, found.ticket_id)


def test_what_the_desk_says_itself_is_in_the_customers_language(desk, mailbox, mailoutbox):
    mailbox.acknowledges = mailbox.quotes = True
    mailbox.save()
    edit_customer(desk.customer.customer_id, language="de-AT", by=desk.rep)
    first = take()
    [received] = send(mailoutbox, after(minutes=1))
    [sent] = answer(desk, first.ticket_id, mailoutbox, at=after(minutes=5))

    assert "Vielen Dank für Ihre Nachricht" in received.body
    assert sent.from_email == "Rosa Marin von ACME Shipping <support@desk.example>"
    assert "Giulia Bianchi schrieb:\n> It should be here by now." in sent.body
