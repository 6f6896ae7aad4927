"""What a third party writes: who hears of it, and how it is shown."""

import pytest

from tests.email.conftest import after, send, take
from tests.world import settle
from tickets.services.assignment.assign import assign
from tickets.services.delivery import notifications
from tickets.services.email.side_threads import forward

CARRIER = "desk@carrier.example"


@pytest.fixture
def asked(desk, mailbox, mailoutbox):
    """A customer's ticket, and what a representative asked the carrier about it."""
    first = take()
    forward(first.ticket_id, to=[CARRIER], content="Where is it?", by=desk.rep, now=after(hours=1))
    [sent] = send(mailoutbox, after(hours=1, minutes=1))
    return first.ticket_id, sent


def answer(sent, **fields):
    """The carrier answers."""
    settle()
    given = {
        "sender": f"Carrier <{CARRIER}>",
        "to": sent.extra_headers["Reply-To"],
        "message_id": "a@carrier.example",
        "body": "It is in Antwerp.",
        "now": after(hours=2),
    }
    taken = take(**given | fields)
    settle()
    return taken


def told(actor):
    return [one.kind for one in notifications.newest(by=actor)]


def test_whoever_asked_hears_of_the_answer(desk, asked):
    _number, sent = asked

    answer(sent)

    assert told(desk.rep) == ["answered"]
    assert told(desk.rep2) == told(desk.supervisor) == []


def test_the_assignee_hears_of_the_answer(desk, asked):
    number, sent = asked
    assign(number, to=desk.rep2.user_id, by=desk.rep2, now=after(hours=1, minutes=5))

    answer(sent)

    assert told(desk.rep2) == told(desk.rep) == ["answered"]


def test_a_machine_of_a_third_party_tells_nobody(desk, asked):
    _number, sent = asked

    answer(sent, auto_submitted="auto-replied")

    assert told(desk.rep) == []


def test_if_nobody_of_them_can_work_somebody_else_hears(desk, asked):
    _number, sent = asked
    desk.rep_user.is_active = False
    desk.rep_user.save()

    answer(sent)

    assert told(desk.supervisor) == ["answered"]


def test_the_page_of_notifications_says_who_answered(client, desk, asked):
    _number, sent = asked
    answer(sent)
    client.force_login(desk.rep_user)

    assert "A third party replied" in client.get("/notifications/").content.decode()
