"""docs/benchmarks.md, from the figures."""

import itertools
from collections.abc import Iterator
from typing import Any

AIMS = {
    "all active": 14,
    "ticket": 14,
    "SLA dashboard": 14,
    "API: list of 25": 7,
    "API: ticket": 4,
    "search": 20,
    "report of a year": 40,
}
"""The most processor milliseconds of the web process."""

OF_CHANGES = {"alone": 14, "at_a_rate": 10}
"""The most of web process and worker together; of the web process OF_A_REQUEST."""
OF_A_REQUEST = 8
OF_AN_ESCALATION = 6
WAYS = {"alone": "singly", "at_a_rate": "at 50 a second"}
SIZES = (10_000, 100_000, 1_000_000)
"""How many tickets a run has of which nobody says another number."""
GROWTH = 1.15
DJANGO_HELPDESK = {"API: create": 102, "API: communicate": 70}
ITS_ESCALATIONS = 119
"""A second, with four clients, on PostgreSQL on two such cores."""
FOLLOWS_WITHIN = 5
HEAVIEST = 60_000
MOST_MEMORY = 150
DRAWN = ("all active", "ticket", "SLA dashboard", "search")
"""Operations of the chart."""


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
        f"Written by `{figures['command']}` on {figures['at']} ({figures['machine']}, load average "
        f"{figures['load']:g}) in {figures['minutes']:g} minutes, with the settings of production "
        f"(DEBUG off): two gunicorn workers of four threads, two worker processes and one for mail "
        f"and jobs, beat, the embedded engine on a file, {figures['database']}; over loopback with "
        "keep-alive, a session or a token. Processor milliseconds are those of /proc, less what the "
        "desk uses in the same time when nobody asks. Where others use the machine they grow, too: "
        "compare within a run." + _not_run(sizes),
        "",
        "## Processor milliseconds of one operation",
        "",
        "Web / engine; of changes: web / worker / engine / Redis, first where they come every two "
        "seconds, then at 50 a second. The ratios are of web, or of web and worker.",
        "",
        _head("what", sizes, "ratios"),
    ]
    for name in AIMS | dict.fromkeys(_first(sizes)["operations"], 0):
        found = [one["operations"][name]["ms"] for one in sizes.values()]
        cells = [_figures(one, "web", "engine") for one in found]
        lines.append(_row(name, cells, _ratios([one["web"] for one in found])))
    for name, (way, words) in itertools.product(_first(sizes)["changes"], WAYS.items()):
        found = [one["changes"][name][way]["ms"] for one in sizes.values()]
        cells = [_figures(one, "web", "worker", "engine", "redis") for one in found]
        lines.append(_row(f"{name}, {words}", cells, _ratios([_both(one) for one in found])))
    lines += ["", *_chart(sizes), "## What one asks for", ""]
    lines += ["Requests to DynamoDB / capacity units / SQL queries; kilobytes before compression."]
    lines += ["", _head("what", sizes)]
    for one_name, one_found in _everything(sizes):
        lines.append(_row(one_name, [_cost(one) for one in one_found]))
    lines += [
        "",
        "## Time",
        "",
        "Milliseconds at 50 / 95 / 99 % for one client; requests a second of four clients at once, "
        "and of changes the seconds after which the workers had followed.",
        "",
        _head("what", sizes),
    ]
    for one_name, one_found in _everything(sizes):
        lines.append(_row(one_name, [_timing(one) for one in one_found]))
    lines += ["", "## Aims, and what was reached", "", *_aims(sizes)]
    lines += _lists(sizes) + _rates(sizes) + _sweeps(sizes)
    return "\n".join(lines) + "\n"


def _not_run(sizes: dict[str, dict[str, Any]]) -> str:
    missing = [f"{size:,}" for size in SIZES if str(size) not in sizes]
    return f" **Not run here: {', '.join(missing)} tickets.**" if missing else ""


def _first(sizes: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return next(iter(sizes.values()))


def _everything(sizes: dict[str, dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for kind in ("operations", "changes"):
        for name in _first(sizes)[kind]:
            yield name, [one[kind][name] for one in sizes.values()]


def _head(what: str, sizes: dict[str, dict[str, Any]], *more: str) -> str:
    names = [what, *(f"{int(size):,}" for size in sizes), *more]
    return f"| {' | '.join(names)} |\n|{' --- |' * len(names)}"


def _row(name: str, cells: list[str], *more: str) -> str:
    return f"| {' | '.join([name, *cells, *more])} |"


def _figures(ms: dict[str, float], *parts: str) -> str:
    return " / ".join(f"{ms[part]:.1f}" for part in parts)


def _both(ms: dict[str, float]) -> float:
    return ms["web"] + ms["worker"]


def _timing(one: dict[str, Any]) -> str:
    alone, together = one.get("alone", one), one["together"]
    follows = f", {together['follows_after']:g} s" if "follows_after" in together else ""
    times = f"{alone['p50']:g} / {alone['p95']:g} / {alone['p99']:g}"
    return f"{times}; {together['rate']:g}/s{follows}"


def _cost(one: dict[str, Any]) -> str:
    cost = one["cost"]
    asked = f"{cost['requests']:g} / {cost['units']:g} / {cost['queries']:g}"
    return f"{asked}; {one.get('alone', one)['bytes'] / 1_000:.1f}"


def _ratios(found: list[float]) -> str:
    return ", ".join(f"{now / before:.2f}" for before, now in itertools.pairwise(found)) or "–"


def _chart(sizes: dict[str, dict[str, Any]]) -> list[str]:
    """Processor time against size: flat lines are what is wanted."""
    if len(sizes) == 1:
        return []
    named = ", ".join(f'"{int(size):,}"' for size in sizes)
    found = {
        name: [one["operations"][name]["ms"]["web"] for one in sizes.values()] for name in DRAWN
    }
    most = max(max(line) for line in found.values())
    return [
        f"Web, from below in the order of the last size: {', '.join(sorted(found, key=lambda name: found[name][-1]))}.",
        "",
        "```mermaid",
        "xychart-beta",
        '    title "Processor ms of the web process by number of tickets"',
        f"    x-axis [{named}]",
        f'    y-axis "ms" 0 --> {most * 1.2:.0f}',
        *(f"    line [{', '.join(f'{ms:.1f}' for ms in line)}]" for line in found.values()),
        "```",
        "",
    ]


def _aims(sizes: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["| aim | figure | |", "| --- | --- | --- |"]

    def row(aim: str, figure: str, reached: bool) -> None:
        lines.append(f"| {aim} | {figure} | {'reached' if reached else '**not reached**'} |")

    last = sizes[[*sizes][-1]]
    operations, changes = last["operations"], last["changes"]
    for name, most in AIMS.items():
        ms = operations[name]["ms"]["web"]
        row(f"{name}: web at most {most} ms", f"{ms:.1f} ms", ms <= most)
    for name, (way, words) in itertools.product(changes, WAYS.items()):
        ms, most = changes[name][way]["ms"], OF_CHANGES[way]
        row(
            f"{name}, {words}: web at most {OF_A_REQUEST} ms",
            f"{ms['web']:.1f} ms",
            ms["web"] <= OF_A_REQUEST,
        )
        row(
            f"{name}, {words}: web and worker at most {most} ms",
            f"{_both(ms):.1f} ms",
            _both(ms) <= most,
        )
    size = operations["all active"]["bytes"]
    row("all active: at most 60 KB before compression", f"{size / 1_000:.1f} KB", size <= HEAVIEST)
    for before, after in itertools.pairwise(sizes):
        for name in AIMS:
            then, now = (sizes[one]["operations"][name]["ms"]["web"] for one in (before, after))
            aim = f"{name}: at {int(after):,} at most {GROWTH} times {int(before):,}"
            row(aim, f"{now / then:.2f}", now / then <= GROWTH)
        for name, (way, words) in itertools.product(changes, WAYS.items()):
            then, now = (_both(sizes[one]["changes"][name][way]["ms"]) for one in (before, after))
            aim = f"{name}, {words}: at {int(after):,} at most {GROWTH} times {int(before):,}"
            row(aim, f"{now / then:.2f}", now / then <= GROWTH)
    for name, least in DJANGO_HELPDESK.items():
        together = changes[name]["together"]
        rate, follows = together["rate"], together["follows_after"]
        row(f"{name}: at least {least} a second of four clients", f"{rate:g}", rate >= least)
        row(
            f"{name}: the workers follow within {FOLLOWS_WITHIN} s",
            f"{follows:g} s",
            follows <= FOLLOWS_WITHIN,
        )
    if storm := last.get("storm"):
        ms, rate = storm["ms"]["worker"], storm["rate"]
        row(
            f"one escalation: worker at most {OF_AN_ESCALATION} ms",
            f"{ms:.1f} ms",
            ms <= OF_AN_ESCALATION,
        )
        row(
            f"sweep: at least {ITS_ESCALATIONS} escalations a second",
            f"{rate:.0f}",
            rate >= ITS_ESCALATIONS,
        )
    most_memory = max(last["memory"]["web"])
    row(
        f"a web process under {MOST_MEMORY} MB after the load",
        f"{most_memory} MB",
        most_memory < MOST_MEMORY,
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
        "Memory after the load, in MB (proportional set size): "
        + "; ".join(
            f"{int(size):,} tickets: "
            + ", ".join(f"{part} {' + '.join(map(str, mb))}" for part, mb in one["memory"].items())
            for size, one in sizes.items()
        )
        + ".",
        *(
            f"\n`import_history` takes {one['import']['tickets']:,.0f} tickets and "
            f"{one['import']['events']:,.0f} events a second."
            for one in sizes.values()
            if "import" in one
        ),
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
                f"{storm['rate']:.0f} a second while a sweep was at work; worker / engine "
                f"{_figures(storm['ms'], 'worker', 'engine')} processor ms each.",
            ]
    return lines
