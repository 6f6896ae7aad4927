"""Many tickets at once: each agrees with its events, and an import that is killed ends the same."""

import json
import os
import random
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from customers.services.create import create_customer
from helpdesk.dynamo.transaction import Transaction
from tests.death import die, dies_of_9
from tests.services.test_ticket_import import created, line, ours, taken
from tests.world import (
    NOON,
    after,
    empty_tables,
    log_of,
    settle,
    stored,
)
from tickets.domain import instant
from tickets.domain.sla import clock, scenario
from tickets.domain.sla.timeline import Timeline
from tickets.domain.ticket import Priority
from tickets.services.maintenance import ticket_import
from tickets.services.maintenance.verify import verify
from tickets.services.sla import policies
from tickets.store import queries

REAL = os.environ.get("HISTORY_FILE")
"""The history of a real help desk, where there is one; otherwise one is made up."""


def made_up(count, seed=11):
    """Histories that make sense, all tickets' events in order of time, as a help desk logs them."""
    chance = random.Random(seed)
    events = []
    for number in range(count):
        ticket, minute = f"T-{number}", chance.randrange(5_000)
        priority = chance.choice(list(Priority)).value
        person = chance.randrange(9)
        customer = {"externalId": f"C-{person}", "name": f"Customer {person}"}
        lines = [(minute, created(ticket, minute, priority=priority, customer=customer))]
        status, waiting = "Open", False
        for _ in range(chance.randrange(12)):
            minute += chance.randrange(900)
            done = status in ("Resolved", "Closed")
            steps = {
                "assigned": {"to": f"agent{chance.randrange(5)}"},
                "note": {"content": "A note"},
                "responded": {"content": "An answer"},
                "priority": {"value": chance.choice(list(Priority)).value},
            }
            if not done:
                steps |= {"resolved": {}, "closed": {}}
                steps |= {"resumed": {}} if waiting else {"waiting": {}}
                steps |= {"customer_replied": {"content": "A question"}}
            elif status == "Resolved":
                steps |= {"closed": {}, "reopened": {}}
            else:
                steps |= {"reopened": {}}
            step = chance.choice(list(steps))
            lines.append((minute, line(ticket, minute, step, **steps[step])))
            if step in ("resolved", "closed"):
                status, waiting = step.capitalize(), False
            elif step in ("reopened", "waiting", "responded") and not (
                done and step == "responded"
            ):
                status = "In Progress"
            waiting = step == "waiting" or (
                waiting and step not in ("resumed", "customer_replied", "resolved", "closed")
            )
        events += lines
    return [text for _minute, text in sorted(events, key=lambda event: event[0])]


@pytest.fixture
def many(tmp_path):
    path = tmp_path / "many.jsonl"
    if REAL:
        path.write_bytes(Path(REAL).read_bytes())
    else:
        path.write_text("\n".join(made_up(150)))
    return path


def events_by_ticket(path):
    found = {}
    for text in path.read_text().splitlines():
        event = json.loads(text)
        found.setdefault(event["ticket"], []).append(event)
    return found


_SCENARIO = {"responded", "priority", "waiting", "customer_replied", "resumed", "resolved"}
_SCENARIO |= {"closed", "reopened", "created"}


def test_an_imported_ticket_has_the_segment_of_its_customer(desk, tmp_path):
    create_customer(
        name="Ada Ames", external_id="C-1", segment="VIP", by=desk.rep, now=after(minutes=-1)
    )

    assert taken(tmp_path, created()).refused == []

    assert ours("HD-1").segment == "VIP"


def test_every_ticket_agrees_with_the_same_events_as_a_scenario(desk, many, looked_at):
    now = NOON + timedelta(days=365)
    summary = ticket_import.import_history(many, now=now)
    assert summary.refused == []
    written = queries.imported(events_by_ticket(many)) if not REAL else {}
    for number, events in events_by_ticket(many).items():
        mark = written.get(number) or queries.imported([number])[number]
        ticket = stored(mark.ticket_id)
        told = scenario.evaluate(
            {
                "calendar": "24x7",
                "now": instant.text(now),
                "events": [
                    {
                        "type": event["event"],
                        "at": event["at"],
                        **({"priority": event["priority"]} if event["event"] == "created" else {}),
                        **({"value": event["value"]} if event["event"] == "priority" else {}),
                    }
                    for event in events
                    if event["event"] in _SCENARIO
                ],
            }
        )
        reading = clock.read(Timeline.load(ticket.timeline), policies.POLICY_SNAPSHOTS, now=now)
        assert {
            "status": ticket.status,
            "firstRespondedAt": _text(ticket.sla.first_responded_at),
            "resolvedAt": _text(ticket.resolved_at),
            "responseElapsedSeconds": reading.response.elapsed,
            "resolutionElapsedSeconds": reading.resolution.elapsed,
            "pausedSeconds": reading.paused_seconds,
            "responseBreached": reading.response.breached_at is not None,
            "resolutionBreached": reading.resolution.breached_at is not None,
        }.items() <= told.items(), number
        if ticket.status in ("Resolved", "Closed"):
            assert bool(ticket.sla.response_breached_at) == told["responseBreached"]
            assert bool(ticket.sla.resolution_breached_at) == told["resolutionBreached"]
    settle()
    assert list(verify()) == []
    looked_at(f"{summary.tickets:,} tickets, {summary.events:,} events, each as the scenario says")


def state(path):
    """What a run leaves, without the numbers and ids that differ from run to run."""
    found = {}
    for number, mark in queries.imported(list(events_by_ticket(path))[:90]).items():
        ticket = stored(mark.ticket_id)
        lines = [(one.type, one.content, one.created_at) for one in log_of(ticket.ticket_id)]
        found[number] = (ticket.status, ticket.timeline, ticket.version, sorted(mark.taken), lines)
    return found


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_killed_anywhere_ends_the_same(desk, tmp_path, monkeypatch):
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(made_up(40)))
    monkeypatch.setattr(ticket_import, "MOST_LINES", 3)  # several transactions a ticket
    ticket_import.import_history(path, now=after(days=300))
    whole = state(path)
    empty_tables()

    kills = 0
    while dies_of_9(partial(import_and_perhaps_die, path, seed=kills)):
        kills += 1

    assert kills > 3, "it was hardly ever killed: this shows nothing"
    assert state(path) == whole
    settle()
    assert list(verify()) == []


def import_and_perhaps_die(path, *, seed):
    """Import, killed with -9 perhaps before a transaction, perhaps after it."""
    chance = random.Random(seed)
    commit = Transaction.__exit__

    def dangerous(*words):
        at = chance.random()
        if at < 0.05:
            die()
        commit(*words)
        if at > 0.95:
            die()

    Transaction.__exit__ = dangerous
    ticket_import.import_history(path, now=after(days=300))


def _text(at):
    return instant.text(at) if at else None
