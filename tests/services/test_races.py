"""Replies, pauses and resolves race with the sweep: no escalation after a confirmed change."""

import os
from collections import Counter
from itertools import permutations

import pytest

from helpdesk.accounts.actors import SYSTEM
from tests.world import after, escalations_of, log_of, stored
from tickets.services.conversation.communicate import respond
from tickets.services.lifecycle.change import change
from tickets.services.lifecycle.escalate import fire_due
from tickets.services.lifecycle.status import change_status, wait

ROUNDS = int(os.environ.get("RACE_ROUNDS", "30"))

pytestmark = pytest.mark.django_db(transaction=True)

# Just before and just after the response deadline (8 h) of a Medium ticket.
IN_TIME, TOO_LATE = after(hours=8), after(hours=8, seconds=1)


CHANGES = {
    "reply": lambda number, by: respond(number, content="In time.", by=by, now=IN_TIME),
    "pause": lambda number, by: wait(number, by=by, now=IN_TIME),
    "resolve": lambda number, by: change_status(number, to="Resolved", by=by, now=IN_TIME),
}


ORDERS = list(permutations(["change", "sweep", "another sweep"]))


@pytest.mark.parametrize("kind", CHANGES)
def test_what_was_confirmed_first_decides(desk, race, kind, looked_at):
    """The log's order is the order of confirmation: nothing of a stopped clock may follow."""
    won = Counter()
    for turn in range(ROUNDS):
        number = desk.ticket().ticket_id
        # So that the change escalates nothing itself: the version alone stands between the two.
        fire_due(number, now=after(hours=7))
        order = ORDERS[turn % len(ORDERS)] if turn % 2 else ()  # each order, and none given
        race.run(
            order,
            **{
                "change": lambda number=number: CHANGES[kind](number, desk.rep),
                "sweep": lambda number=number: fire_due(number, now=TOO_LATE),
                "another sweep": lambda number=number: fire_due(number, now=TOO_LATE),
            },
        )
        assert race.failed >= 1, "nobody met anybody: that was no race"
        lines = log_of(number)
        breaches = [line for line in lines if line.rule == "response-breached"]
        changed = next(
            line
            for line in lines
            if (line.created_by == desk.rep.user_id and line.type != "System Update")
            or any(item.field in ("status", "waiting") for item in line.changes or ())
        )
        records = [record.rule for record in escalations_of(number)]
        assert len(records) == len(set(records)), "a rule fired twice"
        swept_first = bool(breaches) and lines.index(breaches[0]) < lines.index(changed)
        won["sweep" if swept_first else "change"] += 1
        if order:
            assert swept_first == (order[0] != "change"), f"{order}: the first one did not decide"
        # A pause leaves the response clock running: it is late in either order.
        late = swept_first or kind == "pause"
        assert len(breaches) == late, f"{order}: {[line.rule for line in lines]}"
        assert (stored(number).sla.response_breached_at == after(hours=8)) == late
    assert min(won["sweep"], won["change"]) >= ROUNDS // 8, f"only one of them ever won: {won}"
    looked_at(f"{kind}: {ROUNDS} rounds, {dict(won)}")


def test_a_late_reply_and_a_sweep_record_one_breach_at_the_deadline(desk, race):
    for turn in range(ROUNDS):
        number = desk.ticket().ticket_id
        race.run(
            [["reply", "sweep"], ["sweep", "reply"], []][turn % 3],
            reply=lambda number=number: respond(
                number, content="Late.", by=desk.rep, now=after(hours=9)
            ),
            sweep=lambda number=number: fire_due(number, now=after(hours=9)),
        )
        assert race.failed == 1, "they did not meet"
        rules = sorted(record.rule for record in escalations_of(number))
        assert rules == ["response-at-risk", "response-breached"]
        assert stored(number).sla.response_breached_at == after(hours=8)


def test_whoever_finds_nothing_to_do_writes_nothing_and_undoes_nothing(desk, race):
    number = desk.ticket().ticket_id

    def nothing(draft):
        respond(number, content="In between.", by=desk.rep, now=after(hours=1))

    change(number, nothing, by=SYSTEM, now=after(hours=1))

    assert race.failed == 0, "it wrote, and met the reply"
    assert stored(number).version == 2
    assert "In between." in [line.content for line in log_of(number)]
