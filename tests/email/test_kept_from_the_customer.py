"""No word of a third party reaches the customer, whoever of them writes and whoever decides."""

import json
import re

import pytest

from helpdesk.accounts.tokens import make_token
from tests.email.conftest import GIULIA, after, send, take
from tests.email.test_side_threads import forwarded
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.services.conversation.communicate import respond
from tickets.services.email import suspended
from tickets.services.email.participation.side_threads import forward
from tickets.services.lifecycle.links_and_merges import merge

BOSS = "boss@carrier.example"


def from_the_boss(desk, sent, now=None, **more):
    """A mail of the carrier's colleague, who got the desk's from them: it is suspended."""
    found = take(
        **{
            "sender": f"Boss <{BOSS}>",
            "to": sent.extra_headers["Reply-To"],
            "subject": "Re: CARRIER-SUBJECT",
            "message_id": "boss@carrier.example",
            "body": "BOSS-WORDS",
            "in_reply_to": sent.extra_headers["Message-ID"],
            "now": now or after(hours=1),
            **more,
        }
    )
    assert (found.outcome, found.cause) == (Outcome.SUSPENDED, Cause.NOT_ITS_RECIPIENT)
    [waiting] = suspended.suspended(by=desk.rep).mails
    return waiting.key


def reply_to_customer(desk, mailoutbox, mailbox, ticket_id):
    """The next reply to the customer, as it is sent by a mailbox that quotes."""
    mailbox.quotes = True
    mailbox.save()
    respond(ticket_id, content="In Antwerp.", by=desk.rep, now=after(hours=2))
    [sent] = send(mailoutbox, after(hours=3))
    assert sent.to == [GIULIA]
    return str(sent.message())


@pytest.mark.parametrize("names", [{"in_reply_to": None}, {"to": "support@desk.example"}])
def test_what_is_added_by_hand_stays_with_its_third_party(desk, mailbox, mailoutbox, names):
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    before = stored(first.ticket_id)
    key = from_the_boss(desk, sent, **names)

    suspended.add_to_ticket(key, first.ticket_id, by=desk.rep, now=after(hours=1))

    ticket, line = stored(first.ticket_id), log_of(first.ticket_id)[-1]
    assert (line.type, line.side_thread, line.direction) == ("Internal Note", "1", None)
    assert (ticket.participants, ticket.timeline) == ([], before.timeline)
    answer = reply_to_customer(desk, mailoutbox, mailbox, first.ticket_id)
    assert "It should be here by now." in answer, "what the customer wrote is quoted"
    assert "BOSS" not in answer
    assert "CARRIER" not in answer
    assert "boss@carrier.example" not in answer


def test_a_forged_address_names_no_conversation_and_still_tells_the_customer_nothing(
    desk, mailbox, mailoutbox
):
    """Whoever adds it has no hint of a third party; replies do not answer a stranger's mail."""
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    forged = f"support+{first.ticket_id}.s1.aaaaaaaaaaaaaaaaaaaa@desk.example"
    key = from_the_boss(desk, sent, to=forged, in_reply_to=None)

    suspended.add_to_ticket(key, first.ticket_id, by=desk.rep, now=after(hours=1))

    line = log_of(first.ticket_id)[-1]
    assert (line.type, line.side_thread) == ("Customer Response", None)
    answer = reply_to_customer(desk, mailoutbox, mailbox, first.ticket_id)
    assert "It should be here by now." in answer
    assert "BOSS" not in answer
    assert "CARRIER" not in answer
    assert "boss@carrier.example" not in answer


def test_a_participant_whose_mail_was_added_by_hand_is_answered(desk, checked, mailoutbox):
    """They take part: the mail was suspended because its server did not say who wrote it."""
    first = take(authentication_results="mx.desk.example; dmarc=pass header.from=posta.example",
                 cc="Bea <bea@posta.example>")  # fmt: skip
    take(sender="bea@posta.example", references="<first@posta.example>", body="BEA-WORDS",
         message_id="b@posta.example", now=after(minutes=5))  # fmt: skip
    [waiting] = suspended.suspended(by=desk.rep).mails

    suspended.add_to_ticket(waiting.key, first.ticket_id, by=desk.rep, now=after(minutes=6))

    respond(first.ticket_id, content="Here.", by=desk.rep, now=after(minutes=7))
    sent = send(mailoutbox, after(minutes=8))
    assert {one.extra_headers["In-Reply-To"] for one in sent} == {"<b@posta.example>"}


def test_the_customer_who_writes_to_a_third_partys_address_is_still_the_customer(
    desk, mailbox, mailoutbox
):
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    key = from_the_boss(desk, sent, sender=GIULIA)

    suspended.add_to_ticket(key, first.ticket_id, by=desk.rep, now=after(hours=1))

    line = log_of(first.ticket_id)[-1]
    assert (line.type, line.side_thread) == ("Customer Response", None)


@pytest.mark.parametrize("named", ["source", "target"])
def test_after_a_merge_the_conversation_is_found_under_its_new_number(
    desk, mailbox, mailoutbox, named
):
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    second = take(message_id="second@posta.example", now=after(minutes=20))
    forward(second.ticket_id, to=["b@broker.example"], content="Duty?", by=desk.rep,
            now=after(minutes=21))  # fmt: skip
    merge(first.ticket_id, into=second.ticket_id, by=desk.rep, now=after(minutes=30))
    key = from_the_boss(desk, sent)
    ticket_id = first.ticket_id if named == "source" else second.ticket_id

    suspended.add_to_ticket(key, ticket_id, by=desk.rep, now=after(hours=1))

    line = log_of(second.ticket_id)[-1]
    assert (line.content, line.side_thread) == ("BOSS-WORDS", "2")


def chosen_on(page):
    """The options of the page's conversations, each with whether it is chosen."""
    return {
        value: "selected" in more
        for value, more in re.findall(r'<option value="(\d*)"([^>]*)>', page)
    }


def test_the_page_says_which_conversation_and_lets_the_person_choose(
    client, desk, mailbox, mailoutbox
):
    client.force_login(desk.rep_user)
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    forward(first.ticket_id, to=["b@broker.example"], content="Duty?", by=desk.rep,
            now=after(minutes=21))  # fmt: skip
    key = from_the_boss(desk, sent)

    page = client.get("/mail/suspended/message/", {"mail": key}).content.decode()
    assert "With a third party, no. 2" in page
    assert chosen_on(page) == {"": False, "1": True, "2": False}
    form = {"mail": key, "action": "add", "ticket": first.ticket_id, "shown": first.ticket_id}
    unknown = client.post("/mail/suspended/act/", {**form, "side_thread": "3"})
    assert unknown.status_code == 422
    client.post("/mail/suspended/act/", {**form, "side_thread": "2"})

    assert log_of(first.ticket_id)[-1].side_thread == "2"


def test_for_another_ticket_the_page_asks_again_which_conversation(
    client, desk, mailbox, mailoutbox
):
    """The number of a conversation means somebody else there."""
    client.force_login(desk.rep_user)
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    second = take(message_id="second@posta.example", now=after(minutes=20))
    forward(second.ticket_id, to=["b@broker.example"], content="Duty?", by=desk.rep,
            now=after(minutes=21))  # fmt: skip
    key = from_the_boss(desk, sent)
    other = stored(second.ticket_id).version
    form = {"mail": key, "action": "add", "ticket": f"#{second.ticket_id}", "side_thread": "1"}

    asked = client.post("/mail/suspended/act/", {**form, "shown": first.ticket_id})
    assert asked.status_code == 422
    assert stored(second.ticket_id).version == other
    assert chosen_on(asked.content.decode()) == {"": False, "1": False}, "the first is chosen"
    assert f'name="shown" value="{second.ticket_id}"' in asked.content.decode()
    client.post("/mail/suspended/act/", {**form, "side_thread": "", "shown": second.ticket_id})

    line = log_of(second.ticket_id)[-1]
    assert (line.content, line.side_thread) == ("BOSS-WORDS", None)


@pytest.mark.parametrize(
    ("asked", "status", "thread"),
    [({}, 200, "1"), ({"sideThread": ""}, 200, None), ({"sideThread": "7"}, 422, "1")],
)
def test_a_program_that_adds_a_mail_can_say_the_conversation(
    client, desk, mailbox, mailoutbox, asked, status, thread
):
    _made, text = make_token(desk.rep_user, name="mine")
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    key = from_the_boss(desk, sent)
    before = stored(first.ticket_id).version

    answer = client.post(
        "/api/suspended-mail",
        json.dumps({"key": key, "action": "add", "ticketId": first.ticket_id, **asked}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {text}"},
    )

    assert answer.status_code == status
    if status == 422:
        assert "sideThread" in answer.content.decode()
        assert stored(first.ticket_id).version == before
    else:
        assert log_of(first.ticket_id)[-1].side_thread == thread
