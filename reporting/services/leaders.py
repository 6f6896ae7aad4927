"""The customers and tags with most tickets, without reading all customers and tags.

There are too many of both for a table. Each month has an item with the MOST of whom most tickets
were created in it; who is among those of any month of a range is a candidate, and has exact figures
of their own. Who was among none of them is left out, even if their tickets of all months together
are more than a candidate's.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta

from helpdesk.dynamo.transaction import ConditionFailed
from reporting.domain import days
from reporting.domain.facts import FactKind
from reporting.domain.figures import Column
from reporting.domain.rows import GROUPS, ranked
from reporting.services import facts, generations
from reporting.services.generations import Generation
from reporting.services.query import ReportQuery
from reporting.store import queries, rows
from reporting.store.items import Change

MOST = 200
SHOWN = 50
SPARE = 10
"""Candidates beyond those shown: months count all of their days, also those outside a range."""


def update(changes: Iterable[Change], generation: Generation, *, batch: int) -> None:
    """Bring the leaders of months up to date after the rows of these changes are written.

    Cost: a query for each customer or tag, and each month, of which the number of created tickets
    changed; a read and a write for each month. A repeat changes nothing.
    """
    touched: dict[tuple[str, str], set[str]] = {}
    for (what, month, name), number in _created(changes, generation).items():
        if number:
            touched.setdefault((what, month), set()).add(name)
    for (what, month), names in touched.items():
        found = queries.leaders_of_month(generation.number, what, month)
        created = {name: int(number) for name, number in found.created.items()}
        before = dict(created)
        for name in names:
            created[name] = _in_month(generation, what, name, month)
        found.created = dict(_first(created, MOST))
        if found.created != before:
            with suppress(ConditionFailed):  # a later batch has counted these changes, too
                queries.write_leaders(found, batch=batch)


def candidates(asked: ReportQuery, what: str) -> list[str]:
    """Return who may have most tickets in a query's range, those with most first.

    One Query of the months that it touches, by which the numbers are compared.
    """
    generation = generations.current()
    start, _ends = days.bounds(asked.range.start, asked.zone)
    end, _ends = days.bounds(asked.range.end, asked.zone)
    first = days.day_of(start, generation.zone)
    last = days.day_of(end - timedelta(seconds=1), generation.zone)
    total: Counter[str] = Counter()
    for found in queries.leaders(generation.number, what, f"{first:%Y-%m}", f"{last:%Y-%m}"):
        total.update(found.created)
    return [name for name, _number in _first(total, SHOWN + SPARE)]


def _created(changes: Iterable[Change], generation: Generation) -> Counter[tuple[str, str, str]]:
    """Return how many created tickets more or fewer each customer and tag has in each month."""
    found: Counter[tuple[str, str, str]] = Counter()
    for change in changes:
        for sign, quarters in ((1, change.added), (-1, change.taken)):
            for lines in quarters:
                about, happened = facts.load(lines)
                for at in (one.at for one in happened if one.kind is FactKind.CREATED):
                    month = f"{days.day_of(at, generation.zone):%Y-%m}"
                    for what, name in () if about.merged else ranked(about):
                        found[what, month, name] += sign
    return found


def _in_month(generation: Generation, what: str, name: str, month: str) -> int:
    group = GROUPS[what](name)
    of_month = rows.counts(generation.number, group, rows.MONTHS, month, month)
    return sum(numbers[Column.CREATED] for _row, numbers in of_month)


def _first(created: dict[str, int], most: int) -> Iterator[tuple[str, int]]:
    """Yield those with most tickets, in order; who has none is left out."""
    ordered = sorted(created.items(), key=lambda one: (-one[1], one[0]))
    return iter([one for one in ordered if one[1] > 0][:most])
