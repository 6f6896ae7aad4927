"""docs/benchmarks.md, from the figures."""

import itertools
from typing import Any

AIMS = {
    "all active": 25,
    "open and high": 25,
    "ticket": 25,
    "SLA dashboard": 25,
    "search": 50,
    "report of a year": 150,
    "API: list of 25": 15,
}
"""Milliseconds that the median should not exceed at 100,000 tickets."""

AIMED_AT = "100000"
GROWTH = 1.15
WRITES_A_SECOND = 80
"""Creations and answers, for each web process."""
ESCALATIONS_A_SECOND = 300
WEB_PROCESSES = 2
MOST_MEMORY = 150


BY_HAND = "## Pages against the release before"
"""The heading from which on the page is kept as it is: it compares two commits, which no run of
one can."""


def by_hand(page: str) -> str:
    """Return the part of an earlier page that is kept, with an empty line before it; or ""."""
    _measured, heading, kept = page.partition(f"\n{BY_HAND}\n")
    return heading + kept


def as_page(figures: dict[str, Any]) -> str:
    sizes: dict[str, dict[str, Any]] = figures["sizes"]
    lines = [
        "# Benchmarks",
        "",
        f"Written by `{figures['command']}` on {figures['at']} ({figures['machine']}): two gunicorn "
        "workers of four threads, as `make run` starts them (DEBUG on, and each page counts what it "
        "costs), the embedded engine on a file, over loopback with keep-alive, a session or a token. "
        "Worker and beat share the machine. Milliseconds at 50 / 95 / 99 % for one client; then requests a second of "
        "one client and of four at once. Machines are noisy: compare within a run.",
        "",
        "## Pages and the API, by tickets",
        "",
        "| what | " + " | ".join(f"{int(size):,}" for size in sizes) + " | ratios |",
        "| --- |" + " --- |" * (len(sizes) + 1),
    ]
    for kind in ("pages", "writes"):
        for name in next(iter(sizes.values()))[kind]:
            found = [one[kind][name] for one in sizes.values()]
            cells = [_timing(one) for one in found]
            lines.append(f"| {name} | {' | '.join(cells)} | {_ratios(found)} |")
    lines += [
        "",
        "What one of them costs: requests to DynamoDB / capacity units / SQL queries.",
        "",
        "| what | " + " | ".join(f"{int(size):,}" for size in sizes) + " |",
        "| --- |" + " --- |" * len(sizes),
    ]
    for kind in ("pages", "writes"):
        for name in next(iter(sizes.values()))[kind]:
            cells = [_cost(one[kind][name]["cost"]) for one in sizes.values()]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    lines += ["", "## Aims, and what was reached", "", *_aims(sizes)]
    lines += _lists(sizes) + _rates(sizes) + _sweeps(sizes)
    return "\n".join(lines) + "\n"


def _timing(one: dict[str, Any]) -> str:
    together = one["together"]["rate"]
    return f"{one['p50']:g} / {one['p95']:g} / {one['p99']:g}; {one['rate']:g} and {together:g}/s"


def _cost(cost: dict[str, float]) -> str:
    return f"{cost['requests']:g} / {cost['units']:g} / {cost['queries']:g}"


def _ratios(found: list[dict[str, Any]]) -> str:
    pairs = itertools.pairwise(found)
    return ", ".join(f"{after['p50'] / before['p50']:.2f}" for before, after in pairs) or "–"


def _aims(sizes: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["| aim | figure | |", "| --- | --- | --- |"]

    def row(aim: str, figure: str, reached: bool) -> None:
        lines.append(f"| {aim} | {figure} | {'reached' if reached else '**not reached**'} |")

    if aimed := sizes.get(AIMED_AT):
        for name, most in AIMS.items():
            median = aimed["pages"][name]["p50"]
            row(f"{name}: median at most {most} ms at 100,000", f"{median:g} ms", median <= most)
    names = list(sizes)
    for before, after in itertools.pairwise(names):
        for name in AIMS:
            ratio = sizes[after]["pages"][name]["p50"] / sizes[before]["pages"][name]["p50"]
            row(
                f"{name}: at {int(after):,} at most {GROWTH} times {int(before):,}",
                f"{ratio:.2f}",
                ratio <= GROWTH,
            )
    last = sizes[names[-1]]
    for name in ("API: create", "API: communicate"):
        rate = last["writes"][name]["together"]["rate"] / WEB_PROCESSES
        row(
            f"{name}: at least {WRITES_A_SECOND} a second for each web process",
            f"{rate:.0f}",
            rate >= WRITES_A_SECOND,
        )
    if storm := last.get("storm"):
        row(
            f"sweep: at least {ESCALATIONS_A_SECOND} escalations a second with two worker processes",
            f"{storm['rate']:.0f}",
            storm["rate"] >= ESCALATIONS_A_SECOND,
        )
    memory = max(last["memory"])
    row(
        f"a web process under {MOST_MEMORY} MB after the load of this run",
        f"{memory} MB",
        memory < MOST_MEMORY,
    )
    return lines


def _lists(sizes: dict[str, dict[str, Any]]) -> list[str]:
    lines = [
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
            f"{one['lists'][name]['requests']} / {one['lists'][name]['capacity']:g} / {one['lists'][name]['ms']}"
            for one in sizes.values()
        ]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return lines


def _rates(sizes: dict[str, dict[str, Any]]) -> list[str]:
    search = ", ".join(
        f"{int(size) / one['population']['rebuild_search_seconds']:,.0f} a second of {int(size):,}"
        for size, one in sizes.items()
    )
    reports = ", ".join(
        f"{one['rebuild_reports']['rate']:,.0f} a second of {one['rebuild_reports']['tickets']:,}"
        for one in sizes.values()
    )
    return [
        "",
        f"`rebuild_search` takes {search}; `rebuild_reports` {reports}.",
        "",
        "Memory of the web processes after the load, in MB (proportional set size): "
        + "; ".join(
            f"{int(size):,} tickets: {', '.join(map(str, one['memory']))}"
            for size, one in sizes.items()
        )
        + ".",
    ]


def _sweeps(sizes: dict[str, dict[str, Any]]) -> list[str]:
    lines = [
        "",
        "## What a sweep reads",
        "",
        "| open tickets | due | requests | capacity |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {int(size):,} | {one['sweep']['due']} | {len(one['sweep']['requests'])} | {one['sweep']['capacity']} |"
        for size, one in sizes.items()
    ]
    for one in sizes.values():
        if storm := one.get("storm"):
            lines += [
                "",
                "## From due to fired",
                "",
                f"{storm['count']:,} milestones fell due within one minute, sweeps every "
                f"{storm['period']} s, two worker processes: 50 % were fired within {storm['p50']:g} s, "
                f"95 % within {storm['p95']:g} s, the last after {storm['max']:g} s; "
                f"{storm['rate']:.0f} a second while a sweep was at work.",
            ]
    return lines
