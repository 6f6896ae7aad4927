"""python -m tests.bench [--tickets N …] [--storm N] [--requests N] [--postgres]"""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests import postgres
from tests.bench.operations import changes, reads
from tests.bench.production import ProductionDesk
from tests.bench.report import SIZES, as_page, by_hand
from tests.chaos.desk import ROOT

DOCS = ROOT / "docs"
PERIOD = 30
STORM_BEGINS, STORM_LASTS = 90, 60
IMPORTED = 1_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--tickets", type=int, nargs="+", default=[*SIZES])
    parser.add_argument("--storm", type=int, default=5_000)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--postgres", action="store_true", help="a PostgreSQL instead of SQLite")
    asked = parser.parse_args()
    figures: dict[str, Any] = {"sizes": {}, "database": "SQLite"}
    if asked.postgres:
        figures["database"] = "PostgreSQL"
    began = time.monotonic()
    for size in asked.tickets:
        print(f"--- {size:,} tickets", flush=True)
        storm = asked.storm if size == asked.tickets[-1] else 0
        with postgres.server() if asked.postgres else nullcontext("") as database:
            figures["sizes"][str(size)] = one_size(size, storm, asked.requests, database)
    figures["minutes"] = round((time.monotonic() - began) / 60, 1)
    figures["load"] = round(os.getloadavg()[0], 1)
    figures["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    figures["machine"] = (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )
    figures["command"] = " ".join(
        ["make bench", *([f'ARGS="{" ".join(sys.argv[1:])}"'] if sys.argv[1:] else [])]
    )
    (DOCS / "benchmarks.json").write_text(json.dumps(figures, indent=2) + "\n")
    page = DOCS / "benchmarks.md"
    page.write_text(as_page(figures) + by_hand(page.read_text()))
    print(f"written: {page}")


def one_size(size: int, storm: int, requests: int, database: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        desk = ProductionDesk(Path(folder), database=database, SLA_SWEEP_SECONDS=str(PERIOD))
        desk.start()
        try:
            people = desk.inside("people")
            found: dict[str, Any] = {"idle": desk.idle, "population": desk.inside("populate", size)}
            found["rebuild_reports"] = desk.inside("rebuild_reports", min(size, 10_000))
            desk.rest()
            found["lists"] = desk.inside("lists", size)
            found["operations"] = reads(desk, people, requests)
            found["changes"] = changes(desk, people, requests)
            found["memory"] = memory(desk)
            if storm:
                found["storm"] = weather(desk, storm)
                found["import"] = desk.inside("import_rate", IMPORTED)
            found["sweep"] = desk.inside("sweep_cost", 500)
        finally:
            desk.interrupt()
    print(json.dumps(found, indent=1), flush=True)
    return found


def memory(desk: ProductionDesk) -> dict[str, list[int]]:
    """MB that each process has for itself or shares (proportional set size), after the load."""
    found: dict[str, list[int]] = {}
    for part, pids in desk.parts().items():
        for pid in pids:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            kilobytes = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
            found.setdefault(part, []).append(kilobytes // 1_024)
    return found


def weather(desk: ProductionDesk, storm: int) -> Any:
    """Milestones that all fall due within a minute: how long after are they fired, for how much?"""
    over = time.monotonic() + STORM_BEGINS + STORM_LASTS
    desk.inside("storm", storm, STORM_BEGINS, STORM_LASTS)

    def pass_by() -> None:
        time.sleep(max(over - time.monotonic(), 0))
        deadline = time.monotonic() + 400
        while left := desk.inside("storm_left", storm):
            assert time.monotonic() < deadline, f"{left} milestones of the storm were not fired"
            time.sleep(PERIOD / 5)

    used = desk.spent(pass_by)
    found = desk.inside("storm_result", storm)
    return {
        **found,
        "count": storm,
        "period": PERIOD,
        "rate": storm / found["busy_seconds"],
        "ms": {part: ms / storm for part, ms in used.items()},
    }


if __name__ == "__main__":
    main()
