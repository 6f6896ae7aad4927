"""The clock and a second one, written quite differently, agree on random timelines."""

import json
import os
import random
from datetime import timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.domain import reference
from tests.domain.scenarios import at, drawn, scenarios, without_next_response
from tickets.domain import instant
from tickets.domain.sla.scenario import evaluate

TIMELINES = int(os.environ.get("CLOCK_TIMELINES", "1000"))
some = settings(
    # Hypothesis looks for edges, which are not more in a long form than in some thousand.
    max_examples=min(max(TIMELINES // 10, 1), 2_000),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@some
@given(scenarios())
def test_both_clocks_give_the_same_answer(scenario):
    agree(scenario)
    without = without_next_response(scenario)
    assert evaluate(without) == reference.evaluate(without), json.dumps(without)


def test_both_clocks_give_the_same_answer_to_whatever_comes(looked_at):
    seed = os.environ.get("CLOCK_SEED") or random.randrange(10**9)
    runs = late = 0
    for number in range(TIMELINES):
        answered = agree(drawn(f"{seed}-{number}")).get("nextResponseRuns", ())
        runs += len(answered)
        late += sum(run["breachedAt"] is not None for run in answered)
    assert runs > TIMELINES // 4, "too few timelines say anything of next response"
    looked_at(
        f"{TIMELINES:,} timelines with {runs:,} runs of next response ({late:,} late), and the "
        f"same without its targets, seed {seed}, no difference"
    )


def agree(scenario):
    """Hold both answers to a scenario, and to the same one without a third clock, against the
    reference; return the answer. The reference lives through it once."""
    expected = reference.evaluate(scenario)
    assert evaluate(scenario) == expected, json.dumps(scenario)
    two = {name: value for name, value in expected.items() if not name.startswith("nextResponse")}
    deadlines = [two["responseDeadline"], two["resolutionDeadline"]]
    two["slaDeadline"] = min(filter(None, deadlines), default=None)
    without = without_next_response(scenario)
    assert evaluate(without) == two, json.dumps(without)
    return expected


@some
@given(scenarios(), st.integers(0, 3_000))
def test_elapsed_never_falls(scenario, minutes):
    later = {**scenario, "now": at(instant.parse(scenario["now"]) + timedelta(minutes=minutes))}
    before, after = evaluate(scenario), evaluate(later)
    for field in ("responseElapsedSeconds", "resolutionElapsedSeconds", "pausedSeconds"):
        assert after[field] >= before[field]


@some
@given(scenarios(), st.integers(0, 3_000))
def test_a_breach_once_recorded_never_changes(scenario, minutes):
    later = {**scenario, "now": at(instant.parse(scenario["now"]) + timedelta(minutes=minutes))}
    before, after = evaluate(scenario), evaluate(later)
    for field in ("responseBreachedAt", "resolutionBreachedAt"):
        assert before[field] in (None, after[field])
    for run, later in zip(runs_of(before), runs_of(after), strict=False):
        assert run["breachedAt"] in (None, later["breachedAt"])
        assert run["startedAt"] == later["startedAt"]
        assert run["elapsedSeconds"] <= later["elapsedSeconds"]
        assert run["stoppedAt"] in (None, later["stoppedAt"])


@some
@given(scenarios())
def test_runs_of_next_response_follow_each_other_after_the_first_response(scenario):
    answer = evaluate(scenario)
    runs = runs_of(answer)
    before = answer["firstRespondedAt"]
    for run in runs:
        assert before <= run["startedAt"] <= (run["stoppedAt"] or scenario["now"])
        assert run["breachedAt"] is None or run["startedAt"] < run["breachedAt"]
        before = run["stoppedAt"]
    assert all(run["stoppedAt"] for run in runs[:-1])
    if answer.get("nextResponseDeadline"):
        assert answer["slaDeadline"] <= answer["nextResponseDeadline"]
        assert runs[-1]["stoppedAt"] is None


@some
@given(scenarios())
def test_an_answer_at_the_deadline_is_met_and_a_second_later_it_is_late(scenario):
    answer = evaluate(scenario)
    due = answer.get("nextResponseDeadline")
    assume(due and due > scenario["now"])
    before = runs_of(answer)[-1]["breachedAt"]  # and then another priority moved the deadline
    events = [event for event in scenario["events"] if event["at"] <= scenario["now"]]
    for late in (0, 1):
        moment = at(instant.parse(due) + timedelta(seconds=late))
        answered = {"at": moment, "type": "responded"}
        run = runs_of(evaluate({**scenario, "events": [*events, answered], "now": moment}))[-1]
        assert run["breachedAt"] == (before or (due if late else None))
        assert run["stoppedAt"] == moment


def runs_of(answer):
    return answer.get("nextResponseRuns", [])


@some
@given(scenarios(), st.integers(1, 3_000))
def test_pausing_never_brings_the_deadline_nearer(scenario, minutes):
    unpaused = evaluate(scenario)
    assume(unpaused["resolutionDeadline"] is not None)
    now = instant.parse(scenario["now"])
    events = [event for event in scenario["events"] if instant.parse(event["at"]) <= now]
    resumed = now + timedelta(minutes=minutes)
    paused = {
        **scenario,
        "events": [
            *events,
            {"at": at(now), "type": "waiting"},
            {"at": at(resumed), "type": "resumed"},
        ],
        "now": at(resumed),
    }
    assert evaluate(paused)["resolutionDeadline"] >= unpaused["resolutionDeadline"]


@some
@given(scenarios(), st.data())
def test_splitting_a_timeline_at_any_instant_changes_nothing(scenario, data):
    """A priority set to what it is says nothing new, wherever it stands."""
    events = scenario["events"]
    place = data.draw(st.integers(1, len(events)))
    begins = instant.parse(events[place - 1]["at"])
    ends = instant.parse(events[place]["at"] if place < len(events) else scenario["now"])
    assume(begins <= ends)
    offset = data.draw(st.integers(0, int((ends - begins).total_seconds())))
    until_then = {**scenario, "events": events[:place], "now": at(max(ends, begins))}
    priority = evaluate(until_then)["priority"]
    split = {"at": at(begins + timedelta(seconds=offset)), "type": "priority", "value": priority}
    with_split = {**scenario, "events": [*events[:place], split, *events[place:]]}

    assert evaluate(with_split) == evaluate(scenario)


@some
@given(scenarios())
def test_the_deadline_is_the_earliest_instant_that_uses_the_target_up(scenario):
    answer = evaluate(scenario)
    assume(answer["resolutionDeadline"] and answer["resolutionDeadline"] > scenario["now"])
    target = scenario["targets"][answer["priority"]]["resolution"]
    due = instant.parse(answer["resolutionDeadline"])
    events = [event for event in scenario["events"] if event["at"] <= scenario["now"]]

    def elapsed(now):
        return evaluate({**scenario, "events": events, "now": at(now)})["resolutionElapsedSeconds"]

    assert elapsed(due) == target
    assert elapsed(due - timedelta(seconds=1)) == target - 1
