"""Events reach their consumers at least once, and a repeat changes nothing."""

import pytest
from kombu.exceptions import OperationalError

from helpdesk.dynamo.ulids import new_ulid
from reporting.store import access as reports
from tests.world import NOON, stored, waiting_events
from tickets.services import outbox
from tickets.services.communicate import note
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


def test_events_of_the_same_second_never_take_each_others_place(desk):
    """Ids follow each ticket's last one; those of two tickets must not meet."""
    numbers = [desk.ticket(now=NOON).ticket_id for _ in range(20)]
    for _ in range(3):
        for number in numbers:
            note(number, content="x", by=desk.rep, now=NOON)

    events = waiting_events()
    assert [event.kind for event in events].count("communication") == 60
    assert [event.kind for event in events].count("created") == 20


def test_an_id_that_is_taken_is_never_overwritten(desk, monkeypatch):
    one, other = desk.ticket(now=NOON), desk.ticket(now=NOON)
    ids = iter([new_ulid(at=NOON), waiting_events()[-1].event_id])
    monkeypatch.setattr(
        "tickets.services.draft.new_ulid", lambda **at: next(ids, None) or new_ulid(**at)
    )

    note(one.ticket_id, content="x", by=desk.rep, now=NOON)

    assert sorted((event.ticket_id, event.kind) for event in waiting_events()) == sorted(
        [
            (one.ticket_id, "created"),
            (other.ticket_id, "created"),
            (one.ticket_id, "communication"),
        ]
    )
