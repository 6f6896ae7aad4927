"""The last message of a ticket, and since when its customer waits for a reply."""

from io import StringIO

import pytest
from django.core.management import call_command

from tests.world import NOON, after, log_of, settle, stored
from tickets.domain.ticket import BY_CUSTOMER, CommunicationType, Direction
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.links_and_merges import merge, split, undo_merge
from tickets.services.lists.find import QUEUES, Queue, find
from tickets.services.maintenance import last_messages
from tickets.services.maintenance.verify import verify


def of_customer(number, desk, *, now):
    communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=Direction.INBOUND,
        content="When does it sail?",
        by=desk.rep,
        now=now,
    )


def last(number):
    """The entry that the ticket names, and its author there."""
    sla = stored(number).sla
    line = next(one for one in log_of(number) if one.communication_id == sla.last_message)
    return line.content, sla.last_author


def needing(desk, now=NOON):
    settle()
    return [one.ticket_id for one in find(QUEUES[Queue.NEEDS_REPLY], by=desk.rep, now=now).tickets]


def test_a_ticket_says_who_said_what_last_and_who_waits(desk):
    first, other = desk.ticket().ticket_id, desk.ticket(now=after(minutes=1)).ticket_id
    assert last(first) == ("Ticket created: category Shipping, priority Medium", desk.rep.user_id)
    assert needing(desk) == [first, other]

    respond(first, content="On Monday.", by=desk.rep2, now=after(minutes=5))
    assert last(first) == ("On Monday.", desk.rep2.user_id)
    assert needing(desk) == [other]

    of_customer(first, desk, now=after(minutes=7))
    of_customer(first, desk, now=after(minutes=9))
    assert stored(first).sla.needs_reply_since == after(minutes=7)
    assert last(first) == ("When does it sail?", BY_CUSTOMER)
    assert needing(desk) == [other, first]

    edit(first, priority="High", by=desk.rep, now=after(minutes=10))
    assert last(first)[1] == BY_CUSTOMER, "a system update is no message"
    note(first, content="I ask.", by=desk.rep, now=after(minutes=11))
    assert last(first) == ("I ask.", desk.rep.user_id)
    assert needing(desk) == [other, first], "a note is no reply"

    merge(other, into=first, by=desk.rep, now=after(minutes=12))
    assert needing(desk) == [first]
    undo_merge(other, by=desk.rep, now=after(minutes=13))
    assert needing(desk) == [other, first]

    line = next(one for one in log_of(first) if one.direction == Direction.INBOUND.value)
    apart = split(first, line.communication_id, subject="Sailing", by=desk.rep, now=after(hours=1))
    assert last(apart.ticket_id) == ("When does it sail?", BY_CUSTOMER)
    settle()
    assert list(verify([])) == []


def said(number):
    sla = stored(number).sla
    return sla.last_message, sla.last_author, sla.needs_reply_since


def lacking(number):
    """The ticket as the release before wrote it."""
    old = stored(number)
    old.sla.last_message = old.sla.last_author = old.sla.needs_reply_since = None
    old.save()
    return old


@pytest.fixture
def before(desk):
    """Two tickets of the release before, of which one was answered."""
    one, other = desk.ticket().ticket_id, desk.ticket().ticket_id
    respond(other, content="Tomorrow.", by=desk.rep2, now=after(minutes=1))
    as_they_were = [said(number) for number in (one, other)]
    for number in (one, other):
        lacking(number)
    return one, other, as_they_were


def test_an_upgrade_fills_what_an_earlier_release_did_not_store(desk, before):
    one, other, as_they_were = before

    call_command("upgrade_data", stdout=StringIO())

    assert [said(number) for number in (one, other)] == as_they_were
    assert needing(desk) == [one]
    assert list(verify([])) == []
    assert last_messages.store_last_messages() == 0


def test_a_message_that_comes_during_the_upgrade_is_the_last(desk, before, monkeypatch):
    one, _other, _as_they_were = before
    read = last_messages.last_message_of

    def slow(log):
        found = read(log)
        if not stored(one).sla.last_message:
            of_customer(one, desk, now=after(minutes=3))
        return found

    monkeypatch.setattr(last_messages, "last_message_of", slow)

    last_messages.store_last_messages()

    assert last(one) == ("When does it sail?", BY_CUSTOMER)
    settle()
    assert [drift for drift in verify([]) if not drift.what.startswith("search")] == []
