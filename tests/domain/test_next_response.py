"""The third clock of SLA.md, sentence by sentence."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.domain.scenarios import drawn
from tickets.domain import calendar, instant
from tickets.domain.calendar import ALWAYS
from tickets.domain.errors import ScenarioRefused
from tickets.domain.sla import clock, milestones
from tickets.domain.sla.milestones import NEXT_RESPONSE_RULES
from tickets.domain.sla.policy import DEFAULT_TERMS, PolicySnapshot, Targets
from tickets.domain.sla.scenario import evaluate
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Priority
from tickets.domain.workflow import Event, EventType

HOUR = 3_600
TARGETS = {
    "High": {"response": 4 * HOUR, "resolution": 48 * HOUR, "nextResponse": 2 * HOUR},
    "Low": {"response": 8 * HOUR, "resolution": 96 * HOUR, "nextResponse": 6 * HOUR},
}


def event(time, kind, **fields):
    return {"at": f"2026-11-16T{time}:00Z", "type": kind, **fields}


def answer(*events, now="20:00", targets=TARGETS, hours="24x7"):
    """The answer to a High ticket of 09:00 with these events."""
    created = event("09:00", "created", priority="High")
    now = f"2026-11-16T{now}:00Z"
    return evaluate(
        {"calendar": hours, "targets": targets, "events": [created, *events], "now": now}
    )


def runs(found):
    """Each run as start, stop, hours and breach."""

    def time(text):
        return text and text[11:16]

    return [
        (
            time(run["startedAt"]),
            time(run["stoppedAt"]),
            run["elapsedSeconds"] / HOUR,
            time(run["breachedAt"]),
        )
        for run in found["nextResponseRuns"]
    ]


RESPONDED = event("10:00", "responded")
WROTE = event("12:00", "customer_replied")
CASES = {
    "before the first response there is none": ([event("09:30", "customer_replied")], []),
    "it starts when the customer writes, and further messages do not move it": (
        [RESPONDED, WROTE, event("13:00", "customer_replied"), event("13:30", "responded")],
        [("12:00", "13:30", 1.5, None)],
    ),
    "answered exactly at the deadline is met": (
        [RESPONDED, WROTE, event("14:00", "responded")],
        [("12:00", "14:00", 2, None)],
    ),
    "answered later is late, at the deadline and not at the answer": (
        [RESPONDED, WROTE, event("14:01", "responded")],
        [("12:00", "14:01", 2 + 1 / 60, "14:00")],
    ),
    "resolving stops it": (
        [RESPONDED, WROTE, event("13:00", "resolved")],
        [("12:00", "13:00", 1, None)],
    ),
    "closing stops it": (
        [RESPONDED, WROTE, event("13:00", "closed")],
        [("12:00", "13:00", 1, None)],
    ),
    "it never pauses": (
        [RESPONDED, WROTE, event("12:30", "waiting"), event("15:00", "responded")],
        [("12:00", "15:00", 3, "14:00")],
    ),
    "each run begins at zero, with a breach of its own": (
        [
            *(RESPONDED, WROTE, event("15:00", "responded")),
            *(event("16:00", "customer_replied"), event("17:00", "responded")),
            event("17:00", "customer_replied"),
        ],
        [("12:00", "15:00", 3, "14:00"), ("16:00", "17:00", 1, None), ("17:00", None, 3, "19:00")],
    ),
    "a message that reopens starts one, though nobody answered before": (
        [event("10:00", "resolved"), event("11:00", "customer_replied")],
        [("11:00", None, 9, "13:00")],
    ),
    "reopening by hand starts none": ([event("10:00", "resolved"), event("11:00", "reopened")], []),
    "a change of priority keeps what has elapsed": (
        [RESPONDED, WROTE, event("13:00", "priority", value="Low"), event("17:00", "responded")],
        [("12:00", "17:00", 5, None)],
    ),
    "lowering it erases no breach": (
        [RESPONDED, WROTE, event("15:00", "priority", value="Low")],
        [("12:00", None, 8, "14:00")],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_runs(case):
    events, expected = CASES[case]
    assert runs(answer(*events)) == expected


def test_a_target_that_is_used_up_by_a_change_is_breached_at_the_change():
    low = {"at": "2026-11-16T09:00:00Z", "type": "created", "priority": "Low"}
    change = event("15:00", "priority", value="High")
    found = evaluate(
        {
            "calendar": "24x7",
            "targets": TARGETS,
            "events": [low, RESPONDED, WROTE, change],
            "now": "2026-11-16T20:00:00Z",
        }
    )
    assert runs(found) == [("12:00", None, 8, "15:00")]
    assert found["nextResponseDeadline"] == "2026-11-16T14:00:00Z"


def test_its_deadline_is_the_tickets_while_it_is_the_earliest():
    found = answer(RESPONDED, WROTE, now="13:00")
    assert found["nextResponseDeadline"] == found["slaDeadline"] == "2026-11-16T14:00:00Z"
    assert found["nextResponseElapsedSeconds"] == HOUR
    waiting = answer(RESPONDED, WROTE, event("12:10", "waiting"), now="13:00")
    assert (waiting["resolutionDeadline"], waiting["slaDeadline"]) == (None, "2026-11-16T14:00:00Z")
    answered = answer(RESPONDED, WROTE, event("12:10", "responded"), now="13:00")
    assert answered["nextResponseDeadline"] is answered["nextResponseElapsedSeconds"] is None
    assert answered["slaDeadline"] == answered["resolutionDeadline"]


def test_it_counts_working_time():
    office = {"timezone": "UTC", "hours": {"mon": [["09:00", "12:30"], ["16:00", "18:00"]]}}
    assert runs(answer(RESPONDED, WROTE, hours=office)) == [("12:00", None, 2.5, "17:30")]


def test_without_a_target_nothing_is_said_of_it():
    two = {name: {**both} for name, both in TARGETS.items()}
    for both in two.values():
        del both["nextResponse"]
    found = answer(RESPONDED, WROTE, targets=two)
    assert not [name for name in found if name.startswith("next")]
    assert found["slaDeadline"] == found["resolutionDeadline"]


def test_a_run_that_had_a_target_is_told_where_the_priority_has_none():
    some = {**TARGETS, "Low": {"response": HOUR, "resolution": HOUR}}
    found = answer(RESPONDED, WROTE, event("13:00", "priority", value="Low"), targets=some)
    assert runs(found) == [("12:00", None, 8, None)]
    assert (found["nextResponseDeadline"], found["nextResponseElapsedSeconds"]) == (None, 8 * HOUR)


@pytest.mark.parametrize("seconds", [0, -1, True, 1.5, "2h", None])
def test_a_target_is_a_positive_number_of_seconds(seconds):
    with pytest.raises(ScenarioRefused, match="nextResponse of High"):
        answer(targets={"High": {**TARGETS["High"], "nextResponse": seconds}})


BEGIN = datetime(2026, 11, 16, 9, tzinfo=UTC)
WITH = PolicySnapshot(
    "with-1", ALWAYS, dict.fromkeys(Priority, Targets(4 * HOUR, 96 * HOUR, 2 * HOUR))
)
KNOWN = {"with-1": WITH, "default-1": DEFAULT_TERMS}


def line(*steps, key="with-1"):
    """A timeline of hours and events; a policy's key stands for its event."""
    found = Timeline.begin(BEGIN, Priority.HIGH, key)
    for hours, kind in steps:
        at = BEGIN + timedelta(hours=hours)
        policy = kind if kind in KNOWN else None
        kind = EventType.POLICY if policy else EventType(kind)
        found = found.then(Event(at, kind, policy_key=policy))
    return found


def planned(of, fired=()):
    reading = clock.read(of, KNOWN, now=of.last_at)
    found = milestones.plan(of, reading, NEXT_RESPONSE_RULES, fired=fired)
    return [(one.key, (one.due_at - BEGIN) / timedelta(hours=1)) for one in found]


def test_milestones_are_those_of_the_run_that_goes_on():
    first = line((1, "responded"), (3, "customer_replied"))
    assert planned(first) == [("next-response-at-risk.1", 4.5), ("next-response-breached.1", 5)]
    fired = ["next-response-at-risk.1", "next-response-breached.1"]
    assert planned(first, fired) == []
    answered = line((1, "responded"), (3, "customer_replied"), (6, "responded"))
    assert planned(answered) == []
    again = line(
        *((1, "responded"), (3, "customer_replied"), (6, "responded"), (7, "customer_replied"))
    )
    assert planned(again, fired) == [
        ("next-response-at-risk.2", 8.5),
        ("next-response-breached.2", 9),
    ]


def test_a_policy_that_gives_the_target_later_counts_from_the_message():
    steps = (1, "responded"), (3, "customer_replied"), (8, "with-1")
    late = line(*steps, key="default-1")
    [run] = clock.read(late, KNOWN, now=late.last_at).exchanges
    assert (run.started_at, run.elapsed) == (BEGIN + timedelta(hours=3), 5 * HOUR)
    later = clock.read(late, KNOWN, now=late.last_at + timedelta(hours=1))
    assert later.exchanges[0].breached_at == BEGIN + timedelta(hours=8)
    assert planned(late) == [("next-response-at-risk.1", 8), ("next-response-breached.1", 8)]


def test_a_policy_without_the_target_ends_the_clock_and_erases_no_breach():
    steps = (1, "responded"), (3, "customer_replied"), (6, "default-1")
    moved = line(*steps)
    reading = clock.read(moved, KNOWN, now=moved.last_at)
    assert reading.next_response is None
    assert reading.exchanges[0].breached_at == BEGIN + timedelta(hours=5)
    assert planned(moved) == []


def test_undoing_a_closing_continues_the_run():
    closed = line((1, "responded"), (3, "customer_replied"), (4, "closed"))
    again = closed.without_last(EventType.CLOSED)
    assert planned(again) == [("next-response-at-risk.1", 4.5), ("next-response-breached.1", 5)]


def test_each_breached_run_fires_once_whoever_looks_and_when():
    seed = random.randrange(10**9)
    late = sum(fires_once(f"{seed}-{number}") for number in range(300))
    assert late > 10, "too few of these timelines are late"


def fires_once(seed):
    """Live through a random timeline as `change` does: what passed fires before an event and after
    it, and in sweeps between. Return how many runs were late."""
    scenario, dice = drawn(seed), random.Random(seed)
    sweeps = [dice.randint(0, 3_000) for _ in range(dice.randint(0, 3))]
    terms = PolicySnapshot(
        "x",
        calendar.parse(scenario["calendar"]),
        {
            Priority(name): Targets(one["response"], one["resolution"], one.get("nextResponse"))
            for name, one in scenario["targets"].items()
        },
    )
    created, *events = (one for one in scenario["events"] if one["at"] <= scenario["now"])
    began, now = instant.parse(created["at"]), instant.parse(scenario["now"])
    steps = [(instant.parse(one["at"]), one) for one in events]
    steps += [(began + timedelta(minutes=minutes), None) for minutes in sweeps]
    steps = sorted((one for one in steps if one[0] <= now), key=lambda one: one[0])
    timeline = Timeline.begin(began, Priority(created["priority"]), "x")
    fired, told = set(), []

    def look(at):
        reading = clock.read(timeline, {"x": terms}, now=at)
        planned = milestones.plan(timeline, reading, NEXT_RESPONSE_RULES, fired=fired)
        for one in milestones.passed(planned, at):
            fired.add(one.key)
            told.append(one.key)

    for at, one in [*steps, (now, None)]:
        look(at)
        if one is None:
            continue
        priority = Priority(one["value"]) if "value" in one else None
        following = timeline.then(Event(at, EventType(one["type"]), priority))
        if following.reopen_cycle != timeline.reopen_cycle:
            fired.clear()
        timeline = following
        look(at)

    late = [
        run.number
        for run in clock.read(timeline, {"x": terms}, now=now).exchanges
        if run.breached_at
    ]
    breached = [key for key in told if key.startswith("next-response-breached")]
    assert breached == [f"next-response-breached.{number}" for number in late], seed
    assert len(set(told)) == len(told), seed
    return len(late)
