"""Replies, pauses and resolves race with the sweep: no escalation after a confirmed change."""

import os
import threading

import pytest
from django.db import connection

from helpdesk.accounts.actors import SYSTEM
from tests.world import after, escalations_of, log_of, stored
from tickets.services.change import change
from tickets.services.communicate import respond
from tickets.services.escalate import fire_due
from tickets.services.status import change_status, wait

ROUNDS = int(os.environ.get("RACE_ROUNDS", "60"))

pytestmark = pytest.mark.django_db(transaction=True)

# Just before and just after the response deadline (8 h) of a Medium ticket.
IN_TIME, TOO_LATE = after(hours=8), after(hours=8, seconds=1)


def together(*actions):
    """Run the actions at the same time, each in a thread of its own; raises what they raised."""
    start = threading.Barrier(len(actions))
    errors = []

    def run(action):
        try:
            start.wait()
            action()
        except Exception as error:  # noqa: BLE001 (raised below, in the test's own thread)
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


CHANGES = {
    "reply": lambda number, by: respond(number, content="In time.", by=by, now=IN_TIME),
    "pause": lambda number, by: wait(number, by=by, now=IN_TIME),
    "resolve": lambda number, by: change_status(number, to="Resolved", by=by, now=IN_TIME),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_what_was_confirmed_first_decides(desk, kind):
    """The log's order is the order of confirmation: nothing of a stopped clock may follow."""
    swept_first = 0
    for _ in range(ROUNDS):
        number = desk.ticket().ticket_id
        together(
            lambda number=number: CHANGES[kind](number, desk.rep),
            lambda number=number: fire_due(number, now=TOO_LATE),
            lambda number=number: fire_due(number, now=TOO_LATE),
        )
        breaches = [line for line in log_of(number) if line.rule == "response-breached"]
        records = [record.rule for record in escalations_of(number)]
        ticket = stored(number)
        assert len(records) == len(set(records))
        assert len(breaches) <= 1
        assert (ticket.sla.response_breached_at is not None) == bool(breaches)
        if breaches:
            swept_first += 1
            lines = [line.communication_id for line in log_of(number)]
            changed = [
                line.communication_id
                for line in log_of(number)
                if (line.created_by == desk.rep.user_id and line.type != "System Update")
                or any(item.field in ("status", "waiting") for item in line.changes or ())
            ]
            if kind != "pause":  # a pause leaves the response clock running
                assert lines.index(breaches[0].communication_id) < lines.index(changed[0])
    # Both orders are possible; which one wins how often is the machine's business.
    assert 0 <= swept_first <= ROUNDS


def test_a_late_reply_and_a_sweep_record_one_breach_at_the_deadline(desk):
    for _ in range(ROUNDS):
        number = desk.ticket().ticket_id
        together(
            lambda number=number: respond(number, content="Late.", by=desk.rep, now=after(hours=9)),
            lambda number=number: fire_due(number, now=after(hours=9)),
        )
        rules = sorted(record.rule for record in escalations_of(number))
        assert rules == ["response-at-risk", "response-breached"]
        assert stored(number).sla.response_breached_at == after(hours=8)


def test_many_who_do_nothing_write_nothing(desk):
    number = desk.ticket().ticket_id
    together(*[lambda: change(number, lambda draft: None, by=SYSTEM, now=after(hours=1))] * 4)
    assert stored(number).version == 1
