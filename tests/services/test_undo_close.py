"""A closing that is undone at once: the ticket is what it would be if nobody had closed it."""

import pytest

from helpdesk.errors import StaleVersion
from tests.services.test_merging import (
    answered,
    as_it_is,
    drifts,
    fired,
    nothing,
    resolved,
    waiting,
)
from tests.world import after, log_of, settle, stored, waiting_events
from tickets.domain.errors import UndoRefused
from tickets.presenters.tickets import log_lines
from tickets.services.conversation.communicate import note, respond
from tickets.services.lifecycle.escalate import sweep
from tickets.services.lifecycle.status import change_status, undo_close


def close(number, desk, **span):
    return change_status(number, to="Closed", by=desk.rep, now=after(**span))


@pytest.mark.parametrize("before", [nothing, answered, waiting, resolved])
def test_nothing_is_left_of_it_but_in_the_log(desk, before):
    closed, other = desk.ticket().ticket_id, desk.ticket().ticket_id
    for number in (closed, other):
        before(number, desk)
    # 75 % of eight hours pass while it is closed.
    ticket = close(closed, desk, hours=5, minutes=55)

    undo_close(closed, by=desk.rep, version=ticket.version, now=after(hours=6, minutes=2))
    sweep(now=after(hours=6, minutes=2))
    # Both were changed at the same moment, so that only the closing can differ.
    for number in (closed, other):
        note(number, content="x", by=desk.rep, now=after(hours=7))

    assert as_it_is(closed) == as_it_is(other)
    assert [one[0] for one in fired(closed)] == [one[0] for one in fired(other)]
    assert drifts(closed, other) == []
    undone = [line for line in log_of(closed) if line.event == "closing-undone"]
    [line] = log_lines(closed, undone)
    assert line.sentence == "Closing undone"
    assert line.changes[0]["label"] == "Status"


def test_it_is_undone_only_at_once_and_only_if_nothing_happened_since(desk):
    number = desk.ticket().ticket_id
    with pytest.raises(UndoRefused):
        undo_close(number, by=desk.rep)
    seen = close(number, desk, hours=1)
    note(number, content="Wait", by=desk.rep2, now=after(hours=1))
    with pytest.raises(StaleVersion):
        undo_close(number, by=desk.rep, version=seen.version, now=after(hours=1))
    with pytest.raises(UndoRefused):
        undo_close(number, by=desk.rep, now=after(hours=1, minutes=11))
    respond(number, content="One more thing", by=desk.rep, now=after(hours=1, minutes=1))
    with pytest.raises(UndoRefused):
        undo_close(number, by=desk.rep, now=after(hours=1, minutes=2))


def test_whoever_follows_changes_is_told(desk):
    number = desk.ticket().ticket_id
    close(number, desk, hours=1)
    settle()

    undo_close(number, by=desk.rep, now=after(hours=1))

    [event] = waiting_events()
    assert event.what.fields["status"] == "Open"
    settle()
    assert stored(number).resolved_at is None
    assert drifts(number) == []
