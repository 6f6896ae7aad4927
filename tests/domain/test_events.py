"""Events are stored in one form, with its version, and what earlier releases stored is read."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from tickets.domain import events
from tickets.domain.events import (
    Assigned,
    Bounced,
    Changed,
    Closed,
    Communicated,
    Created,
    Escalated,
    Event,
    Imported,
    Merged,
    Raised,
    Reopened,
    Unknown,
    dump,
    kind_of,
    load,
)
from tickets.domain.ticket import Direction

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
words = st.text(max_size=20)
maybe = st.none() | words
instants = st.integers(86_400, 7_000_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
raised = st.builds(
    Raised,
    words,
    st.integers(0, 9),
    st.lists(words).map(tuple),
    st.none() | instants,
    st.none() | st.text(min_size=1),
)
any_event = st.one_of(
    st.builds(Created, words, words),
    st.builds(Changed, st.dictionaries(words, maybe)),
    st.builds(Assigned, maybe),
    st.builds(
        Communicated,
        words,
        words,
        st.none() | st.sampled_from(Direction),
        st.booleans(),
        st.lists(words).map(tuple),
        maybe,
        maybe,
        st.booleans(),
        words,
    ),
    st.builds(Bounced, words, words, maybe),
    st.builds(Escalated, st.lists(raised).map(tuple), st.integers(0, 9), maybe, maybe),
    st.builds(Merged, words),
    st.sampled_from(sorted((event for event in events._PLAIN.values()), key=repr)),
)


@pytest.mark.parametrize("kind", sorted(events._KINDS, key=repr))
def test_any_event_is_one_of_each(kind):
    drawing = settings(phases=[Phase.generate], max_examples=5_000, database=None)
    assert find(any_event, lambda event: isinstance(event, kind), settings=drawing)


@given(any_event)
def test_what_is_stored_comes_back_as_it_was(event):
    text = dump(event)

    assert json.loads(text)["v"] == 1
    assert load(kind_of(event), text) == event


def test_every_type_of_event_has_a_name_to_be_stored_under():
    assert set(Event.__args__) - {Unknown} == set(events._KINDS)


@pytest.mark.parametrize(
    ("kind", "stored", "event"),
    [  # as release bcb00ae wrote them
        ("created", {"category": "Customs", "priority": "High"}, Created("Customs", "High")),
        ("assigned", {"to": None}, Assigned(None)),
        ("changed", {"changes": {"status": "Closed", "subject": "words"}},
         Changed({"status": "Closed", "subject": "words"})),
        ("closed", {}, Closed()),
        ("reopened", {}, Reopened()),
        ("imported", {}, Imported()),
        ("merged", {"into": "7"}, Merged("7")),
        ("communication",
         {"communicationId": "01J", "type": "Customer Response", "direction": "inbound"}
         | {"deliver": False, "assignedTo": "3"},
         Communicated("01J", "Customer Response", Direction.INBOUND, assigned_to="3")),
        ("escalated",
         {"milestones": [{"rule": "r", "level": 2, "dueAt": "2026-11-02T12:00:00Z",
                          "notify": ["team"]}],
          "level": 2, "assignedTo": "3", "team": "5"},
         Escalated((Raised("r", 2, ("team",), NOON),), 2, "3", "5")),
        ("escalated",
         {"milestones": [{"rule": "manual", "level": 1, "notify": ["assignee"]}],
          "level": 1, "assignedTo": None, "reason": "what somebody wrote", "record": "manual-01J"},
         Escalated((Raised("manual", 1, ("assignee",), record="manual-01J"),), 1)),
    ],
)  # fmt: skip
def test_what_the_release_before_left_in_an_outbox_is_read(kind, stored, event):
    assert load(kind, json.dumps(stored)) == event


@pytest.mark.parametrize(
    ("kind", "stored"), [("teleported", {"v": 1, "to": "Mars"}), ("closed", {"v": 2, "why": "x"})]
)
def test_an_event_of_a_later_release_is_unknown_and_keeps_its_name(kind, stored):
    event = load(kind, json.dumps(stored))

    assert isinstance(event, Unknown)
    assert kind_of(event) == kind
