"""What a change costs the figures does not depend on how much there is to count."""

import os
from datetime import UTC, datetime

import pytest

from helpdesk.dynamo import capacity
from reporting.services import facts, rollups
from reporting.store import queries
from tests.bench.population import busy_day
from tests.figures import rolled
from tests.world import NOON, after
from tickets.services.conversation.communicate import respond

COUNTS = [int(word) for word in os.environ.get("BUSY_DAYS", "100,10000").split(",")]
"""Facts of the day: the long form also has 100,000, each of them stored."""


@pytest.fixture
def prices(desk):
    """What a creation and a first reply cost, on days of so many facts."""

    def of(count):
        queries.delete_others(0)
        day = datetime(NOON.year, NOON.month, NOON.day, tzinfo=UTC)
        busy_day(day, count, with_facts=count if os.environ.get("BUSY_DAYS") else 0)
        found = []
        ticket = desk.ticket(now=after(minutes=count % 7))
        for change in (
            lambda: None,
            lambda: respond(ticket.ticket_id, content="x", by=desk.rep, now=after(hours=1)),
        ):
            change()
            with capacity.counting() as used:
                assert facts.update_facts([ticket.ticket_id]) == 1
                assert rollups.roll_up() == 1
            found.append((used.requests, used.capacity))
        rolled()
        return found

    return of


def test_a_change_costs_the_same_on_a_quiet_day_and_on_a_busy_one(prices, looked_at):
    found = {count: prices(count) for count in COUNTS}
    quiet = found[COUNTS[0]]
    for count, prices_of_day in found.items():
        for (requests, units), (few, least) in zip(prices_of_day, quiet, strict=True):
            assert requests == few, count
            assert units <= 1.2 * least, (count, units, least)
    looked_at(f"a change on days of {COUNTS} facts: {found}")
