"""A cursor is walked to the end while tickets change; WALK_TICKETS=10000 makes the way long."""

import os
from collections import Counter
from datetime import timedelta

import pytest

from tests.bench.population import open_tickets
from tests.world import NOON, after
from tickets.services.lifecycle.edit import edit
from tickets.services.lifecycle.status import change_status
from tickets.services.lists import search

TICKETS = int(os.environ.get("WALK_TICKETS", "300"))
FIRST = 1_000
PAGE = 100 if TICKETS > 1_000 else 25

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def many(desk):
    """Several tickets a second, so that places in the order are shared."""
    open_tickets(
        FIRST,
        TICKETS,
        customer_id=desk.customer.customer_id,
        created=NOON,
        spread=timedelta(seconds=TICKETS / 3),
    )
    search.rebuild()
    return {str(FIRST + place) for place in range(TICKETS)}


def walk(program, query, between):
    """Every number that the pages show, in order; `between` happens after each page."""
    seen, cursor, page = [], "", 0
    while cursor is not None:
        answer = program.get(f"/tickets?{query}&limit={PAGE}&cursor={cursor}")
        assert answer.status_code == 200, answer.json()
        shown = [ticket["ticketId"] for ticket in answer.json()["items"]]
        seen += shown
        cursor = answer.json()["nextCursor"]
        between(page, shown)
        page += 1
    return seen


def test_by_creation_nobody_is_missed_or_seen_twice(program, desk, many, looked_at):
    changed = set()

    def meanwhile(page, shown):
        new = desk.ticket(now=after(days=1, minutes=page))  # before the first page
        edit(new.ticket_id, tags=["new"], by=desk.rep, now=after(days=1, minutes=page))
        behind, ahead = FIRST + page, FIRST + TICKETS - 1 - page
        for number in (behind, ahead, int(shown[0]) if shown else behind):
            edit(str(number), priority="High", by=desk.rep, now=after(days=1, minutes=page))
            changed.add(str(number))

    seen = walk(program, "sort=-createdAt", meanwhile)

    assert len(seen) == len(set(seen))
    assert many <= set(seen)
    assert len(changed) > TICKETS / PAGE
    looked_at(f"by creation: {len(seen):,} seen, {len(changed):,} changed meanwhile")


def test_with_a_filter_whoever_matched_throughout_is_seen_once(program, desk, many, looked_at):
    left = set()

    def meanwhile(page, shown):
        for number in (FIRST + 3 * page, FIRST + TICKETS - 1 - 5 * page):
            if str(number) in many - left:
                change_status(str(number), to="Closed", by=desk.rep, now=after(days=1))
                left.add(str(number))

    seen = walk(program, "sort=-createdAt&status=Open&priority=Medium", meanwhile)

    assert len(seen) == len(set(seen))
    assert many - left <= set(seen)
    looked_at(f"with a filter: {len(seen):,} seen, {len(left):,} left meanwhile")


@pytest.mark.parametrize(
    "query",
    [
        "sort=slaDeadline&status=Open",  # from an index of DynamoDB
        "sort=slaDeadline",
        "sort=-updatedAt",
    ],
)
def test_by_other_orders_only_whoever_moved_is_seen_again(program, desk, many, query, looked_at):
    moved = set()

    def meanwhile(page, shown):
        for number in (FIRST + 7 * page, FIRST + TICKETS - 1 - 7 * page):
            if str(number) in many - moved:
                edit(str(number), priority="Low", by=desk.rep, now=after(days=1, minutes=page))
                moved.add(str(number))

    seen = walk(program, query, meanwhile)

    twice = {number for number, times in Counter(seen).items() if times > 1}
    assert many - moved <= set(seen)
    assert twice <= moved
    looked_at(f"{query}: {len(seen):,} seen, {len(moved):,} moved meanwhile")
