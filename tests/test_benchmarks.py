"""docs/benchmarks.md: a run replaces what it measured, and keeps the comparison of two releases."""

from pathlib import Path

from tests.bench.report import AIMS, BY_HAND, WAYS, as_page, by_hand

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def test_a_run_keeps_the_comparison_of_two_releases():
    measured, kept = "# Benchmarks\n\nfigures\n", f"\n{BY_HAND}\n\n| list |\n"
    assert by_hand(measured + kept) == kept
    assert by_hand(measured) == ""


def test_the_page_has_the_comparison():
    assert by_hand(PAGE.read_text())


def test_the_page_says_what_was_reached_and_what_was_not():
    page = as_page(a_run(at_a_thousand=10, at_ten_thousand=12))
    row = dict(
        line.strip("| ").rsplit(" | ", 1)
        for line in page.splitlines()
        if line.endswith(("reached |", "reached** |"))
    )

    assert "| ticket | 10.0 / 2.0 | 12.0 / 2.0 | 1.20 |" in page
    assert (
        "| API: assign, singly | 10.0 / 6.0 / 3.0 / 1.0 | 12.0 / 6.0 / 3.0 / 1.0 | 1.12 |" in page
    )
    assert row["ticket: web at most 14 ms | 12.0 ms"] == "reached"
    assert row["API: ticket: web at most 4 ms | 12.0 ms"] == "**not reached**"
    assert row["ticket: at 10,000 at most 1.15 times 1,000 | 1.20"] == "**not reached**"
    assert row["API: assign, singly: at 10,000 at most 1.15 times 1,000 | 1.12"] == "reached"
    assert row["API: assign, at 50 a second: web and worker at most 10 ms | 18.0 ms"] == (
        "**not reached**"
    )
    assert row["one escalation: worker at most 6 ms | 6.0 ms"] == "reached"
    assert 'x-axis ["1,000", "10,000"]' in page
    assert "line [10.0, 12.0]" in page
    assert "Not run here: 100,000, 1,000,000 tickets." in page


def a_run(*, at_a_thousand, at_ten_thousand):
    """The figures of a run at two sizes, in which only the web process's time differs."""
    times = {"p50": 15.0, "p95": 20.0, "p99": 30.0, "rate": 60.0, "bytes": 40_000}
    cost = {"requests": 2, "units": 4.5, "queries": 9}

    def one_size(web, **more):
        ms = {"web": web, "worker": 6.0, "engine": 2.0, "redis": 1.0}
        page = {**times, "together": times, "ms": ms, "cost": cost}
        ways = {way: {**times, "ms": {**ms, "engine": 3.0}} for way in WAYS}
        change = {"together": {**times, "follows_after": 2.0}, "cost": cost, **ways}
        return {
            "operations": dict.fromkeys(AIMS, page),
            "changes": dict.fromkeys(("API: create", "API: communicate", "API: assign"), change),
            "lists": {"mine": {"requests": 1, "capacity": 3.5, "ms": 7.0}},
            "population": {"tickets": 1_000, "seconds": 2.0, "rebuild_search_seconds": 1.0},
            "rebuild_reports": {"tickets": 1_000, "rate": 200.0},
            "memory": {"web": [60, 90]},
            "sweep": {"due": 500, "requests": ["Query"], "capacity": 4.0},
            **more,
        }

    storm = {"count": 300, "period": 30, "p50": 10, "p95": 20, "max": 29, "rate": 150.0}
    ms = {"worker": 6.0, "engine": 2.0}
    last = one_size(
        at_ten_thousand, storm={**storm, "ms": ms}, **{"import": {"tickets": 50, "events": 200}}
    )
    return {
        "sizes": {"1000": one_size(at_a_thousand), "10000": last},
        "command": "make bench",
        "at": "2026-11-28",
        "machine": "two cores",
        "load": 1.0,
        "minutes": 9.0,
        "database": "SQLite",
    }
