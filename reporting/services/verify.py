"""Compare facts and rows of figures with the tickets."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice

from reporting.domain import days, spans
from reporting.domain.days import DAY, Range
from reporting.domain.rows import ALL, BY, CELLS, MERGED
from reporting.services import facts, generations, rollups
from reporting.services.completeness import complete_until
from reporting.services.generations import Generation
from reporting.store import queries, rows
from reporting.store.rows import Deltas
from tickets.services.maintenance.verify import Drift, NotCompared
from tickets.services.read import get_tickets

BATCH = 100
FIGURES = "figures"
_COMMON = (ALL, CELLS, BY, MERGED + ALL, MERGED + CELLS, MERGED + BY)


def drifts(ticket_ids: Iterable[str], *, every: bool) -> Iterator[Drift]:
    """Yield facts of these tickets, and rows of their days, that are not what they should be.

    If these are `every` ticket, also facts of tickets that are gone, and rows of all other days and
    months. Raises NotCompared while changes are still to be dispatched or counted, since a
    difference is no drift then. Cost: the facts of each ticket, and those of each day twice; with
    `every` the table's keys twice. Memory: a hundred tickets, the facts of a day, and the days of
    each person; with `every` the ids of all tickets.
    """
    _require_complete()
    generation = generations.current()
    found: list[Drift] = []
    touched: set[date] = set()
    stray = queries.tickets_with_facts(generation.number) if every else set()
    numbers = iter(ticket_ids)
    while batch := list(islice(numbers, BATCH)):
        differ = facts.differ(batch)
        touched |= {_day(quarter, generation) for quarter in differ.pop("")}
        stray -= set(batch)
        for number, own in sorted(differ.items()):
            of_days = {quarter.partition("T")[0] for quarter in own}
            found += [Drift(number, f"facts: those of {day} differ") for day in sorted(of_days)]
    # Those that were created meanwhile have facts as well.
    for number in sorted(stray - set(get_tickets(stray))):
        found.append(Drift(number, "facts: there is no such ticket"))
    stored = rows.groups(generation.number, queries.every_key()) if every else {}
    found += _of_days(generation, touched, stored)
    # Whatever changed meanwhile is on its way, and would look like a drift.
    _require_complete()
    yield from found


def _require_complete() -> None:
    if complete_until():
        raise NotCompared("Figures are catching up, and were not compared: run this again.")


def _of_days(
    generation: Generation, touched: set[date], stored: dict[str, set[str]]
) -> Iterator[Drift]:
    periods = {one for of_group in stored.values() for one in of_group}
    own = touched | {date.fromisoformat(one) for one in periods if len(one) == len("2026-11-02")}
    months = {date.fromisoformat(f"{one}-01") for one in periods if len(one) == len("2026-11")}
    groups: dict[date, set[str]] = {}
    wrong: set[tuple[date, str]] = set()
    for day in sorted(own):
        due = _due(generation, day)
        names = {*_COMMON, *map(rows.group_of, due)}
        names |= {group for group, of_group in stored.items() if str(day) in of_group}
        groups.setdefault(days.month_of(day), set()).update(names)
        for group in sorted(names):
            there: Deltas = {}
            for level in rows.LEVELS:
                there |= rows.of_period(generation.number, group, level, day)
            wanted = {key: numbers for key, numbers in due.items() if rows.group_of(key) == group}
            if there != wanted:
                yield Drift(FIGURES, f"rows: {group} of {day} are not what the facts say")
                wrong.add((days.month_of(day), group))
    for month in months:
        period = f"{month:%Y-%m}"
        named = {group for group, of_group in stored.items() if period in of_group}
        groups.setdefault(month, set()).update(named)
    # A month follows from its days, so one with a wrong day has nothing to be held against.
    for month, names in sorted(groups.items()):
        for group in sorted(names):
            if (month, group) not in wrong:
                yield from _of_month(generation, group, month)


def _of_month(generation: Generation, group: str, month: date) -> Iterator[Drift]:
    wanted: dict[tuple[str, str], Counter[int]] = {}
    for day in Range(month, days.next_month(month)).each():
        for (pk, sk), numbers in rows.of_period(generation.number, group, rows.DAYS, day).items():
            key = rows.of_month(pk), sk.replace(str(day), f"{month:%Y-%m}", 1)
            wanted.setdefault(key, Counter()).update(numbers)
    there = rows.of_period(generation.number, group, rows.MONTHS, f"{month:%Y-%m}")
    if there != {key: dict(numbers) for key, numbers in wanted.items()}:
        yield Drift(FIGURES, f"rows: {group} of {month:%Y-%m} are not the sum of its days")


def _due(generation: Generation, day: date) -> Deltas:
    """Return what the rows of a day are to have, from the facts of the days of UTC it overlaps."""
    start, end = days.bounds(day, generation.zone)
    deltas: Deltas = {}
    for utc_day in Range(start.date(), end.date() + DAY).each():
        for item in queries.facts_of_day(generation.number, utc_day):
            rollups.add_facts(deltas, [list(item.about), list(item.facts)], generation)
    return {
        key: numbers
        for key, numbers in deltas.items()
        if rows.level_of(key) in rows.LEVELS and rows.period_of(key) == str(day)
    }


def _day(quarter: str, generation: Generation) -> date:
    return spans.place(datetime.fromisoformat(f"{quarter}+00:00"), generation.zone)[0]
