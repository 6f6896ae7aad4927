"""To whom a reply goes: whom the page showed when it was written."""

import re

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.services.create import create_customer, edit_customer
from helpdesk.errors import Invalid
from tests.email.conftest import GIULIA, NOON, SUPPORT, after, send, take
from tests.world import log_of, stored
from tickets.domain.ticket import CommunicationType, Direction
from tickets.models import Mailbox
from tickets.models.mailbox import LONGEST_NAME
from tickets.services.conversation.arrival import MOST_PARTICIPANTS
from tickets.services.conversation.communicate import communicate, respond
from tickets.services.delivery import reply_email
from tickets.services.email.mailboxes import signer
from tickets.services.email.participation import participants
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


@pytest.mark.parametrize(("cc", "asked"), [("", False), ("Bea <bea@posta.example>", True)])
def test_a_reply_asks_for_mailboxes_only_where_others_take_part(mailbox, desk, cc, asked):
    number = take(cc=cc).ticket_id
    respond(number, content="Yes.", by=desk.rep, now=after(minutes=2))
    with CaptureQueriesContext(connection) as queries:
        respond(number, content="Yes, indeed.", by=desk.rep, now=after(minutes=3))
    assert any("tickets_mailbox" in one["sql"] for one in queries) is asked


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
    assert "becomes a participant" in page
    client.post(f"/tickets/{number}/reply/", {"content": "There.", "reply_to": OFFICE})
    page = client.get(f"/tickets/{number}/").content.decode()
    assert f'name="offered" value="{OFFICE}"' in page
    assert f'name="also_to" value="{OFFICE}"' not in page, "it is the box of the reply address"
    client.post(f"/tickets/{number}/reply/", {"content": "Here.", "offered": OFFICE})
    went = [one.to[0] for one in send(mailoutbox, now=None) if "posta.example" in one.to[0]]
    assert went == [OFFICE, GIULIA]


def test_an_absence_note_is_not_what_an_answer_answers(desk, mailbox, mailoutbox):
    mailbox.quotes = True
    mailbox.save()
    number = take().ticket_id
    take(
        now=after(minutes=1),
        message_id="away@posta.example",
        references="<first@posta.example>",
        subject="Automatic reply: Away until May",
        body="I am away.",
        auto_submitted="auto-replied",
    )

    respond(number, content="Here.", by=desk.rep, now=after(minutes=2))
    [sent] = send(mailoutbox, after(minutes=3))

    assert sent.subject == "Re: Where is my car?"
    assert sent.extra_headers["In-Reply-To"] == "<first@posta.example>"
    assert "I am away" not in sent.body
    assert "<away@posta.example>" in sent.extra_headers["References"]


def test_a_mail_to_a_participant_that_failed_can_be_sent_again_on_the_ticket(
    client, desk, mailbox, mailoutbox
):
    client.force_login(desk.rep_user)
    number = take(cc="Bea <bea@posta.example>").ticket_id
    respond(number, content="Yes.", by=desk.rep, now=after(minutes=2))
    send(mailoutbox, after(minutes=3))
    page = f"/tickets/{number}/"
    assert "Resend" not in client.get(page).content.decode()
    [line] = [one for one in log_of(number) if one.direction == "outbound"]
    line.deliveries[1].state = "failed"
    line.save()

    assert "Resend" in client.get(page).content.decode()
    client.post(f"{page}mail/", {"line": line.communication_id})

    assert [one.to for one in send(mailoutbox, None)][-1] == ["bea@posta.example"]
    assert "Resend" not in client.get(page).content.decode()


def test_the_page_says_where_a_reply_to_another_address_went(client, desk, mailbox, mailoutbox):
    client.force_login(desk.rep_user)
    number = take(reply_to=OFFICE).ticket_id
    respond(number, content="Yes.", reply_to=OFFICE, by=desk.rep, now=after(minutes=2))
    take(now=after(minutes=3), message_id="b@posta.example", references="<first@posta.example>")

    page = client.get(f"/tickets/{number}/").content.decode()

    assert re.search(rf"{OFFICE}:\s+Sending", page)


def test_who_finds_no_room_among_the_participants_is_told_of(client, desk, mailbox):
    client.force_login(desk.rep_user)
    crowd = ", ".join(f"p{number}@altro.example" for number in range(55))

    number = take(cc=crowd).ticket_id

    assert len(stored(number).participants) == MOST_PARTICIPANTS
    assert "Not everybody in copy takes part" in client.get(f"/tickets/{number}/").content.decode()


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("support+eu@desk.example", "plus sign"),
        (f"{'a' * (LONGEST_NAME + 1)}@desk.example", "at most 22"),
        (f"{'a' * LONGEST_NAME}@desk.example", ""),
    ],
)
def test_an_address_that_takes_no_ticket_number_is_refused(desk, address, wrong):
    made = Mailbox(name="new", address=address)
    if not wrong:
        made.full_clean()
        made.save()
        number, line = "9999999", "01JD9ZQ4C1V9W3K2M8T6X5R7PN"
        sender = signer().envelope_address(address, number, line, recipient=GIULIA)
        assert len(sender.partition("@")[0]) <= 64
        return
    with pytest.raises(ValidationError, match=wrong):
        made.full_clean()


@pytest.mark.parametrize(
    "more",
    [
        {"type": CommunicationType.INTERNAL_NOTE},
        {"type": CommunicationType.CUSTOMER_RESPONSE, "direction": Direction.INBOUND},
    ],
)
def test_what_is_no_reply_has_no_reply_address(desk, mailbox, more):
    number = take(reply_to=OFFICE).ticket_id

    with pytest.raises(Invalid) as refused:
        communicate(number, content="x", reply_to=OFFICE, by=desk.rep, **more)

    assert "reply_to" in refused.value.errors
