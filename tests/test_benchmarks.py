"""docs/benchmarks.md: a run replaces what it measured, and keeps the comparison of two releases."""

from pathlib import Path

from tests.bench.report import BY_HAND, by_hand

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def test_a_run_keeps_the_comparison_of_two_releases():
    measured, kept = "# Benchmarks\n\nfigures\n", f"\n{BY_HAND}\n\n| list |\n"
    assert by_hand(measured + kept) == kept
    assert by_hand(measured) == ""


def test_the_page_has_the_comparison():
    assert by_hand(PAGE.read_text())
