"""Mail whose sender is missing, or has an address that cannot be used."""

import pytest

from tests.email.conftest import GIULIA, SUPPORT, after, send, take
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Cause, Outcome, Remark
from tickets.services.conversation.communicate import respond
from tickets.services.email import suspended

UMLAUT = "Jörg Müller <müller@posta.example>"
LONG = f"{'a' * 65}@posta.example"
SENDERS = {
    UMLAUT: Cause.UNUSABLE_SENDER,
    '"john smith"@posta.example': Cause.UNUSABLE_SENDER,
    LONG: Cause.UNUSABLE_SENDER,
    "Ann": Cause.NO_SENDER,
    None: Cause.NO_SENDER,
}


def waiting(desk):
    [one] = suspended.suspended(by=desk.rep).mails
    return one.key


@pytest.mark.parametrize(("sender", "cause"), SENDERS.items(), ids=range(len(SENDERS)))
def test_the_page_says_why_and_asks_who_wrote_it(client, desk, mailbox, sender, cause):
    client.force_login(desk.rep_user)
    found = take(sender=sender)
    assert (found.outcome, found.cause) == (Outcome.SUSPENDED, cause)
    key = waiting(desk)

    page = client.get("/mail/suspended/message/", {"mail": key}).content.decode()

    words = "address cannot be used" if cause is Cause.UNUSABLE_SENDER else "It has no sender"
    assert words in page
    assert 'name="sender"' in page
    refusals = {"": "Enter the address of who", "x": "valid email address", SUPPORT: "our own"}
    for typed, refusal in refusals.items():
        asked = {"mail": key, "action": "open", "sender": typed}
        answer = client.post("/mail/suspended/act/", asked)
        assert answer.status_code == 422
        assert refusal in answer.content.decode()


@pytest.mark.parametrize("written", ["Neu@posta.example", GIULIA])
def test_a_ticket_is_opened_for_whom_a_colleague_names(client, desk, mailbox, mailoutbox, written):
    client.force_login(desk.rep_user)
    take(sender=UMLAUT)
    key = waiting(desk)

    said = client.post(
        "/api/suspended-mail",
        {"key": key, "action": "open", "from": written},
        content_type="application/json",
    )

    number = said.json()["ticketId"]
    [line] = [one for one in log_of(number) if one.type == "Customer Response"]
    assert line.email.sender == written.lower()
    assert {Remark.BY_HAND.value, Remark.SENDER_ENTERED.value} <= set(line.email.remarks)
    assert "A colleague entered the address" in client.get(f"/tickets/{number}/").content.decode()
    is_giulia = stored(number).customer_id == desk.customer.customer_id
    assert is_giulia is (written == GIULIA)
    respond(number, content="Here.", by=desk.rep)
    assert [written.lower()] in [one.to for one in send(mailoutbox, None)]


def test_it_can_be_added_to_a_ticket_and_has_no_effect(client, desk, mailbox):
    client.force_login(desk.rep_user)
    number = take().ticket_id
    respond(number, content="And?", waiting=True, by=desk.rep, now=after(minutes=1))
    take(sender=None, message_id="b@posta.example", now=after(minutes=2))
    before = stored(number)

    client.post("/mail/suspended/act/", {"mail": waiting(desk), "action": "add", "ticket": number})

    ticket = stored(number)
    assert [one.email is not None for one in log_of(number)].count(True) == 2
    assert (ticket.timeline, ticket.waiting) == (before.timeline, True)
    assert ticket.participants == before.participants == []
    page = client.get(f"/tickets/{number}/").content.decode()
    assert "unknown sender" in page
    assert "Email without a usable sender" in page
    told = client.get(f"/api/tickets/{number}").json()["communications"]
    [seen] = [
        one
        for one in told
        if one["channel"] == "email" and one["from"] is None and one["direction"] == "inbound"
    ]
    assert seen["customerId"] is None


def test_who_is_blocked_stays_blocked_and_who_is_known_is_not_asked_for(client, desk, mailbox):
    take(sender=UMLAUT)
    suspended.block_sender(waiting(desk), by=desk.supervisor)
    assert take(sender=UMLAUT, message_id="b@x.example").cause is Cause.BLOCKED_SENDER
    take(auto_submitted="auto-generated", message_id="c@x.example")
    client.force_login(desk.rep_user)
    key = waiting(desk)

    assert (
        'name="sender"'
        not in client.get("/mail/suspended/message/", {"mail": key}).content.decode()
    )
    said = client.post(
        "/api/suspended-mail",
        {"key": key, "action": "open", "from": "other@posta.example"},
        content_type="application/json",
    )
    assert said.status_code == 422
