"""Compare facts and rollups with the tickets."""

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice

from django.conf import settings

from reporting.domain import days
from reporting.services import facts, rollups
from reporting.services.completeness import complete_until
from reporting.store import queries
from tickets.services.maintenance.verify import Drift, NotCompared
from tickets.services.read import get_tickets

BATCH = 100
FIGURES = "figures"


def drifts(ticket_ids: Iterable[str], *, every: bool) -> Iterator[Drift]:
    """Yield facts of these tickets, and rollups of their days, that are not what they should be.

    If these are `every` ticket, also facts of tickets that are gone, and rollups of all other days
    and months. Raises NotCompared while changes are still to be dispatched or rolled up, since a
    difference is no drift then. Cost: the facts of each ticket, and those of each day for each
    zone; with `every` the table's keys as well, once and for each zone. Memory: a hundred tickets,
    and a date for each day; with `every` the ids of all tickets.
    """
    _require_complete()
    found: list[Drift] = []
    touched: set[str] = set()
    stray = queries.tickets_with_facts() if every else set()
    numbers = iter(ticket_ids)
    while batch := list(islice(numbers, BATCH)):
        differ = facts.differ(batch)
        touched |= differ.pop("")
        stray -= set(batch)
        for number, own in sorted(differ.items()):
            found += [Drift(number, f"facts: those of {day} differ") for day in sorted(own)]
    # Those that were created meanwhile have facts as well.
    for number in sorted(stray - set(get_tickets(stray))):
        found.append(Drift(number, "facts: there is no such ticket"))
    for zone in settings.REPORT_TIME_ZONES:
        stored = queries.periods_rolled_up(zone) if every else set()
        found += _of_zone(zone, touched, stored)
    # Whatever changed meanwhile is on its way, and would look like a drift.
    _require_complete()
    yield from found


def _require_complete() -> None:
    if complete_until():
        raise NotCompared("Figures are catching up, and were not compared: run this again.")


def _of_zone(zone: str, touched: set[str], stored: set[str]) -> Iterator[Drift]:
    own = {day for one in touched for day in days.days_touching(date.fromisoformat(one), zone)}
    own |= {date.fromisoformat(one) for one in stored if len(one) == len("2026-11-02")}
    months = {date.fromisoformat(f"{one}-01") for one in stored if len(one) == len("2026-11")}
    wrong: set[date] = set()
    for day in sorted(own):
        found = list(_differ(zone, str(day), rollups.day_of_facts(zone, day)))
        yield from found
        if found:
            wrong.add(days.month_of(day))
    # A month follows from its days, so one with a wrong day has nothing to be held against.
    for month in sorted(({days.month_of(day) for day in own} | months) - wrong):
        yield from _differ(zone, f"{month:%Y-%m}", rollups.month_of_days(zone, month))


def _differ(zone: str, period: str, due: dict[str, bytes]) -> Iterator[Drift]:
    for what, data in due.items():
        stored = queries.rollups(zone, what, period, period, consistent=True)
        if [one.data for one in stored] != [data]:
            yield Drift(FIGURES, f"rollups: {what} of {period}, {zone}, is not what its facts say")
