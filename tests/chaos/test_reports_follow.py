"""Reports follow fifty changes a second on a running desk.

A long form alone: REPORT_CHANGES is how many. The desk serves as `make run` starts it, on this
machine, which also makes the changes.
"""

import json
import os
import threading
import time
import urllib.request
from datetime import UTC, datetime

import pytest

from tests.bench.clients import as_json, bearer
from tests.chaos.desk import RunningDesk

CHANGES = int(os.environ.get("REPORT_CHANGES", "0"))
A_SECOND = 50
CLIENTS = 4
AT_MOST = 10
"""Seconds that reports may lack."""

pytestmark = [
    pytest.mark.skipif(not CHANGES, reason="long: set REPORT_CHANGES to a number of changes"),
    pytest.mark.timeout(1_800),
]


@pytest.fixture
def desk(tmp_path):
    running = RunningDesk(tmp_path, API_REQUESTS_PER_MINUTE="0", LOG_LEVEL="WARNING")
    running.start()
    yield running
    running.interrupt()


def ask(desk, headers, path, body=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{desk.port}{path}", body.encode() if body else None, headers
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def test_reports_are_complete_within_seconds_of_fifty_changes_a_second(desk, looked_at):
    headers = bearer(desk.manage("create_api_token", "supervisor").splitlines()[-1])
    [customer, *_more] = ask(desk, headers, "/api/customers?limit=1")["items"]
    while lacks(desk, headers):
        time.sleep(0.5)  # until the demo data are counted
    before = ask(desk, headers, "/api/tickets/analytics")["totals"]["created"]
    began, made = time.monotonic(), []

    def change(client):
        for number in range(client, CHANGES, CLIENTS):
            time.sleep(max(began + number / A_SECOND - time.monotonic(), 0))
            body = as_json(
                customerId=customer["customerId"],
                subject=f"Change {number}",
                description="x",
                category="Shipping",
                priority="Low",
            )
            made.append(ask(desk, headers, "/api/tickets", body)["ticketId"])

    clients = [threading.Thread(target=change, args=(client,)) for client in range(CLIENTS)]
    for client in clients:
        client.start()
    lacked = []
    while any(client.is_alive() for client in clients) or not lacked or lacked[-1]:
        lacked.append(lacks(desk, headers))
        time.sleep(0.5)
        assert time.monotonic() - began < 1_200, "reports do not become complete"
    took = max(len(made) / A_SECOND, 1)
    rate = len(made) / (time.monotonic() - began)

    found = ask(desk, headers, "/api/tickets/analytics")
    assert found["completeUntil"] is None
    assert found["totals"]["created"] == before + CHANGES
    looked_at(
        f"{CHANGES} creations at {rate:.0f} a second (asked: {A_SECOND}, {took:.0f} s); reports "
        f"lacked at most {max(lacked):.1f} s"
    )
    assert max(lacked) <= AT_MOST


def lacks(desk, headers):
    """Seconds that reports lack: 0 if they are complete."""
    until = ask(desk, headers, "/api/tickets/analytics")["completeUntil"]
    if until is None:
        return 0.0
    return (datetime.now(UTC) - datetime.fromisoformat(until)).total_seconds()
