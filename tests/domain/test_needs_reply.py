"""Since when a customer waits for a reply: a property of the timeline."""

from datetime import UTC, datetime, timedelta

import pytest

from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Priority
from tickets.domain.workflow import Event, EventType

START = datetime(2026, 11, 2, 12, tzinfo=UTC)


def since(*kinds: EventType) -> int | None:
    """The hour of the answer after these events, one an hour, after the creation at 0."""
    timeline = Timeline.begin(START, Priority.MEDIUM, "default-1")
    for hour, kind in enumerate(kinds, start=1):
        timeline = timeline.then(Event(START + timedelta(hours=hour), kind))
    assert Timeline.load(timeline.dump()).needs_reply_since == timeline.needs_reply_since
    at = timeline.needs_reply_since
    return None if at is None else int((at - START).total_seconds()) // 3600


REPLY, CUSTOMER = EventType.RESPONDED, EventType.CUSTOMER_REPLIED


@pytest.mark.parametrize(
    ("events", "hour"),
    [
        ((), 0),
        ((EventType.STARTED,), 0),
        ((CUSTOMER, CUSTOMER), 0),
        ((REPLY,), None),
        ((REPLY, CUSTOMER), 2),
        ((REPLY, CUSTOMER, CUSTOMER), 2),
        ((REPLY, CUSTOMER, REPLY), None),
        ((EventType.WAITING,), None),
        ((EventType.WAITING, EventType.RESUMED), None),
        ((EventType.WAITING, CUSTOMER), 2),
        ((EventType.RESOLVED,), None),
        ((EventType.RESOLVED, CUSTOMER), 2),
        ((EventType.CLOSED, EventType.REOPENED), None),
        ((CUSTOMER, EventType.CLOSED), None),
    ],
)
def test_it_is_the_first_unanswered_word_of_the_customer(events, hour):
    assert since(*events) == hour


def test_a_merge_that_is_undone_leaves_it_as_it_was():
    timeline = Timeline.begin(START, Priority.MEDIUM, "default-1")
    merged = timeline.then(Event(START + timedelta(hours=1), EventType.MERGED))
    assert merged.needs_reply_since is None
    assert merged.without_last(EventType.MERGED).needs_reply_since == START
