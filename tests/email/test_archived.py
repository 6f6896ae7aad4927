"""A mail that belongs to an archived ticket, which nothing changes."""

from dataclasses import replace

import pytest

from tests.email.conftest import GIULIA, SUPPORT, after, passed, send, take
from tests.email.test_side_threads import CARRIER
from tests.world import log_of, stored
from tickets.domain.mail.outcome import Cause, Outcome
from tickets.services.conversation.communicate import respond
from tickets.services.email import suspended
from tickets.services.email.participation.side_threads import forward
from tickets.services.lifecycle.archive import archive
from tickets.services.lifecycle.status import change_status


@pytest.fixture
def archived(desk, checked, mailoutbox):
    """An archived ticket of Giulia and Bea, and the addresses at which people answer."""
    first = take(cc="Bea <bea@posta.example>", authentication_results=passed())
    number = first.ticket_id
    respond(number, content="Here.", by=desk.rep, now=after(minutes=5))
    forward(number, to=[CARRIER], content="Where?", by=desk.rep, now=after(minutes=5))
    sent = send(mailoutbox, after(minutes=6))
    change_status(number, to="Closed", by=desk.rep, now=after(hours=1))
    archive(number, by=replace(desk.supervisor, administers=True), now=after(hours=2))
    return number, {one.to[0]: one.extra_headers["Reply-To"] for one in sent}


def emails(number):
    return [line for line in log_of(number) if line.email]


def test_the_customers_reply_goes_to_one_follow_up(archived):
    number, addresses = archived
    before = emails(number)

    found = [
        take(
            to=addresses[GIULIA],
            message_id=f"{place}@posta.example",
            body=f"{place}",
            now=after(days=1, hours=place),
        )
        for place in range(2)
    ]

    follow_up = stored(number).continued_by
    assert [(one.outcome, one.ticket_id) for one in found] == [(Outcome.REPLY, follow_up)] * 2
    assert stored(follow_up).continues == number
    assert len(emails(number)) == len(before)
    assert stored(number).archived_at


@pytest.mark.parametrize("who", [CARRIER, "bea@posta.example"])
def test_a_reply_of_anybody_else_waits_for_a_person(desk, archived, who):
    number, addresses = archived

    found = take(sender=who, to=addresses[who], message_id="c@x.example", now=after(days=1))

    assert (found.outcome, found.cause) == (Outcome.SUSPENDED, Cause.TICKET_ARCHIVED)
    assert found.ticket_id == number
    assert stored(number).continued_by is None


def test_a_colleagues_note_waits_for_a_person(desk, archived):
    number, _addresses = archived
    desk.rep_user.email = "rosa@desk.example"
    desk.rep_user.save()

    found = take(
        sender="Rosa <rosa@desk.example>",
        to=SUPPORT,
        subject=f"[#{number}] Look",
        message_id="rosa@desk.example",
        authentication_results=passed("desk.example"),
        now=after(days=1),
    )

    assert (found.outcome, found.cause) == (Outcome.SUSPENDED, Cause.TICKET_ARCHIVED)


def test_what_is_added_by_hand_is_refused_in_words_and_waits_on(client, desk, archived):
    number, addresses = archived
    take(sender=CARRIER, to=addresses[CARRIER], message_id="c@x.example", now=after(days=1))
    [waiting] = suspended.suspended(by=desk.rep).mails
    client.force_login(desk.rep_user)

    answer = client.post(
        "/mail/suspended/act/", {"mail": waiting.key, "action": "add", "ticket": number}
    )

    assert answer.status_code == 422
    assert "The ticket is archived." in answer.content.decode()
    assert len(suspended.suspended(by=desk.rep).mails) == 1
