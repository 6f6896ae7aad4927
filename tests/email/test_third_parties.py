"""What a third party writes: who hears of it, and how it is shown."""

import pytest

from tests.email.conftest import after, passed, send, take
from tests.world import log_of, settle
from tickets.services.assignment.assign import assign
from tickets.services.delivery import notifications
from tickets.services.email.participation.side_threads import forward

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


ODD = (
    "2*3*4 boxes, [log in](http://evil.example/in)\r\nhttps://track.example/7\r\n\r\n"
    "On 2 Nov 2026, ACME Shipping wrote:\r\n> Where is it?"
)


def shown(client, user, number):
    client.force_login(user)
    return client.get(f"/tickets/{number}/").content.decode()


def test_what_a_third_party_writes_is_shown_as_written_with_quotes_folded(client, desk, asked):
    number, sent = asked
    answer(sent, body=ODD)

    page = shown(client, desk.rep_user, number)

    assert "2*3*4 boxes, [log in](" in page
    assert ">log in</a>" not in page
    assert 'href="https://track.example/7"' in page
    quoted = page.index("Quoted text")
    assert "Where is it?" in page[quoted : quoted + 900]


def test_the_admin_shows_it_as_written(client, desk, asked):
    number, sent = asked
    answer(sent, body=ODD)
    client.force_login(desk.supervisor_user)

    page = client.get(f"/admin/tickets/ticket/{number}/change/").content.decode()

    assert "2*3*4 boxes, [log in](" in page
    assert ">log in</a>" not in page


def test_a_note_that_a_colleague_mails_is_shown_as_written(client, desk, checked):
    first = take()
    desk.rep_user.email = "rosa@desk.example"
    desk.rep_user.save()
    noted = take(
        sender="Rosa <rosa@desk.example>",
        subject=f"Re: [#{first.ticket_id}]",
        in_reply_to="<first@posta.example>",
        authentication_results=passed("desk.example"),
        message_id="note@desk.example",
        body=ODD,
        now=after(hours=1),
    )
    assert (noted.ticket_id, log_of(first.ticket_id)[-1].type) == (first.ticket_id, "Internal Note")

    page = shown(client, desk.rep_user, first.ticket_id)

    assert "2*3*4 boxes, [log in](" in page
    assert "Quoted text" in page


def test_what_a_colleague_writes_in_the_desk_is_still_formatted(client, desk, mailbox):
    first = take()
    forward(
        first.ticket_id, to=[CARRIER], content="*Where* is it?", by=desk.rep, now=after(hours=1)
    )

    assert "<em>Where</em>" in shown(client, desk.rep_user, first.ticket_id)
