"""Figures add up, quantiles hold their promise, and days cut a range without gap or overlap."""

import math
from collections import Counter
from datetime import date, timedelta
from zoneinfo import available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as some

from reporting.domain import days, spans
from reporting.domain.days import DAY, Range
from reporting.domain.figures import (
    BANDS,
    WIDTH,
    add_to,
    band_of,
    bin_of,
    distribution,
    empty_row,
    quantiles,
    seconds_of,
)
from reporting.store import packing

ZONES = ["UTC", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "Europe/Rome"]
DAYS = some.dates(date(2009, 1, 1), date(2030, 1, 1))

numbers = some.dictionaries(some.integers(0, 10_000), some.integers(-(10**9), 10**9), max_size=20)


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


@given(some.lists(numbers, max_size=4))
def test_sparse_numbers_add_up(added):
    packed, wanted = None, Counter()
    for one in added:
        packed = packing.add_sparse(packed, one)
        wanted.update(one)
    assert dict(packing.sparse(packed or b"")) == {at: n for at, n in wanted.items() if n}


@given(some.lists(some.tuples(some.integers(0, 6 * 10**8), some.integers(1, 9)), max_size=30))
def test_bins_come_back_from_the_pages_they_were_put_on(durations):
    pages, wanted = {}, Counter()
    for seconds, number in durations:
        page, place = packing.page_of(bin_of(seconds))
        pages[page] = packing.add_bins(pages.get(page), {place: number})
        wanted[bin_of(seconds)] += number
    found = Counter()
    for page, data in pages.items():
        assert len(data) == 4 * packing.PAGE, "a busy month is as long as a quiet one"
        found.update(packing.bins(data, page))
    assert found == wanted


def test_a_row_of_an_earlier_release_has_fewer_columns():
    short = packing.add_counts(None, {0: 3})[:16]
    assert list(packing.counts(packing.add_counts(short, {0: 1, WIDTH - 1: 2}))) == [
        4,
        *[0] * (WIDTH - 2),
        2,
    ]
    row = empty_row()
    add_to(row, packing.counts(short))
    add_to(row, packing.counts(short), -1)
    assert row == empty_row()


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


@given(DAYS, some.integers(1, 40), some.sampled_from(ZONES), some.sampled_from(ZONES), some.data())
def test_the_days_of_any_zone_are_made_of_days_and_quarter_hours(start, length, zone, home, data):
    """Each instant is counted once if it is in the range, and not at all if it is outside."""
    asked = Range(start, start + length * DAY)
    begins, ends = days.bounds(asked.start, zone)[0], days.bounds(asked.end, zone)[0]
    seconds = data.draw(some.integers(-200_000, int((ends - begins).total_seconds()) + 200_000))
    at = begins + timedelta(seconds=seconds)
    day, quarter = spans.place(at, home)
    assert 0 <= quarter < spans.DAY_LONG
    found = spans.span(asked, zone, home)
    counted = int(found.days.start <= day < found.days.end)
    for sign, rest in found.rests():
        assert all(0 <= part < spans.PARTS for part in rest.parts())
        assert len(rest.parts()) <= 3
        if rest.day == day and rest.start <= quarter < rest.end:
            counted += sign
    assert counted == int(begins <= at < ends)
    assert spans.quarter_of(at) == spans.quarter_of(spans.begins(day, quarter, home))


def test_days_of_all_zones_begin_on_a_quarter_hour():
    """So quarter hours are enough to make a day of any zone."""
    odd = {
        (zone, year)
        for zone in available_timezones()
        for year in range(1990, 2038)
        for month in (1, 4, 7, 10)
        if days.bounds(date(year, month, 15), zone)[0].timestamp() % 900
    }
    assert odd == set()


def test_what_came_before():
    assert Range(date(2026, 1, 1), date(2027, 1, 1)).before().start == date(2025, 1, 1)
    assert Range(date(2026, 3, 1), date(2026, 4, 1)).before().start == date(2026, 2, 1)
    assert Range(date(2026, 3, 2), date(2026, 3, 9)).before().start == date(2026, 2, 23)
