"""Figures add up, quantiles hold their promise, and days cut a range without gap or overlap."""

import math
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reporting.domain import days
from reporting.domain.days import DAY, Range
from reporting.domain.facts import Dimensions, Fact, FactKind
from reporting.domain.figures import (
    BANDS,
    Figures,
    band_of,
    bin_of,
    distribution,
    quantiles,
    seconds_of,
)
from reporting.store import packing
from tickets.domain.ticket import Category, Priority

ZONES = ["UTC", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "Europe/Rome"]
DAYS = some.dates(date(2009, 1, 1), date(2030, 1, 1))

happened = some.builds(
    lambda kind, seconds, met, rule: Fact(
        datetime(2026, 1, 1, tzinfo=UTC),
        kind,
        seconds=seconds if kind in (FactKind.RESPONSE, FactKind.RESOLUTION) else 0,
        met=met,
        rule=rule if kind is FactKind.ESCALATED else "",
        level=1 if kind is FactKind.ESCALATED else 0,
    ),
    some.sampled_from(FactKind),
    some.integers(0, 10**8),
    some.booleans(),
    some.sampled_from(["manual", "response-breached"]),
)
abouts = some.builds(
    Dimensions,
    some.sampled_from([word.value for word in Priority]),
    some.sampled_from([word.value for word in Category]),
    some.sampled_from(["", "7", "8"]),
    some.sampled_from(["", "1"]),
    some.sampled_from(["", "VIP"]),
)
counted = some.lists(some.tuples(abouts, happened), max_size=40)


def figures(facts):
    found = Figures()
    for about, fact in facts:
        found.count(about, fact)
    return found


@given(some.integers(1, 6 * 10**8))
def test_a_bin_is_within_one_percent_of_what_is_in_it(seconds):
    assert seconds_of(bin_of(seconds)) == pytest.approx(seconds, rel=0.0100001)


@given(some.lists(some.integers(0, 10**7), min_size=1, max_size=200), some.integers(1, 100))
def test_quantiles_are_those_of_the_nearest_rank(values, percent):
    exact = sorted(values)[max(math.ceil(percent * len(values) / 100) - 1, 0)]
    [found] = quantiles(Counter(bin_of(value) for value in values), percent)
    assert found == pytest.approx(exact, rel=0.0101, abs=0.001)


def test_of_nothing_there_is_no_quantile():
    assert quantiles(Counter(), 50, 90) == [None, None]


@given(counted, counted)
def test_two_stretches_add_up_to_the_longer_one(first, second):
    both = figures(first)
    both.add(figures(second))
    assert both == figures([*first, *second])


@given(counted)
def test_what_is_packed_is_what_is_unpacked(facts):
    found = figures(facts)
    again = packing.unpack_counts(packing.pack_counts(found))
    again.durations = packing.unpack_durations(packing.pack_durations(found)).durations
    assert again == found
    by_priority = packing.unpack_by_priority(packing.pack_by_priority(found))
    for priority in Priority:
        total = sum(
            (one.response for cell, one in found.durations.items() if cell[0] == priority.value),
            Counter(),
        )
        assert by_priority[priority.value].response == total


@given(counted)
def test_a_busy_month_is_packed_as_long_as_a_quiet_one(facts):
    once, often = figures(facts), figures(facts * 3)
    assert len(packing.pack_counts(once)) == len(packing.pack_counts(often))
    assert len(packing.pack_by_priority(once)) == len(packing.pack_by_priority(often))


@given(some.lists(some.integers(0, 10**7), max_size=50))
def test_a_distribution_counts_each_in_its_band(values):
    bins = Counter(bin_of(value) for value in values)
    bands = Counter(band_of(value) for value in values)
    assert distribution(bins) == [bands[number] for number in range(len(BANDS) + 1)]


@pytest.mark.parametrize(("seconds", "band"), [(0, 0), (880, 0), (920, 1), (7 * 90_000, 7)])
def test_a_band_reaches_up_to_its_limit(seconds, band):
    assert band_of(seconds) == band


@given(DAYS, some.integers(1, 3000))
def test_a_range_is_cut_without_gap_or_overlap(start, length):
    asked = Range(start, start + length * DAY)
    cut = days.parts(asked)
    pieces = [*cut.edges, *([cut.months] if cut.months else [])]
    covered = sorted(day for piece in pieces for day in piece.each())
    assert covered == list(asked.each())
    assert sum(edge.days for edge in cut.edges) <= 60
    if cut.months:
        assert cut.months.start.day == cut.months.end.day == 1


@given(DAYS, some.sampled_from(ZONES))
def test_days_of_a_zone_follow_one_another(day, zone):
    start, end = days.bounds(day, zone)
    assert days.bounds(day + DAY, zone)[0] == end
    assert start <= end  # Apia left out 30 December 2011
    if start < end:
        assert days.day_of(start, zone) == day
        assert days.day_of(end - timedelta(seconds=1), zone) == day


@given(DAYS, some.sampled_from(ZONES))
def test_a_day_of_utc_touches_the_days_that_lie_in_it(day, zone):
    touched = days.days_touching(day, zone)
    for one in touched:
        start, end = days.bounds(one, zone)
        assert start == end or day in days.utc_days(one, zone)


def test_what_came_before():
    assert Range(date(2026, 1, 1), date(2027, 1, 1)).before().start == date(2025, 1, 1)
    assert Range(date(2026, 3, 1), date(2026, 4, 1)).before().start == date(2026, 2, 1)
    assert Range(date(2026, 3, 2), date(2026, 3, 9)).before().start == date(2026, 2, 23)
