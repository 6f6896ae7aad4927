"""python -m tests.bench [--tickets N …] [--storm N]"""

import argparse
import http.client
import json
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.chaos.desk import ROOT, Browser, RunningDesk

DOCS = ROOT / "docs"
PAGES = {
    "my work": "/",
    "all active": "/tickets/?view=active",
    "unassigned": "/tickets/?view=unassigned",
    "open and high": "/tickets/?view=all&status=Open&priority=High",
    "search": "/tickets/?q=yokohama+status:open",
    "who has what": "/team/",
    "ticket": "/tickets/1000000/",
    "new ticket": "/tickets/new/",
}
REQUESTS = 150
PERIOD = 30


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--tickets", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--storm", type=int, default=5_000)
    asked = parser.parse_args()
    figures: dict[str, Any] = {"sizes": {}}
    for size in asked.tickets:
        print(f"--- {size} tickets", flush=True)
        figures["sizes"][str(size)] = one_size(
            size, asked.storm if size == asked.tickets[-1] else 0
        )
    figures["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    figures["machine"] = f"{platform.machine()}, Python {platform.python_version()}"
    (DOCS / "benchmarks.json").write_text(json.dumps(figures, indent=2) + "\n")
    (DOCS / "benchmarks.md").write_text(as_page(figures))
    print(f"written: {DOCS / 'benchmarks.md'}")


def one_size(size: int, storm: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        desk = RunningDesk(Path(folder), SLA_SWEEP_SECONDS=str(PERIOD), LOG_LEVEL="WARNING")
        desk.start()
        try:
            found: dict[str, Any] = {"population": measure(desk, "populate", size)}
            found["lists"] = measure(desk, "lists", size)
            found["pages"] = pages(desk)
            found["writes"] = writes(desk)
            if storm:
                found["storm"] = weather(desk, storm)
            found["sweep"] = measure(desk, "sweep_cost", 500)
        finally:
            desk.interrupt()
    print(json.dumps(found, indent=1), flush=True)
    return found


def measure(desk: RunningDesk, what: str, *numbers: int) -> Any:
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


def pages(desk: RunningDesk) -> dict[str, dict[str, float]]:
    """Milliseconds of each page for one client that keeps its connection."""
    browser = Browser(desk)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.jar)
    line = http.client.HTTPConnection("127.0.0.1", desk.port)
    found = {}
    for name, path in PAGES.items():
        times = []
        for number in range(REQUESTS + 20):
            began = time.perf_counter()
            line.request("GET", path, headers={"Cookie": cookies})
            answer = line.getresponse()
            answer.read()
            assert answer.status == 200, f"{path}: {answer.status}"
            if number >= 20:
                times.append((time.perf_counter() - began) * 1_000)
        found[name] = spread(times)
    return found


def writes(desk: RunningDesk) -> dict[str, dict[str, float]]:
    """Milliseconds of a creation and of an answer, the page that follows included."""
    browser = Browser(desk)
    customer = browser.get("/tickets/new/customers/?customer_search=giulia").split(
        'name="customer" value="'
    )[1][:26]
    token = browser.token("/tickets/new/")
    creations, answers = [], []
    for number in range(REQUESTS):
        fields = {
            "csrfmiddlewaretoken": token,
            "customer": customer,
            "subject": f"Benchmark {number}",
            "description": "x" * 500,
            "category": "Shipping",
            "priority": "Low",
        }
        began = time.perf_counter()
        address = browser.send("/tickets/new/", fields)
        creations.append((time.perf_counter() - began) * 1_000)
        began = time.perf_counter()
        browser.send(f"{address}reply/", {"csrfmiddlewaretoken": token, "content": "On its way."})
        answers.append((time.perf_counter() - began) * 1_000)
    return {
        "create, then the ticket": spread(creations),
        "answer, then the ticket": spread(answers),
    }


def weather(desk: RunningDesk, storm: int) -> Any:
    """Milestones that all fall due within a minute: how long after are they fired?"""
    measure(desk, "storm", storm, 45)
    deadline = time.monotonic() + 400
    while True:
        time.sleep(5)
        found = measure(desk, "storm_result", storm)
        if found["fired"] >= storm:
            return {
                **found,
                "count": storm,
                "period": PERIOD,
                "rate": storm / found["busy_seconds"],
            }
        assert time.monotonic() < deadline, f"the storm was not worked off: {found}"


def spread(times: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(times, n=100)
    return {name: round(cuts[place], 1) for name, place in (("p50", 49), ("p95", 94), ("p99", 98))}


def as_page(figures: dict[str, Any]) -> str:
    sizes = figures["sizes"]
    lines = [
        "# Benchmarks",
        "",
        f"Written by `make bench` on {figures['at']} ({figures['machine']}), two gunicorn workers of "
        "four threads, the embedded engine on a file, over loopback with keep-alive and a session. "
        "Milliseconds; machines are noisy, so compare within a run.",
        "",
        "## Pages, by open tickets",
        "",
        "| page | " + " | ".join(f"{int(size):,}: 50 / 95 / 99 %" for size in sizes) + " |",
        "| --- |" + " --- |" * len(sizes),
    ]
    for kind in ("pages", "writes"):
        for name in next(iter(sizes.values()))[kind]:
            cells = [
                " / ".join(str(found[kind][name][cut]) for cut in ("p50", "p95", "p99"))
                for found in sizes.values()
            ]
            lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "## What the page of a list asks for",
        "",
        "Requests to DynamoDB / capacity units / milliseconds (median, without the page around it).",
        "",
        "| list | " + " | ".join(f"{int(size):,}" for size in sizes) + " |",
        "| --- |" + " --- |" * len(sizes),
    ]
    for name in next(iter(sizes.values()))["lists"]:
        cells = [
            f"{found['lists'][name]['requests']} / {found['lists'][name]['capacity']:g} / {found['lists'][name]['ms']}"
            for found in sizes.values()
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    rates = ", ".join(
        f"{size / found['population']['rebuild_search_seconds']:,.0f} a second of {size:,}"
        for size, found in ((int(size), found) for size, found in sizes.items())
    )
    lines += ["", f"`rebuild_search` takes {rates}."]
    lines += [
        "",
        "## What a sweep reads",
        "",
        "| open tickets | due | requests | capacity |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {int(size):,} | {found['sweep']['due']} | {len(found['sweep']['requests'])} | {found['sweep']['capacity']} |"
        for size, found in sizes.items()
    ]
    for found in sizes.values():
        if storm := found.get("storm"):
            lines += [
                "",
                "## From due to fired",
                "",
                f"{storm['count']:,} milestones fell due within one minute, sweeps every "
                f"{storm['period']} s, two worker processes: 50 % were fired within {storm['p50']:g} s, "
                f"95 % within {storm['p95']:g} s, the last after {storm['max']:g} s; "
                f"{storm['rate']:.0f} a second while a sweep was at work.",
            ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
