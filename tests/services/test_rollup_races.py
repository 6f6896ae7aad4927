"""Many who count figures at once, while changes come and a rebuild runs: nothing twice, nothing
lost."""

import random
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from django.db import connection

from helpdesk.errors import Busy
from reporting.services import facts, report, rollups
from reporting.services.query import ReportQuery
from reporting.store import queries, rows
from tests.figures import ALL, everything, random_history, rolled
from tests.world import after, settle
from tickets.domain.errors import DomainError
from tickets.domain.ticket import Priority
from tickets.services.lifecycle.edit import edit

LATER = after(days=40)

pytestmark = pytest.mark.django_db(transaction=True)


def test_changes_workers_and_a_rebuild_at_once_count_each_ticket_once(desk, monkeypatch):
    monkeypatch.setattr(rows, "WRITTEN", 25)
    random_history(desk, seed=21, tickets=5)
    settle()
    numbers = [str(number) for number in range(1, 6)]

    def count():
        for _round in range(8):
            rollups.roll_up(limit=3)

    def change(seed):
        chance = random.Random(seed)
        for _round in range(3):
            for number in chance.sample(numbers, 2):
                with suppress(DomainError, Busy):  # somebody was quicker
                    edit(number, priority=chance.choice([*Priority]).value, by=desk.rep, now=LATER)
            facts.update_facts(chance.sample(numbers, 3))

    def alone(work):
        try:
            work()
        finally:
            connection.close()

    works = [count, count, lambda: change(1), lambda: change(2), rollups.rebuild]
    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(alone, work) for work in works]:
            done.result()
    facts.update_facts(numbers)
    rolled()

    counted = everything()
    created = report.report(ReportQuery(ALL, include_merged=True)).row[0]
    rollups.rebuild()
    assert report.report(ReportQuery(ALL, include_merged=True)).row[0] == created
    assert everything() == counted


def test_changes_that_somebody_counted_meanwhile_are_not_counted_again(desk, monkeypatch):
    desk.ticket()
    settle()
    read, raced = queries.changes, []

    def overtaken(*given, **more):
        found = read(*given, **more)
        if not raced:
            raced.append(True)
            assert rollups.roll_up() == 1
        return found

    monkeypatch.setattr(queries, "changes", overtaken)
    assert rollups.roll_up() == 0, "somebody else has begun a batch since"
    rolled()
    assert report.report(ReportQuery(ALL)).row[0] == 1
