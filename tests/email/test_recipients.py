"""To whom a reply goes: whom the page showed when it was written."""

import re

import pytest

from customers.services.create import create_customer, edit_customer
from helpdesk.errors import Invalid
from tests.email.conftest import GIULIA, NOON, SUPPORT, after, send, take
from tests.world import log_of, stored
from tickets.services.conversation.communicate import respond
from tickets.services.delivery import reply_email
from tickets.services.email import participants
from tickets.services.lifecycle.change import change

OFFICE = "office@posta.example"


def hand_to_other(desk, number):
    other = create_customer(name="Otto", email="otto@altro.example", by=desk.rep, now=NOON)

    def write(draft):
        draft.ticket.customer_id = other.customer_id

    change(number, write, by=desk.rep, now=after(minutes=3))


def test_who_comes_after_a_reply_was_written_does_not_get_it(desk, mailbox, mailoutbox):
    number = take(cc="Bea <bea@posta.example>").ticket_id
    respond(number, content="Yes.", by=desk.rep, now=after(minutes=2))
    hand_to_other(desk, number)
    participants.remove(number, address="bea@posta.example", by=desk.rep, now=after(minutes=4))
    participants.add(number, address="carl@posta.example", by=desk.rep, now=after(minutes=5))

    sent = send(mailoutbox, after(minutes=6))

    assert sorted(one.to[0] for one in sent) == ["bea@posta.example", GIULIA]


def test_sent_again_it_goes_to_the_corrected_address_of_whom_it_was_for(
    desk, mailbox, mailoutbox, monkeypatch
):
    found = take()
    number = found.ticket_id
    customer_id = stored(number).customer_id
    respond(number, content="Yes.", by=desk.rep, now=after(minutes=2))
    [line] = [one for one in log_of(number) if one.direction == "outbound"]
    line.deliveries[0].state = "failed"
    line.delivery = "failed"
    line.save()
    hand_to_other(desk, number)
    edit_customer(customer_id, email="giulia@nuova.example", by=desk.rep)

    reply_email.send_again(number, line.communication_id, by=desk.rep, now=after(minutes=5))

    assert [one.to for one in send(mailoutbox, after(minutes=6))] == [["giulia@nuova.example"]]


def test_the_reply_address_of_the_last_mail_is_used_when_its_writer_has_seen_it(
    desk, mailbox, mailoutbox
):
    number = take(reply_to=f"Office <{OFFICE.upper()}>").ticket_id
    assert stored(number).reply_to == OFFICE

    respond(number, content="One.", by=desk.rep, now=after(minutes=2))
    respond(number, content="Two.", reply_to=OFFICE, by=desk.rep, now=after(minutes=3))

    assert [one.to for one in send(mailoutbox, after(minutes=4))] == [[GIULIA], [OFFICE]]


@pytest.mark.parametrize("typed", ["evil@evil.example", GIULIA])
def test_another_address_than_the_one_that_was_asked_for_is_refused(desk, mailbox, typed):
    number = take(reply_to=OFFICE).ticket_id
    before = stored(number).version

    with pytest.raises(Invalid) as refused:
        respond(number, content="x", reply_to=typed, by=desk.rep, now=after(minutes=2))

    assert "reply_to" in refused.value.errors
    assert stored(number).version == before


@pytest.mark.parametrize("asked", [None, GIULIA, SUPPORT, "support+12.abc@desk.example", "no one"])
def test_the_next_mail_takes_it_back(desk, mailbox, asked):
    number = take(reply_to=OFFICE).ticket_id

    take(
        now=after(minutes=2),
        message_id="second@posta.example",
        references="<first@posta.example>",
        reply_to=asked,
    )

    assert len([one for one in log_of(number) if one.direction == "inbound"]) == 2
    assert stored(number).reply_to is None


def test_it_is_never_the_identity_and_a_machine_does_not_set_it(desk, mailbox):
    number = take().ticket_id

    machine = take(
        now=after(minutes=2),
        message_id="away@posta.example",
        references="<first@posta.example>",
        reply_to=OFFICE,
        auto_submitted="auto-replied",
    )
    third = take(
        now=after(minutes=3),
        message_id="third@altro.example",
        sender="Otto <otto@altro.example>",
        references="<first@posta.example>",
        reply_to=GIULIA,
    )

    assert machine.ticket_id == number
    assert third.ticket_id != number
    assert stored(number).reply_to is None


def test_the_page_shows_it_and_sends_there_unless_it_is_not_selected(
    client, desk, mailbox, mailoutbox
):
    client.force_login(desk.rep_user)
    number = take(reply_to=OFFICE).ticket_id

    page = client.get(f"/tickets/{number}/").content.decode()
    box = re.search(r"<input[^>]*name=\"reply_to\"[^>]*>", page)[0]

    assert OFFICE in box
    assert "checked" in box
    assert f"instead of {GIULIA}" in page
    client.post(f"/tickets/{number}/reply/", {"content": "There.", "reply_to": OFFICE})
    client.post(f"/tickets/{number}/reply/", {"content": "Here."})
    went = [one.to[0] for one in send(mailoutbox, now=None) if "posta.example" in one.to[0]]
    assert went == [OFFICE, GIULIA]
