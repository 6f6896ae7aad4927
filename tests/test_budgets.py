"""What each operation may ask of DynamoDB, SQL, Redis and Celery: time varies, this does not.

First in the web process, then in the worker for what the operation leaves to it. `make bench` has
the processor time of the same operations.
"""

from datetime import timedelta
from itertools import cycle

import pytest
from django.core.cache import cache

from helpdesk.accounts.tokens import make_token
from helpdesk.clock import this_second
from tests.api.conftest import Program
from tests.spending import Spent, counted, server
from tickets.services.conversation.communicate import note, respond
from tickets.services.lifecycle.escalate import sweep

BURST = 25
"""Changes that the outbox has in one batch, as when they come quicker than a worker takes them."""

AT_RISK = timedelta(hours=6)
"""The age at which a Medium ticket passes its first milestone, and no other."""

# Requests to DynamoDB, capacity units, SQL statements, round trips to Redis, tasks.
PAGES = {
    "/tickets/?view=active": Spent(3, 6, 14, 4),
    "/tickets/{}/": Spent(4, 7, 14, 3),
    "/sla/": Spent(2, 2, 11, 4),
    "/tickets/?q=car+status:open": Spent(2, 26, 15, 2),
    "/reports/?from=2025-11-01&until=2026-10-31&by=month": Spent(12, 10, 11, 2),
    "/api/tickets?limit=25": Spent(1, 13, 3),
    # The ticket and its log are four kilobytes, a little less or more by the length of ids.
    "/api/tickets/{}": Spent(1, 2, 2),
}
CHANGES = {
    "create": (Spent(3, 19, 14, 2, 1), Spent(26, 112, 11, 21, 3), Spent(3.5, 18, 4, 1.5, 0.2)),
    "communicate": (Spent(3, 27, 10, 2, 1), Spent(32, 205, 14, 21, 3), Spent(12, 39, 8, 2, 0.2)),
    "assign": (Spent(2, 17, 11, 2, 1), Spent(22, 209, 11, 22, 3), Spent(3.5, 28, 4.5, 2.5, 0.2)),
    "escalation": (
        Spent(1.2, 20, 0.2, 2.5, 0.2),
        Spent(24, 126, 14, 23, 3),
        Spent(5.5, 27, 7, 3.5, 0.2),
    ),
}
"""Where it is asked for; in the worker if it comes alone; there in a burst, each one's share. An
escalation is asked for by a sweep, which fires the burst's as one."""


@pytest.fixture
def till(transactional_db, desk, tmp_path, settings, monkeypatch):
    settings.API_REQUESTS_PER_MINUTE = 0
    with server(tmp_path) as url, counted(url, settings, monkeypatch) as made:
        yield made
        cache.close()


@pytest.fixture
def numbers(desk, till):
    """As many tickets as a page has and two more, the first with five messages."""
    found = [desk.ticket(now=this_second()).ticket_id for _place in range(52)]
    for write in (respond, note, respond, note, note):
        write(found[0], content="It is on board.", by=desk.rep)
    till.work()
    return found


@pytest.fixture
def changes(desk, client, numbers):
    """Changes that can be made again and again, by their names."""
    program = Program(client, make_token(desk.rep_user, name="tests")[1])
    others, colleagues = cycle(numbers[1:]), cycle((desk.rep, desk.rep2))
    new = {
        "customerId": desk.customer.customer_id,
        "subject": "Where is my car?",
        "description": "It should have arrived on Friday.",
        "category": "Shipping",
        "priority": "Low",
    }
    message = {"type": "Customer Response", "content": "It is on its way."}

    def made(path, body):
        answer = program.post(f"/tickets{path}", body)
        assert answer.status_code < 300, answer.content

    return {
        "create": lambda: made("", new),
        "communicate": lambda: made(f"/{next(others)}/communicate", message),
        "assign": lambda: made(f"/{next(others)}/assign", {"assignedTo": next(colleagues).user_id}),
    }


def test_pages_spend_no_more_than_their_budgets(desk, client, till, numbers, subtests):
    token = make_token(desk.supervisor_user, name="tests")[1]
    for address, budget in PAGES.items():
        asked = {"path": address.format(numbers[0])}
        if address.startswith("/api/"):
            client.logout()
            asked["headers"] = {"Authorization": f"Bearer {token}"}
        else:
            client.force_login(desk.supervisor_user)
        with subtests.test(address):
            assert client.get(**asked).status_code == 200
            hold(address, till.spent(lambda asked=asked: client.get(**asked)), budget)


def test_changes_spend_no_more_than_their_budgets(desk, till, changes, subtests):
    def overdue(count):
        for _place in range(count):
            desk.ticket(now=this_second() - AT_RISK + timedelta(minutes=1))
        till.work()

    def escalate(count):
        assert sweep(now=this_second() + timedelta(minutes=2)).fired == count

    for name, budgets in CHANGES.items():
        with subtests.test(name):
            if change := changes.get(name):
                change()
                till.work()
                asked, alone = till.spent(change), till.spent(till.work)
                for _place in range(BURST):
                    change()
            else:
                overdue(1)
                asked, alone = till.spent(lambda: escalate(1)), till.spent(till.work)
                overdue(BURST)
                asked = till.spent(lambda: escalate(BURST)).each(BURST)
            burst = till.spent(till.work).each(BURST)
            for when, spent, budget in zip(
                ("asked for", "alone", "in a burst"), (asked, alone, burst), budgets, strict=True
            ):
                hold(f"{name}, {when}", spent, budget)


def hold(what, spent, budget):
    dearer = [name for name, most in budget._asdict().items() if getattr(spent, name) > most]
    assert not dearer, f"{what}: {dearer}: {spent} is more than {budget}"
