"""A merge that was undone leaves no trace in any clock, whatever came before and after it."""

from datetime import UTC, datetime, timedelta

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tickets.domain.errors import EventRefused
from tickets.domain.sla import clock, milestones
from tickets.domain.sla.milestones import DEFAULT_RULES
from tickets.domain.sla.policy import DEFAULT_TERMS
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Priority, Status
from tickets.domain.workflow import Event, EventType

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
TERMS = {DEFAULT_TERMS.key: DEFAULT_TERMS}

priorities = st.sampled_from(list(Priority))
pauses = st.integers(0, 60 * 3600).map(lambda seconds: timedelta(seconds=seconds))
kinds = st.sampled_from(
    [
        EventType.RESPONDED,
        EventType.PRIORITY,
        EventType.WAITING,
        EventType.CUSTOMER_REPLIED,
        EventType.RESUMED,
        EventType.STARTED,
        EventType.REQUEUED,
        EventType.RESOLVED,
        EventType.CLOSED,
        EventType.REOPENED,
    ]
)
steps = st.lists(st.tuples(kinds, pauses, priorities), max_size=12)


def begun(priority=Priority.HIGH):
    return Timeline.begin(NOON, priority, DEFAULT_TERMS.key)


def lived(timeline, steps, *, since=None):
    """The timeline after those of the steps that can happen."""
    at = since or timeline.last_at
    for kind, pause, priority in steps:
        at += pause
        event = Event(at, kind, priority if kind is EventType.PRIORITY else None)
        try:
            timeline = timeline.then(event)
        except EventRefused:
            continue
    return timeline


def seen(timeline, now):
    """All that anybody can see of it at `now`, but for when it was last looked at."""
    reading = clock.read(timeline, TERMS, now=timeline.last_at)
    planned = milestones.plan(timeline, reading, DEFAULT_RULES, fired=())
    state = timeline.state
    return (
        clock.read(timeline, TERMS, now=now),
        [(one.rule.key, one.reached_at, one.due_at) for one in planned],
        (state.status, state.priority, state.waiting, state.reopen_cycle),
        (state.first_responded_at, state.resolved_at, state.closed_at),
    )


@settings(max_examples=400, deadline=None)
@given(priorities, steps, pauses, st.lists(priorities, max_size=2), pauses, steps)
def test_merge_then_undo_at_any_time_equals_never_merged(
    priority, before, until_merge, meanwhile, until_undo, later
):
    never = lived(begun(priority), before)
    at = never.last_at + until_merge
    assume(never.status is not Status.CLOSED)  # then the merge is none of the clock's business
    merged = never.then(Event(at, EventType.MERGED))
    for other in meanwhile:
        event = Event(at, EventType.PRIORITY, other)
        never, merged = never.then(event), merged.then(event)
    at += until_undo

    undone = Timeline.load(merged.without_last(EventType.MERGED).dump())

    assert seen(undone, at) == seen(never, at)
    undone, never = lived(undone, later, since=at), lived(never, later, since=at)
    now = max(at, never.last_at) + timedelta(hours=1)
    assert seen(undone, now) == seen(never, now)


@given(priorities, steps, st.integers(1, 4))
def test_merged_and_parted_time_and_again_is_as_once(priority, before, times):
    never = lived(begun(priority), before)
    timeline, at = never, never.last_at
    for _time in range(times):
        at += timedelta(hours=1)
        assume(timeline.status is not Status.CLOSED)
        timeline = timeline.then(Event(at, EventType.MERGED))
        assert not timeline.status.active, "a merged ticket is done"
        timeline = timeline.without_last(EventType.MERGED)

    assert seen(timeline, at) == seen(never, at)
