"""What a customer said on the phone is logged later, with its own time; and what we told them."""

import re
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from helpdesk.clock import this_second
from helpdesk.errors import Invalid
from tests.email.conftest import send
from tests.world import after, log_of, settle, stored
from tickets.domain.ticket import Channel, CommunicationType, Direction
from tickets.services.conversation.communicate import communicate, note, respond
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.status import change_status
from tickets.services.maintenance.verify import verify

TEXT = "Please call me back."


def heard(number, *, at, now, by, direction=Direction.INBOUND, channel=Channel.PHONE, **more):
    return communicate(
        number,
        type=CommunicationType.CUSTOMER_RESPONSE,
        direction=direction,
        content=TEXT,
        channel=channel,
        occurred_at=at,
        now=now,
        by=by,
        **more,
    )


def test_the_wait_ends_when_the_customer_called_and_not_when_it_was_entered(desk):
    late, at_once = desk.ticket().ticket_id, desk.ticket().ticket_id
    for number in (late, at_once):
        respond(number, content="Which port?", waiting=True, by=desk.rep, now=after(hours=1))

    heard(at_once, at=None, now=after(hours=2), by=desk.rep)
    _ticket, line = heard(late, at=after(hours=2), now=after(hours=3), by=desk.rep)

    assert stored(late).sla.resolution_deadline == stored(at_once).sla.resolution_deadline
    assert not stored(late).waiting
    assert (line.occurred_at, line.created_at) == (after(hours=2), after(hours=3))
    assert (line.channel, line.author_id) == ("phone", desk.customer.customer_id)
    assert log_of(late)[-1].created_at == after(hours=3), "the log says when it was entered"
    settle()
    assert list(verify([late, at_once])) == []


def test_nothing_that_was_written_before_happens_after_it(desk):
    number = desk.ticket().ticket_id
    respond(number, content="Which port?", waiting=True, by=desk.rep, now=after(hours=1))
    note(number, content="No answer yet.", by=desk.rep, now=after(hours=2))

    heard(number, at=after(minutes=30), now=after(hours=3), by=desk.rep)

    resumed = stored(number).sla.resolution_deadline
    other = desk.ticket().ticket_id
    respond(other, content="Which port?", waiting=True, by=desk.rep, now=after(hours=1))
    heard(other, at=None, now=after(hours=2), by=desk.rep)
    assert resumed == stored(other).sla.resolution_deadline, "from the note on, the last change"


def test_a_milestone_between_call_and_entry_is_not_lost(desk):
    number = desk.ticket().ticket_id
    heard(number, at=after(hours=1), now=after(hours=9), by=desk.rep)

    assert stored(number).sla.response_breached_at == after(hours=8)
    assert "response-breached" in {line.rule for line in log_of(number)}


@pytest.mark.parametrize("away", [timedelta(minutes=5), -timedelta(days=31)])
def test_a_time_to_come_or_long_past_is_refused(desk, away):
    number = desk.ticket().ticket_id
    with pytest.raises(Invalid) as refused:
        heard(number, at=after(hours=1) + away, now=after(hours=1), by=desk.rep)
    assert set(refused.value.errors) == {"occurred_at"}
    assert log_of(number)[-1].content != TEXT


def test_the_page_logs_a_call_in_the_readers_own_time(desk, client):
    desk.rep_user.time_zone = "Europe/Berlin"
    desk.rep_user.save()
    client.force_login(desk.rep_user)
    number = desk.ticket(now=this_second() - timedelta(days=2)).ticket_id
    change_status(number, to="Resolved", by=desk.rep)
    address, form = f"/tickets/{number}/heard/", {"content": TEXT, "channel": "walk-in"}

    refused = client.post(address, {**form, "occurred_at": "noon"})
    assert (refused.status_code, TEXT in refused.content.decode()) == (422, True)
    assert client.post(address, {**form, "channel": "pigeon"}).status_code == 422
    assert client.post(address, form).status_code == 302

    page = client.get(f"/tickets/{number}/").content.decode()
    assert "Walk-in" in page
    assert "Logged by Rosa Marin" in page
    assert stored(number).status == "In Progress", "the customer's word reopens it"
    said = (this_second() - timedelta(hours=1)).replace(second=0)
    local = said.astimezone(ZoneInfo("Europe/Berlin")).strftime("%Y-%m-%dT%H:%M")
    client.post(address, {**form, "content": "Again.", "occurred_at": local})
    [line] = [line for line in log_of(number) if line.content == "Again."]
    assert line.occurred_at == said


@pytest.fixture
def called(desk):
    """A ticket whose customer was called an hour before the call was logged, with the call."""
    number = desk.ticket().ticket_id
    _ticket, line = heard(
        number, at=after(hours=1), now=after(hours=2), by=desk.rep, direction=Direction.OUTBOUND
    )
    return number, line


def test_a_call_that_we_made_answers_at_its_own_time_and_sends_nothing(called, mailoutbox):
    number, line = called
    ticket = stored(number)

    assert (ticket.sla.first_responded_at, ticket.status) == (after(hours=1), "In Progress")
    assert ticket.sla.needs_reply_since is None
    assert (line.occurred_at, line.created_at) == (after(hours=1), after(hours=2))
    assert (line.direction, line.channel, line.author_id) == ("outbound", "phone", None)
    assert (line.delivery, line.deliveries) == (None, None)
    assert send(mailoutbox, after(hours=3)) == []
    assert list(verify([number])) == []


def test_a_call_that_is_logged_after_a_deadline_undoes_no_breach(desk, called):
    late, in_time = desk.ticket().ticket_id, called[0]
    change(late, lambda _draft: None, by=desk.rep, now=after(hours=8, seconds=30))  # a sweep

    call = {"at": after(hours=7), "by": desk.rep, "direction": Direction.OUTBOUND}
    heard(late, now=after(hours=9), **call)

    assert stored(late).sla.response_breached_at == after(hours=8)
    assert stored(late).sla.first_responded_at == after(hours=8, seconds=30)
    assert stored(in_time).sla.response_breached_at is None
    settle()
    assert list(verify([late])) == []


@pytest.mark.parametrize("channel", [Channel.WEB, Channel.EMAIL])
def test_what_is_sent_has_no_time_of_its_own(desk, channel):
    number = desk.ticket().ticket_id
    with pytest.raises(Invalid) as refused:
        heard(
            number,
            at=after(minutes=1),
            now=after(hours=1),
            by=desk.rep,
            direction=Direction.OUTBOUND,
            channel=channel,
        )
    assert set(refused.value.errors) == {"occurred_at"}


def test_the_page_logs_a_call_that_we_made(desk, client):
    client.force_login(desk.rep_user)
    number = desk.ticket(now=this_second() - timedelta(days=2)).ticket_id
    address, form = f"/tickets/{number}/heard/", {"content": TEXT, "channel": "called"}

    refused = client.post(address, {**form, "occurred_at": "noon"}).content.decode()
    assert re.search(r'value="called"[^>]*selected', refused), "else it would become the customer's"
    assert client.post(address, form).status_code == 302

    page = client.get(f"/tickets/{number}/").content.decode()
    assert "Called the customer" in page
    assert "Sent to" not in page
    assert "counts as a reply" in page
    assert stored(number).sla.first_responded_at
