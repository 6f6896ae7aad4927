"""Events reach their consumers at least once, and a repeat changes nothing."""

import pytest
from kombu.exceptions import OperationalError

from reporting.store import access as reports
from tests.world import NOON, stored, waiting_events
from tickets.services import outbox
from tickets.services.status import change_status


def facts():
    """The kinds of facts of each ticket that reports count, on the day of NOON."""
    return sorted(
        (line.split()[1], item.sk)
        for item in reports.facts_of_day(NOON.date())
        for line in item.facts
    )


def test_what_was_passed_on_is_gone_from_the_outbox(desk):
    ticket = desk.ticket()

    assert outbox.pass_on() == 1

    assert waiting_events() == []
    assert facts() == [("created", ticket.ticket_id)]


def test_a_consumer_that_dies_leaves_its_event_for_the_next_time(desk, monkeypatch):
    ticket = desk.ticket()

    def dies(event):
        raise RuntimeError("no more memory")

    monkeypatch.setattr(outbox, "_consumers", lambda: (dies,))
    assert outbox.pass_on() == 0
    monkeypatch.undo()

    assert outbox.pass_on() == 1
    assert facts() == [("created", ticket.ticket_id)]


def test_one_bad_event_does_not_hold_up_the_others(desk, monkeypatch):
    bad, good = desk.ticket(), desk.ticket()
    taken = []

    def picky(events):
        if any(event.ticket_id == bad.ticket_id for event in events):
            raise ValueError(events)
        taken.extend(event.ticket_id for event in events)

    monkeypatch.setattr(outbox, "_consumers", lambda: (picky,))

    assert outbox.pass_on() == 1
    assert taken == [good.ticket_id]
    assert [event.ticket_id for event in waiting_events()] == [bad.ticket_id]


def test_taking_an_event_twice_changes_nothing(desk):
    ticket = desk.ticket()
    [event] = waiting_events()
    for consumer in outbox._consumers():
        consumer([event])
        consumer([event])

    assert facts() == [("created", ticket.ticket_id)]


@pytest.mark.parametrize("error", [OperationalError("refused"), ConnectionResetError()])
def test_with_the_broker_away_a_change_still_succeeds(desk, monkeypatch, error):
    from celery import current_app

    def away(*args, **kwargs):
        raise error

    monkeypatch.setattr(current_app, "send_task", away)
    ticket = desk.ticket()
    change_status(ticket.ticket_id, to="Resolved", by=desk.rep)

    assert stored(ticket.ticket_id).status == "Resolved"
    assert {event.kind for event in waiting_events()} >= {"created", "resolved"}
