"""`sla_explain --scenario`: what it answers, and what it refuses by name."""

import io
import json
import sys

import pytest
from django.core.management import call_command

from tickets.domain.errors import ScenarioRefused
from tickets.domain.sla.scenario import evaluate

T = "2026-11-16T%s:00Z"


def scenario(*events, now="2026-11-16T12:00:00Z", **fields):
    created = {"at": "2026-11-16T09:00:00Z", "type": "created", "priority": "High"}
    return {"calendar": "24x7", "events": [created, *events], "now": now, **fields}


def event(time, kind, **fields):
    return {"at": f"2026-11-16T{time}:00Z", "type": kind, **fields}


def test_the_answer_has_every_field():
    assert evaluate(scenario(event("10:00", "responded"))) == {
        "status": "In Progress",
        "priority": "High",
        "responseDeadline": None,
        "resolutionDeadline": "2026-11-18T09:00:00Z",
        "slaDeadline": "2026-11-18T09:00:00Z",
        "firstRespondedAt": "2026-11-16T10:00:00Z",
        "resolvedAt": None,
        "responseElapsedSeconds": 3600,
        "resolutionElapsedSeconds": 10800,
        "pausedSeconds": 0,
        "responseBreached": False,
        "responseBreachedAt": None,
        "resolutionBreached": False,
        "resolutionBreachedAt": None,
    }


def test_events_later_than_now_have_no_effect_but_are_checked():
    later = event("20:00", "resolved")
    assert evaluate(scenario(later))["status"] == "Open"
    with pytest.raises(ScenarioRefused, match=r"event 3 \(resolved\)"):
        evaluate(scenario(later, event("21:00", "resolved")))


def test_a_customers_message_reopens_within_14_days_and_not_after():
    def closed_then(at):
        late = {"at": at, "type": "customer_replied"}
        return scenario(event("10:00", "closed"), late, now="2026-12-31T00:00:00Z")

    assert evaluate(closed_then("2026-11-30T09:59:59Z"))["status"] == "In Progress"
    with pytest.raises(ScenarioRefused, match=r"event 3 \(customer_replied\)"):
        evaluate(closed_then("2026-11-30T10:00:00Z"))


BAD = [
    ([], "object"),
    ({}, "now"),
    ({"now": T % "12:00"}, "calendar"),
    ({"calendar": "24x7", "now": T % "12:00"}, "events"),
    ({"calendar": "24x7", "now": T % "12:00", "events": []}, "events"),
    (scenario(now="yesterday"), "now"),
    (scenario(now="2026-11-16T08:00:00Z"), r"event 1 \(created\)"),
    (scenario(now=None), "now"),
    (scenario(calendar="9-5"), "calendar"),
    (scenario(targets=[]), "targets"),
    (scenario(targets={"Low": {"response": 1, "resolution": 1}}), r"event 1 \(created\).*High"),
    (scenario(targets={"High": {"response": 0, "resolution": 1}}), "response of High"),
    (scenario(targets={"High": {"response": True, "resolution": 1}}), "response of High"),
    (scenario(targets={"High": {"response": 1.5, "resolution": 1}}), "response of High"),
    (scenario(targets={"High": {"response": 1}}), "resolution of High"),
    (scenario(targets={"Urgent": {"response": 1, "resolution": 1}}), "Urgent"),
    (scenario("closed"), "event 2"),
    (scenario({"type": "closed"}), r"event 2 \(closed\): at"),
    (scenario(event("10:00", "exploded")), r"event 2 \(exploded\)"),
    (scenario(event("10:00", ["closed"])), "event 2"),
    (scenario(event("10:00", "started")), "event 2"),
    (scenario(event("10:00", "created", priority="Low")), r"event 2 \(created\)"),
    (scenario(event("08:00", "responded")), r"event 2 \(responded\).*backwards"),
    (scenario(event("10:00", "priority")), r"event 2 \(priority\): value"),
    (scenario(event("10:00", "priority", value="high")), r"event 2 \(priority\)"),
    (scenario(event("10:00", "priority", value=["High"])), r"event 2 \(priority\)"),
    (scenario(event("10:00", "reopened")), r"event 2 \(reopened\)"),
    (scenario(event("10:00", "resumed")), r"event 2 \(resumed\)"),
    (scenario(event("10:00", "waiting"), event("11:00", "waiting")), r"event 3 \(waiting\)"),
    (scenario(event("10:00", "resolved"), event("11:00", "waiting")), r"event 3 \(waiting\)"),
    (scenario(event("10:00", "closed"), event("11:00", "resolved")), r"event 3 \(resolved\)"),
    (scenario(extra=1), "extra"),
]


@pytest.mark.parametrize(("data", "named"), BAD)
def test_what_is_wrong_is_named(data, named):
    with pytest.raises(ScenarioRefused, match=named):
        evaluate(data)


def ask(monkeypatch, text):
    """What the command prints for `text`, on which stream, and its exit status."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    out, err = io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command("sla_explain", scenario="-", stdout=out, stderr=err)
    except SystemExit as ended:
        status = ended.code
    return out.getvalue(), err.getvalue(), status


def test_one_scenario_over_several_lines_is_one(monkeypatch):
    out, err, status = ask(monkeypatch, json.dumps(scenario(), indent=2))
    assert (json.loads(out)["status"], err, status) == ("Open", "", 0)


def test_json_lines_are_answered_in_order_bad_ones_in_their_place(monkeypatch):
    lines = [
        json.dumps(scenario()),
        json.dumps(scenario(event("10:00", "resumed"))),
        "{broken",
        json.dumps(scenario(event("10:00", "closed"))),
    ]
    out, err, status = ask(monkeypatch, "\n".join(lines) + "\n")

    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer.get("status", "error") for answer in answers] == [
        "Open",
        "error",
        "error",
        "Closed",
    ]
    assert "line 2" in err
    assert "event 2 (resumed)" in err
    assert "line 3" in err
    assert status == 2


def test_a_first_line_that_is_broken_is_answered_in_its_place_too(monkeypatch):
    out, _err, status = ask(monkeypatch, "{broken\n" + json.dumps(scenario()) + "\n")
    first, second = map(json.loads, out.splitlines())
    assert set(first) == {"error"}
    assert second["status"] == "Open"
    assert status == 2


@pytest.mark.parametrize(
    "text", ["", "   \n", "{", '{"now": NaN}', "[1]", "null", '{"now": 1, "now": 2}']
)
def test_one_bad_scenario_leaves_standard_output_empty(monkeypatch, text):
    out, err, status = ask(monkeypatch, text)
    assert out == ""
    assert err
    assert status == 2


def test_numbers_of_lines_count_empty_ones(monkeypatch):
    text = "\n" + json.dumps(scenario()) + "\n\n" + json.dumps({}) + "\n"
    _out, err, _status = ask(monkeypatch, text)
    assert "line 4" in err
