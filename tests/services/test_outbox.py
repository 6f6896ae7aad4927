"""Events reach their consumers at least once, and a repeat changes nothing."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from celery import current_app
from django.core.cache import cache
from kombu.exceptions import OperationalError

from helpdesk import wake
from helpdesk.dynamo.ulids import new_ulid
from reporting.services import rollups
from reporting.services.completeness import complete_until
from reporting.store import queries as reports
from tests.world import NOON, stored, waiting_events
from tickets import tasks
from tickets.services.conversation.communicate import note
from tickets.services.delivery import outbox
from tickets.services.lifecycle.status import change_status
from tickets.services.lists import search
from tickets.store import events


def facts():
    """The kinds of facts of each ticket that reports count, on the day of NOON."""
    return sorted(
        (line.split()[1], item.ticket_id)
        for item in reports.facts_of_day(1, NOON.date())
        for line in item.facts
    )


def test_what_was_passed_on_is_gone_from_the_outbox(desk):
    ticket = desk.ticket()

    assert outbox.dispatch() == 1

    assert waiting_events() == []
    assert facts() == [("created", ticket.ticket_id)]


def test_a_consumer_that_dies_leaves_its_event_for_the_next_time(desk, monkeypatch):
    ticket = desk.ticket()

    def dies(event):
        raise RuntimeError("no more memory")

    monkeypatch.setattr(outbox, "_consumers", lambda: {"dies": dies})
    assert outbox.dispatch(now=NOON) == 0
    monkeypatch.undo()

    assert outbox.dispatch() == 1
    assert facts() == [("created", ticket.ticket_id)]


def test_one_bad_event_does_not_hold_up_the_others(desk, monkeypatch):
    bad, good = desk.ticket(), desk.ticket()
    taken = []

    def picky(events):
        if any(event.ticket_id == bad.ticket_id for event in events):
            raise ValueError(events)
        taken.extend(event.ticket_id for event in events)

    monkeypatch.setattr(outbox, "_consumers", lambda: {"picky": picky})

    assert outbox.dispatch(now=NOON) == 1
    assert taken == [good.ticket_id]
    assert [event.ticket_id for event in waiting_events()] == [bad.ticket_id]


def test_taking_an_event_twice_changes_nothing(desk):
    ticket = desk.ticket()
    [event] = waiting_events()
    for consumer in outbox._consumers().values():
        consumer([event])
        consumer([event])

    assert facts() == [("created", ticket.ticket_id)]


@pytest.mark.parametrize("error", [OperationalError("refused"), ConnectionResetError()])
def test_with_the_broker_away_a_change_still_succeeds(desk, monkeypatch, at_once, error):
    def away(*args, **kwargs):
        raise error

    monkeypatch.setattr(current_app, "send_task", away)
    ticket = desk.ticket()
    change_status(ticket.ticket_id, to="Resolved", by=desk.rep)

    assert stored(ticket.ticket_id).status == "Resolved"
    assert {event.kind for event in waiting_events()} >= {"created", "resolved"}


@pytest.fixture
def at_once(monkeypatch):
    """Each of these tests is one SQL transaction, of which no commit comes."""
    monkeypatch.setattr(wake.transaction, "on_commit", lambda send: send())


@pytest.fixture
def told(monkeypatch, at_once):
    """How often a worker was told of the outbox: once for each entry."""
    found = []

    def send_task(name, *_args, **_more):
        if name == "tickets.pass_on":
            found.append(name)

    monkeypatch.setattr(current_app, "send_task", send_task)
    return found


def test_a_worker_is_told_once_until_it_begins(desk, told):
    ticket = desk.ticket()
    note(ticket.ticket_id, content="x", by=desk.rep)
    assert len(told) == 1

    outbox.dispatch()
    note(ticket.ticket_id, content="y", by=desk.rep)
    assert len(told) == 2


def test_what_is_written_while_the_outbox_is_read_is_told_of(desk, told, monkeypatch):
    first = desk.ticket()
    read = events.waiting

    def late(**how):
        found = list(read(**how))
        note(first.ticket_id, content="x", by=desk.rep)
        return found

    monkeypatch.setattr(events, "waiting", late)
    assert outbox.dispatch() == 1
    assert (len(told), outbox.is_asked()) == (2, True)
    assert waiting_events(), "written too late to be read"


def test_a_nudge_that_the_broker_did_not_hear_is_no_nudge(desk, told, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(current_app, "send_task", Mock(side_effect=ConnectionResetError))
        ticket = desk.ticket()
    note(ticket.ticket_id, content="x", by=desk.rep)

    assert len(told) == 1


def test_events_of_the_same_second_never_take_each_others_place(desk):
    """Ids follow each ticket's last one; those of two tickets must not meet."""
    numbers = [desk.ticket(now=NOON).ticket_id for _ in range(20)]
    for _ in range(3):
        for number in numbers:
            note(number, content="x", by=desk.rep, now=NOON)

    kinds = [event.kind for event in waiting_events()]
    assert (kinds.count("communication"), kinds.count("created")) == (60, 20)


def test_an_id_that_is_taken_is_never_overwritten(desk, monkeypatch):
    one, other = desk.ticket(now=NOON), desk.ticket(now=NOON)
    ids = iter([new_ulid(at=NOON), waiting_events()[-1].event_id])
    monkeypatch.setattr(
        "tickets.services.lifecycle.draft.new_ulid", lambda **at: next(ids, None) or new_ulid(**at)
    )

    note(one.ticket_id, content="x", by=desk.rep, now=NOON)

    assert sorted((event.ticket_id, event.kind) for event in waiting_events()) == sorted(
        [
            (one.ticket_id, "created"),
            (other.ticket_id, "created"),
            (one.ticket_id, "communication"),
        ]
    )


@pytest.fixture
def asked(monkeypatch, at_once):
    """Which tasks the tasks have asked for."""
    found = []
    monkeypatch.setattr(wake, "send", lambda name, **when: found.append(when or name))
    return found


def test_one_passes_on_at_a_time(desk, asked):
    desk.ticket()
    cache.add(tasks.PASSING, True, 60)  # somebody is at it

    assert tasks.dispatch_events() == tasks.dispatch_events() == 0
    later = {"countdown": tasks.LEASE}
    assert (len(waiting_events()), asked) == (1, [later]), "asked for once, should they have died"

    cache.delete(tasks.PASSING)  # and is done, or was killed
    assert tasks.dispatch_events() == 1
    assert waiting_events() == []
    assert cache.get(tasks.PASSING) is None


def test_what_comes_while_somebody_passes_on_is_asked_for_after(desk, asked, monkeypatch):
    first = desk.ticket()

    def meanwhile(events):
        if events[0].ticket_id == first.ticket_id:
            desk.ticket()
            assert tasks.dispatch_events() == 0, "another process was told of the second ticket"

    monkeypatch.setattr(outbox, "_consumers", lambda: {"meanwhile": meanwhile})
    assert tasks.dispatch_events() == 1
    assert asked.count("tickets.pass_on") == 1
    asked.clear()
    assert tasks.dispatch_events() == 1
    assert waiting_events() == []
    assert "tickets.pass_on" not in asked, "nothing is left"


def test_a_full_outbox_is_passed_on_in_several_turns(desk, asked, monkeypatch):
    monkeypatch.setattr(outbox, "BATCH", 2)
    monkeypatch.setattr(outbox, "_consumers", lambda: {"any": lambda events: None})
    for _ in range(3):
        desk.ticket()

    assert tasks.dispatch_events() == 3
    assert "tickets.pass_on" in asked, "a shard was full"


def test_whoever_fails_to_pass_on_lets_the_next_one_try(monkeypatch):
    def fails(*_given, **_more):
        raise LookupError

    monkeypatch.setattr(outbox, "dispatch", fails)
    with pytest.raises(LookupError):
        tasks.dispatch_events()
    assert cache.get(tasks.PASSING) is None


class Picky:
    """A consumer that cannot take the events of some tickets."""

    def __init__(self, *refused):
        self.refused = set(refused)
        self.taken = []

    def __call__(self, found):
        if any(event.ticket_id in self.refused for event in found):
            raise ValueError("no consumer can read this")
        self.taken.extend(event.ticket_id for event in found)


@pytest.fixture
def consumers(monkeypatch):
    found = {"reports": Picky(), "search": Picky()}
    monkeypatch.setattr(outbox, "_consumers", lambda: found)
    return found


MUCH_LATER = outbox.PATIENCE + timedelta(seconds=1)


def test_events_that_nobody_can_take_do_not_stop_the_outbox(desk, consumers):
    bad = [desk.ticket().ticket_id for _ in range(4)]
    consumers["search"].refused = set(bad)
    assert outbox.dispatch(limit=1, now=NOON) == 0
    assert len(waiting_events()) == 4, "an engine that is away soon comes back"
    while outbox.dispatch(limit=1, now=NOON + MUCH_LATER) or waiting_events():
        pass

    good = desk.ticket().ticket_id
    assert outbox.dispatch(limit=1, now=NOON + MUCH_LATER) == 1

    assert consumers["search"].taken == [good]
    assert {event.ticket_id for event in events.failed()} == set(bad)
    assert all(event.untaken == {"search"} for event in events.failed())


def test_a_failed_event_is_tried_again_by_those_that_have_not_taken_it(desk, consumers):
    bad = desk.ticket().ticket_id
    consumers["search"].refused = {bad}
    later = NOON + MUCH_LATER
    outbox.dispatch(now=later)
    assert consumers["reports"].taken == [bad]

    consumers["search"].refused = set()
    assert outbox.retry_failed(now=later) == 0, "its pause has just begun"
    assert outbox.retry_failed(now=later + outbox.SHORTEST_PAUSE + timedelta(seconds=1)) == 1

    assert events.failed() == []
    assert (consumers["search"].taken, consumers["reports"].taken) == ([bad], [bad])


def test_pauses_grow_up_to_an_hour(desk, consumers):
    consumers["search"].refused = {desk.ticket().ticket_id}
    outbox.dispatch(now=NOON + MUCH_LATER)
    pauses = []
    for age in (timedelta(hours=1), timedelta(hours=5), timedelta(days=9)):
        assert outbox.retry_failed(now=NOON + age) == 0
        [event] = events.failed()
        pauses.append(event.retry_at - (NOON + age))

    assert pauses == [timedelta(minutes=6), timedelta(minutes=30), timedelta(hours=1)]


def test_a_worker_that_dies_between_two_consumers_of_a_failed_event_takes_it_again(desk, consumers):
    bad = desk.ticket().ticket_id
    consumers["search"].refused = consumers["reports"].refused = {bad}
    outbox.dispatch(now=NOON + MUCH_LATER)
    consumers["reports"].refused = set()

    outbox.retry_failed(now=NOON + timedelta(hours=1))
    [event] = events.failed()
    assert event.untaken == {"search"}

    consumers["search"].refused = set()
    assert outbox.retry_failed(now=NOON + timedelta(hours=2)) == 1
    events.put_off(event, untaken={"search"}, retry_at=NOON)  # by another that read it before
    assert events.failed() == [], "what is settled does not come back"


@pytest.mark.parametrize(
    ("consumer", "complete"), [("search", True), ("reports", False)], ids=["search", "reports"]
)
def test_only_what_reports_lack_makes_them_incomplete(desk, consumers, consumer, complete):
    bad = desk.ticket().ticket_id
    consumers[consumer].refused = {bad}
    outbox.dispatch(now=NOON + MUCH_LATER)
    assert len(events.failed()) == 1

    assert complete_until() == (None if complete else NOON)


def test_figures_and_search_that_are_made_anew_have_taken_failed_events(desk, consumers):
    bad = desk.ticket().ticket_id
    consumers["search"].refused = consumers["reports"].refused = {bad}
    outbox.dispatch(now=NOON + MUCH_LATER)

    rollups.rebuild()
    assert [event.untaken for event in events.failed()] == [{"search"}]
    assert complete_until() is None
    search.rebuild()
    assert events.failed() == []
