"""Roll up the facts of a day, and the days of a month.

Each rollup is made anew from everything that is there, so nothing can be counted twice. If a worker
dies, the mark stays that makes the next one do it again.
"""

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from itertools import islice
from random import uniform
from time import sleep

import structlog
from django.conf import settings

from helpdesk.clock import this_second
from helpdesk.dynamo.transaction import ConditionFailed, Contended
from helpdesk.errors import Busy
from reporting.domain import days
from reporting.domain.days import DAY, Range
from reporting.domain.facts import Dimensions, Fact
from reporting.domain.figures import Figures, Row, empty_row
from reporting.services import facts, zones
from reporting.store import packing, queries
from tickets.services.delivery import outbox
from tickets.services.read import every_ticket

log = structlog.get_logger(__name__)

DAY_COUNTS, DAY_DURATIONS = "day", "day-durations"
MONTH_COUNTS, MONTH_DURATIONS = "month", "month-durations"
MONTH_BY_PRIORITY, MONTH_DAYS = "month-priorities", "month-days"
MERGED = "merged-"
"""Before each of these: the same of merged tickets, which the others lack."""

MARKS = 2_000
ATTEMPTS = 8
REBUILD_BATCH = 100
DAYS_HELD = 3
"""A day of any zone overlaps only that day of UTC and its neighbours."""

FactsOfDay = list[tuple[Dimensions, list[Fact]]]


def roll_up(*, limit: int = MARKS) -> int:
    """Roll up the days that have changed, and their months; return how many marks that settled.

    Cost: the facts of each changed day of UTC, and of those beside it, once; the days of each
    month, for each zone.
    """
    zones.ensure(tuple(settings.REPORT_TIME_ZONES))
    marks = queries.dirty_days(limit=limit)
    if not marks:
        return 0
    dirty = {date.fromisoformat(str(mark.sk).partition("#")[0]) for mark in marks}
    changed = sorted(
        (day, zone)
        for zone in settings.REPORT_TIME_ZONES
        for day in {day for one in dirty for day in days.days_touching(one, zone)}
    )
    # Each version is known before any fact is read. So the facts of a day of UTC serve all the days
    # it has a part in, and a worker that rolled up one of these since is noticed.
    versions = [queries.version(zone, DAY_COUNTS, day) for day, zone in changed]
    facts_of = lru_cache(maxsize=DAYS_HELD)(_facts_of)
    for (day, zone), version in zip(changed, versions, strict=True):
        try:
            _write_day(zone, day, version, facts_of)
        except (ConditionFailed, Contended):
            _insist(_pack_day, zone, day)
    for month, zone in sorted({(days.month_of(day), zone) for day, zone in changed}):
        _insist(_pack_month, zone, month)
    queries.forget_dirty(marks)
    log.info("rolled_up", days=len(dirty), marks=len(marks))
    return len(marks)


def rebuild(each: Callable[[int], object] = lambda done: None) -> int:
    """Rebuild facts and rollups from the tickets; call `each` with the number done.

    Meanwhile, reports show what is there already. Returns the number of tickets.
    """
    begun = this_second()
    queries.begin_rebuilding()
    queries.clear()
    done = 0
    tickets = (ticket for ticket, _log in every_ticket())
    while batch := list(islice(tickets, REBUILD_BATCH)):
        facts.update_facts(ticket.ticket_id for ticket in batch)
        done += len(batch)
        each(done)
    while roll_up():
        pass
    outbox.made_anew(facts.CONSUMER, since=begun)
    queries.end_rebuilding()
    return done


def _facts_of(utc_day: date) -> FactsOfDay:
    return [facts.read_day(item) for item in queries.facts_of_day(utc_day)]


def _pack_day(zone: str, day: date) -> None:
    _write_day(zone, day, queries.version(zone, DAY_COUNTS, day), _facts_of)


def _write_day(zone: str, day: date, version: int, facts_of: Callable[[date], FactsOfDay]) -> None:
    packed = day_of_facts(zone, day, facts_of)
    queries.write_rollups(zone, day, packed, guard=DAY_COUNTS, version=version)


def day_of_facts(
    zone: str, day: date, facts_of: Callable[[date], FactsOfDay] | None = None
) -> dict[str, bytes]:
    """Return the rollups of a day. Cost: the facts of the days of UTC that it overlaps."""
    facts_of = facts_of or _facts_of
    start, end = days.bounds(day, zone)
    figures, merged = Figures(), Figures()
    for utc_day in days.utc_days(day, zone):
        for about, happened in facts_of(utc_day):
            of = merged if about.merged else figures
            for fact in happened:
                if start <= fact.at < end:
                    of.count(about, fact)
    return {
        kind + what: pack(counted)
        for kind, counted in (("", figures), (MERGED, merged))
        for what, pack in (
            (DAY_COUNTS, packing.pack_counts),
            (DAY_DURATIONS, packing.pack_durations),
        )
    }


def month_of_days(zone: str, month: date) -> dict[str, bytes]:
    """Return the rollups of a month. Cost: the days of the month."""
    return {**_month_of(zone, month), **_month_of(zone, month, MERGED)}


def _pack_month(zone: str, month: date) -> None:
    version = queries.version(zone, MONTH_COUNTS, _month(month))
    packed = month_of_days(zone, month)
    queries.write_rollups(zone, _month(month), packed, guard=MONTH_COUNTS, version=version)


def _month_of(zone: str, month: date, kind: str = "") -> dict[str, bytes]:
    """Return the rollups of a month from its days."""
    last = days.next_month(month) - DAY
    counted = {
        packed.period: packing.unpack_counts(packed.data)
        for packed in queries.rollups(zone, kind + DAY_COUNTS, month, last, consistent=True)
    }
    figures = Figures()
    for one in counted.values():
        figures.add(one)
    for packed in queries.rollups(zone, kind + DAY_DURATIONS, month, last, consistent=True):
        figures.add(packing.unpack_durations(packed.data))
    rows: Iterable[Row] = (
        counted[str(day)].total() if str(day) in counted else empty_row()
        for day in Range(month, days.next_month(month)).each()
    )
    return {
        kind + MONTH_COUNTS: packing.pack_counts(figures),
        kind + MONTH_DURATIONS: packing.pack_durations(figures),
        kind + MONTH_BY_PRIORITY: packing.pack_by_priority(figures),
        kind + MONTH_DAYS: packing.pack_rows(rows),
    }


def _month(month: date) -> str:
    return f"{month:%Y-%m}"


def _insist(pack: Callable[[str, date], None], zone: str, period: date) -> None:
    """Write rollups, again if another worker wrote the same meanwhile. Raises Busy in the end."""
    for attempt in range(ATTEMPTS):
        try:
            pack(zone, period)
        except (ConditionFailed, Contended):
            sleep(uniform(0, 0.01 * 2**attempt))
            continue
        return
    raise Busy(f"The rollups of {zone}, {period} are being written by others.")
