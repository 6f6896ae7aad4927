"""Conversations with third parties: begun by a colleague, invisible to the customer."""

import re

import pytest
from django.utils import translation

from customers.services.create import edit_customer
from tests.email.conftest import GIULIA, SUPPORT, after, send, take
from tests.email.test_files import file, with_files
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.services.conversation.communicate import respond
from tickets.services.email.participation.side_threads import forward
from tickets.services.lifecycle.links_and_merges import merge

CARRIER = "desk@carrier.example"


def forwarded(desk, mailoutbox, first, **more):
    forward(
        first.ticket_id,
        to=[CARRIER],
        content="Where is it?",
        forwarded_line=first.communication_id,
        by=desk.rep,
        now=after(minutes=5),
        **more,
    )
    return send(mailoutbox, after(minutes=6))


def test_a_colleague_forwards_and_the_answer_stays_between_them(desk, mailbox, mailoutbox):
    first = take()
    before = stored(first.ticket_id)
    [sent] = forwarded(desk, mailoutbox, first)
    assert sent.to == [CARRIER]
    assert sent.subject == "Fwd: Where is my car?"
    assert "> It should be here by now." in sent.body
    assert "<first@posta.example>" not in sent.extra_headers["References"]

    back = take(
        sender=f"Carrier <{CARRIER}>",
        to=sent.extra_headers["Reply-To"],
        message_id="a@carrier.example",
        body="It is in Antwerp.",
        in_reply_to=sent.extra_headers["Message-ID"],
        cc="boss@carrier.example",
        now=after(hours=1),
    )

    assert (back.outcome, back.ticket_id) == (Outcome.REPLY, first.ticket_id)
    ticket, line = stored(first.ticket_id), log_of(first.ticket_id)[-1]
    assert (line.type, line.side_thread, line.direction) == ("Internal Note", "1", None)
    assert line.email.sender == CARRIER
    assert ticket.participants == []
    assert ticket.timeline == before.timeline
    respond(first.ticket_id, content="In Antwerp.", by=desk.rep, now=after(hours=2))
    [to_customer] = send(mailoutbox, after(hours=3))
    assert to_customer.to == [GIULIA]
    assert "carrier" not in str(to_customer.message())


def test_a_third_party_reads_the_desks_language_whatever_customer_and_colleague_read(
    desk, mailbox, mailoutbox, settings
):
    edit_customer(desk.customer.customer_id, language="en", by=desk.rep)
    settings.LANGUAGE_CODE = "de"
    first = take()
    with translation.override("en"):
        [sent] = forwarded(desk, mailoutbox, first)

    assert "---------- Weitergeleitete Nachricht ----------\nVon: Giulia Bianchi <" in sent.body
    assert sent.from_email.startswith(f"{desk.rep.name} von ACME Shipping")


def test_an_answer_to_the_desks_address_is_not_among_the_customers(desk, mailbox, mailoutbox):
    """A mail program that takes no notice of Reply-To names our Message-ID alone."""
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)

    take(
        sender=CARRIER,
        to=SUPPORT,
        message_id="a@carrier.example",
        references=sent.extra_headers["Message-ID"],
    )

    line = log_of(first.ticket_id)[-1]
    assert (line.type, line.side_thread) == ("Internal Note", "1")
    assert stored(first.ticket_id).participants == []


def test_somebody_else_with_the_address_is_suspended(desk, mailbox, mailoutbox):
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    stolen = {"to": sent.extra_headers["Reply-To"], "message_id": "x@altro.example"}

    found = take(sender="x@altro.example", **stolen)
    customer = take(sender=GIULIA, **{**stolen, "message_id": "y@posta.example"})

    assert (found.outcome, found.cause) == (Outcome.SUSPENDED, Cause.NOT_ITS_RECIPIENT)
    assert customer.outcome is Outcome.SUSPENDED


def test_the_conversation_goes_on_in_its_thread(desk, mailbox, mailoutbox):
    first = take()
    [sent] = forwarded(desk, mailoutbox, first)
    take(sender=CARRIER, to=sent.extra_headers["Reply-To"], message_id="a@carrier.example")

    forward(
        first.ticket_id, to=[CARRIER], content="Thanks.", side_thread="1", by=desk.rep,
        now=after(hours=1),
    )  # fmt: skip
    [again] = send(mailoutbox, after(hours=2))

    assert again.extra_headers["In-Reply-To"] == "<a@carrier.example>"
    assert sent.extra_headers["Message-ID"] in again.extra_headers["References"]
    assert stored(first.ticket_id).side_threads == 1


@pytest.mark.parametrize("to", ["", "nobody", SUPPORT])
def test_the_form_refuses_what_is_no_address(client, desk, mailbox, to):
    client.force_login(desk.rep_user)
    first = take()
    path = f"/tickets/{first.ticket_id}/forward/"

    assert client.post(path, {"to": to, "content": "Hello"}).status_code == 422
    assert stored(first.ticket_id).side_threads == 0


def test_what_was_refused_is_still_in_the_form(client, desk, mailbox):
    """On a whole page, which a browser without scripts gets."""
    client.force_login(desk.rep_user)
    first = take(**with_files(file("a.pdf", b"%PDF 1"), file("b.pdf", b"%PDF 2")))
    typed = {"to": "nobody", "content": "A long <story>", "with_file": "1"}
    path = f"/tickets/{first.ticket_id}/forward/"

    page = client.post(path, {**typed, "line": first.communication_id}).content.decode()

    form = re.search(r'<details id="forward-[^>]*open>.*?</details>', page, re.DOTALL)[0]
    assert "Enter a valid email address" in form
    assert 'value="nobody"' in form
    assert "A long &lt;story&gt;</textarea>" in form
    assert re.findall(r'name="with_file" value="(.)"[^>]*checked', form) == ["1"]


def test_the_form_sends_once(client, desk, mailbox, mailoutbox):
    client.force_login(desk.rep_user)
    first = take()
    path = f"/tickets/{first.ticket_id}/forward/"
    form = {"to": f"{CARRIER}, port@port.example", "content": "Hi", "line": first.communication_id}

    client.post(path, form)
    client.post(path, form)

    sent = [one.to[0] for one in send(mailoutbox, after(days=900)) if "Fwd:" in one.subject]
    assert sorted(sent) == [CARRIER, "port@port.example"]
    assert stored(first.ticket_id).side_threads == 1
    page = client.get(f"/tickets/{first.ticket_id}/").content.decode()
    assert "With a third party, no. 1" in page


def test_after_a_merge_each_conversation_with_a_third_party_stays_its_own(
    desk, mailbox, mailoutbox
):
    """Else what a carrier wrote would be quoted to a broker, whose conversation has its number."""
    first = take()
    [to_carrier] = forwarded(desk, mailoutbox, first)
    second = take(message_id="second@posta.example", now=after(minutes=20))
    forward(
        second.ticket_id,
        to=["b@broker.example"],
        content="Duty?",
        by=desk.rep,
        now=after(minutes=21),
    )
    forward(
        second.ticket_id,
        to=["c@port.example"],
        content="Berth?",
        by=desk.rep,
        now=after(minutes=22),
    )
    send(mailoutbox, after(minutes=23))
    merge(first.ticket_id, into=second.ticket_id, by=desk.rep, now=after(minutes=30))

    answer = {
        "sender": f"Carrier <{CARRIER}>",
        "to": to_carrier.extra_headers["Reply-To"],
        "in_reply_to": to_carrier.extra_headers["Message-ID"],
    }
    one = take(**answer, message_id="a@carrier.example", body="In Antwerp.", now=after(hours=1))
    two = take(**answer, message_id="b@carrier.example", body="Sails today.", now=after(hours=2))

    assert {one.ticket_id, two.ticket_id} == {second.ticket_id}
    threads = {line.content: line.side_thread for line in log_of(second.ticket_id)}
    assert threads["In Antwerp."] == threads["Sails today."] == "3"
    assert (threads["Duty?"], threads["Berth?"]) == ("1", "2")
    forward(
        second.ticket_id, to=[CARRIER], content="Thanks.", side_thread="3", by=desk.rep,
        now=after(hours=3),
    )  # fmt: skip
    [sent] = send(mailoutbox, after(hours=3, minutes=1))
    assert "Duty" not in sent.body
    assert sent.extra_headers["In-Reply-To"] == "<b@carrier.example>"
