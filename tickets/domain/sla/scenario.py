"""Hypothetical timelines in JSON, and their evaluation (SLA.md, "Asking the clock")."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tickets.domain import calendar, instant
from tickets.domain.errors import DomainError, ScenarioRefused
from tickets.domain.sla import clock
from tickets.domain.sla.clock import Reading
from tickets.domain.sla.policy import DEFAULT_TERMS, PolicySnapshot, Targets
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Priority
from tickets.domain.workflow import Event, EventType

_TYPES = (
    EventType.CREATED,
    EventType.RESPONDED,
    EventType.PRIORITY,
    EventType.WAITING,
    EventType.CUSTOMER_REPLIED,
    EventType.RESUMED,
    EventType.RESOLVED,
    EventType.CLOSED,
    EventType.REOPENED,
)
_FIELDS = ("calendar", "targets", "events", "now")
_CLOCKS = {
    "response": "response",
    "resolution": "resolution",
    "nextResponse": "next_response",  # may be absent
}
_KEY = "scenario"


def evaluate(scenario: object) -> dict[str, Any]:
    """Return the evaluation of a scenario, in JSON's types.

    Raises ScenarioRefused, whose message names the event or the field that is wrong.
    """
    if not isinstance(scenario, Mapping):
        raise ScenarioRefused("a scenario is an object")
    if unknown := sorted(str(name) for name in scenario if name not in _FIELDS):
        raise ScenarioRefused(f"a scenario has no {', '.join(unknown)}")
    now = _instant(scenario, "now", "now")
    terms = _terms(scenario)
    timeline = _timeline(scenario.get("events"), terms, now)
    try:
        reading = clock.read(timeline, {_KEY: terms}, now=now)
    except DomainError as refused:
        raise ScenarioRefused(str(refused)) from refused
    state = timeline.until(now).state
    answer = {
        "status": state.status.value,
        "priority": state.priority.value,
        "responseDeadline": _text(reading.response.deadline),
        "resolutionDeadline": _text(reading.resolution.deadline),
        "slaDeadline": _text(reading.sla_deadline),
        "firstRespondedAt": _text(reading.first_responded_at),
        "resolvedAt": _text(state.resolved_at),
        "responseElapsedSeconds": reading.response.elapsed,
        "resolutionElapsedSeconds": reading.resolution.elapsed,
        "pausedSeconds": reading.paused_seconds,
        "responseBreached": reading.response.breached_at is not None,
        "responseBreachedAt": _text(reading.response.breached_at),
        "resolutionBreached": reading.resolution.breached_at is not None,
        "resolutionBreachedAt": _text(reading.resolution.breached_at),
    }
    return answer | _next_response(reading)


def _next_response(reading: Reading) -> dict[str, Any]:
    """Return the fields of next response: none where it has no target and no run had one."""
    clock, runs = reading.next_response, reading.exchanges
    if clock is None and not runs:
        return {}
    going_on = runs[-1] if runs and runs[-1].stopped_at is None else None
    return {
        "nextResponseDeadline": _text(clock.deadline if clock else None),
        "nextResponseElapsedSeconds": going_on.elapsed if going_on else None,
        "nextResponseRuns": [
            {
                "startedAt": _text(run.started_at),
                "stoppedAt": _text(run.stopped_at),
                "elapsedSeconds": run.elapsed,
                "breachedAt": _text(run.breached_at),
            }
            for run in runs
        ],
    }


def _terms(scenario: Mapping[str, Any]) -> PolicySnapshot:
    if "calendar" not in scenario:
        raise ScenarioRefused("calendar is missing")
    try:
        passes = calendar.parse(scenario["calendar"])
    except DomainError as refused:
        raise ScenarioRefused(f"calendar: {refused}") from refused
    if "targets" not in scenario:
        return PolicySnapshot(_KEY, passes, DEFAULT_TERMS.targets)
    written = scenario["targets"]
    if not isinstance(written, Mapping):
        raise ScenarioRefused("targets is an object of priorities")
    return PolicySnapshot(
        _KEY,
        passes,
        {_priority(name, "targets"): _targets(name, written[name]) for name in written},
    )


def _targets(priority: object, written: object) -> Targets:
    if not isinstance(written, Mapping):
        raise ScenarioRefused(f"targets: {priority} is an object with response and resolution")
    seconds = {}
    for name, field in _CLOCKS.items():
        value = written.get(name)
        if name not in written and name == "nextResponse":
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
            raise ScenarioRefused(
                f"targets: {name} of {priority} is not a positive number of seconds"
            )
        seconds[field] = value
    return Targets(**seconds)


def _timeline(events: object, terms: PolicySnapshot, now: datetime) -> Timeline:
    if not isinstance(events, list) or not events:
        raise ScenarioRefused("events is a list that begins with created")
    timeline: Timeline | None = None
    for number, written in enumerate(events, 1):
        kind = written.get("type") if isinstance(written, Mapping) else None
        name = f"event {number} ({kind})" if isinstance(kind, str) else f"event {number}"
        try:
            event = _event(written, name)
            if event.priority:
                terms.of(event.priority)
            timeline = timeline.then(event) if timeline else _begin(event, name, now)
        except ScenarioRefused:
            raise
        except DomainError as refused:
            raise ScenarioRefused(f"{name}: {refused}") from refused
    assert timeline is not None  # noqa: S101 (for the type checker)
    return timeline


def _begin(event: Event, name: str, now: datetime) -> Timeline:
    if event.type is not EventType.CREATED:
        raise ScenarioRefused(f"{name}: the first event is created")
    if event.at > now:
        raise ScenarioRefused(f"{name}: it is later than now")
    assert event.priority is not None  # noqa: S101 (for the type checker)
    return Timeline.begin(event.at, event.priority, _KEY)


def _event(written: object, name: str) -> Event:
    if not isinstance(written, Mapping):
        raise ScenarioRefused(f"{name}: an event is an object")
    kind = written.get("type")
    if kind not in [known.value for known in _TYPES]:
        known_types = ", ".join(_TYPES)
        raise ScenarioRefused(f"{name}: type is not one of {known_types}")
    event_type = EventType(kind)
    at = _instant(written, "at", name)
    field = {EventType.CREATED: "priority", EventType.PRIORITY: "value"}.get(event_type)
    if field is None:
        return Event(at, event_type)
    if field not in written:
        raise ScenarioRefused(f"{name}: {field} is missing")
    return Event(at, event_type, _priority(written[field], name))


def _priority(word: object, name: str) -> Priority:
    try:
        return Priority(word)  # type: ignore[arg-type]
    except ValueError:
        raise ScenarioRefused(f"{name}: {word!r} is not one of {', '.join(Priority)}") from None


def _instant(written: Mapping[str, Any], field: str, name: str) -> datetime:
    if field not in written:
        raise ScenarioRefused("now is missing" if name == "now" else f"{name}: {field} is missing")
    try:
        return instant.parse(written[field])
    except DomainError as refused:
        raise ScenarioRefused(f"{name}: {refused}") from refused


def _text(at: datetime | None) -> str | None:
    return instant.text(at) if at else None
