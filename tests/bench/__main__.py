"""python -m tests.bench [--tickets N …] [--million] [--storm N] [--requests N]"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.bench.clients import Request, as_json, bearer, measured, session
from tests.bench.report import as_page, by_hand
from tests.chaos.desk import ROOT, RunningDesk

DOCS = ROOT / "docs"
TICKET = "1000000"  # has five communications
PAGES = {
    "my work": "/",
    "all active": "/tickets/?view=active",
    "unassigned": "/tickets/?view=unassigned",
    "open and high": "/tickets/?view=all&status=Open&priority=High",
    "search": "/tickets/?q=yokohama+status:open",
    "workload": "/team/",
    "ticket": f"/tickets/{TICKET}/",
    "new ticket": "/tickets/new/",
}
SUPERVISED = {
    "SLA dashboard": "/sla/",
    "report of a year": "/reports/?from=2025-01-01&until=2025-12-31&by=month",
}
READS = {
    "API: list of 25": "/api/tickets?limit=25",
    "API: open ones, 25": "/api/tickets?status=Open&limit=25",
    "API: ticket": f"/api/tickets/{TICKET}",
}
PERIOD = 30
STORM_BEGINS, STORM_LASTS = 90, 60
CLIENTS = 4
MILLION = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--tickets", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--million", action="store_true", help="a million tickets, too: an hour")
    parser.add_argument("--storm", type=int, default=5_000)
    parser.add_argument("--requests", type=int, default=150)
    asked = parser.parse_args()
    sizes = [*asked.tickets, *([MILLION] if asked.million else [])]
    figures: dict[str, Any] = {"sizes": {}}
    for size in sizes:
        print(f"--- {size:,} tickets", flush=True)
        storm = asked.storm if size == sizes[-1] else 0
        figures["sizes"][str(size)] = one_size(size, storm, asked.requests)
    figures["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    figures["machine"] = f"{platform.machine()}, Python {platform.python_version()}"
    figures["command"] = " ".join(
        ["make bench", *([f'ARGS="{" ".join(sys.argv[1:])}"'] if sys.argv[1:] else [])]
    )
    (DOCS / "benchmarks.json").write_text(json.dumps(figures, indent=2) + "\n")
    page = DOCS / "benchmarks.md"
    page.write_text(as_page(figures) + by_hand(page.read_text()))
    print(f"written: {page}")


def one_size(size: int, storm: int, requests: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        desk = RunningDesk(
            Path(folder),
            SLA_SWEEP_SECONDS=str(PERIOD),
            LOG_LEVEL="WARNING",
            API_REQUESTS_PER_MINUTE="0",
        )
        desk.start()
        try:
            found: dict[str, Any] = {"population": inside(desk, "populate", size)}
            found["rebuild_reports"] = inside(desk, "rebuild_reports", min(size, 10_000))
            at_rest(desk)
            found["lists"] = inside(desk, "lists", size)
            found["pages"] = pages(desk, requests)
            found["writes"] = writes(desk, requests)
            found["memory"] = desk_memory(desk)
            if storm:
                found["storm"] = weather(desk, storm)
            found["sweep"] = inside(desk, "sweep_cost", 500)
        finally:
            desk.interrupt()
    print(json.dumps(found, indent=1), flush=True)
    return found


def at_rest(desk: RunningDesk) -> None:
    """Wait until workers have done what the population left them."""
    until = time.time() + 600
    printed = desk.python("tests/chaos/population.py", "settle", str(until)).splitlines()[-1]
    assert not any(json.loads(printed).values()), f"the desk does not come to rest: {printed}"


def inside(desk: RunningDesk, what: str, *numbers: int) -> Any:
    """Run a part of measure.py in our own environment."""
    engines = dict(
        line.split("=", 1) for line in (desk.data / "engines.env").read_text().splitlines()
    )
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.measure", what, *map(str, numbers)],
        cwd=ROOT,
        env={**desk.env, **engines},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def pages(desk: RunningDesk, requests: int) -> dict[str, dict[str, Any]]:
    """Each page for one client and for CLIENTS at once."""
    rep, supervisor = session(desk, "rep"), session(desk, "supervisor")
    token = bearer(desk.manage("create_api_token", "rep").splitlines()[-1])
    asked = {
        **{name: Request("GET", path, rep) for name, path in PAGES.items()},
        **{name: Request("GET", path, supervisor) for name, path in SUPERVISED.items()},
        **{name: Request("GET", path, token) for name, path in READS.items()},
    }
    return {name: one_and_many(desk, request, requests) for name, request in asked.items()}


def writes(desk: RunningDesk, requests: int) -> dict[str, dict[str, Any]]:
    """Creation, answer and assignment through the API."""
    token = bearer(desk.manage("create_api_token", "rep").splitlines()[-1])
    customer = inside(desk, "customer")
    users = inside(desk, "users")

    def creation(number: int) -> str:
        return as_json(
            customerId=customer,
            subject=f"Benchmark {number}",
            description="x" * 500,
            category="Shipping",
            priority="Low",
        )

    def answer(number: int) -> str:
        return as_json(type="Customer Response", content=f"On its way, {number}.")

    def assignment(number: int) -> str:
        return as_json(assignedTo=users[number % len(users)])

    # Each client has tickets of its own: two people rarely write to one ticket at once.
    made = [inside(desk, "fresh_ticket") for _client in range(CLIENTS)]
    asked = {
        "API: create": Request("POST", "/api/tickets", token, creation, (201,)),
        "API: communicate": Request("POST", "/api/tickets/{}/communicate", token, answer, (201,)),
        "API: assign": Request("POST", "/api/tickets/{}/assign", token, assignment),
    }
    return {name: one_and_many(desk, request, requests, made) for name, request in asked.items()}


def one_and_many(
    desk: RunningDesk, request: Request, count: int, tickets: list[str] | None = None
) -> dict[str, Any]:
    alone = measured(desk, request, clients=1, count=count, tickets=tickets)
    together = measured(desk, request, clients=CLIENTS, count=max(count // 2, 20), tickets=tickets)
    return {**alone, "together": together}


def desk_memory(desk: RunningDesk) -> list[int]:
    """MB that each web process has for itself or shares (proportional set size), after the load."""
    found = []
    for pid in desk.parts()["web"]:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        found.append(kilobytes // 1_024)
    return found


def weather(desk: RunningDesk, storm: int) -> Any:
    """Milestones that all fall due within a minute: how long after are they fired?"""
    over = time.monotonic() + STORM_BEGINS + STORM_LASTS
    inside(desk, "storm", storm, STORM_BEGINS, STORM_LASTS)
    time.sleep(max(over - time.monotonic(), 0))
    deadline = time.monotonic() + 400
    while left := inside(desk, "storm_left", storm):
        assert time.monotonic() < deadline, f"{left} milestones of the storm were not fired"
        time.sleep(PERIOD / 5)
    found = inside(desk, "storm_result", storm)
    return {**found, "count": storm, "period": PERIOD, "rate": storm / found["busy_seconds"]}


if __name__ == "__main__":
    main()
