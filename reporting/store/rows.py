"""Rows of figures: how they are named, read and added to.

A row has an item for each month, for each day, and for each part of a day with its quarter hours;
and beside them items with the bins of its durations. The days are those of the generation's zone.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from random import uniform
from time import sleep

from helpdesk.dynamo.batches import read_all
from helpdesk.dynamo.transaction import ConditionFailed, Contended, Transaction
from helpdesk.errors import Busy
from reporting.domain.figures import NO_TIME
from reporting.domain.rows import Key, RowId
from reporting.domain.spans import PART, PARTS
from reporting.store import packing
from reporting.store.items import Row

MONTHS, DAYS = "months", "days"
LEVELS = (DAYS, *(f"part{part}" for part in range(PARTS)))
"""The levels that facts are counted in. Months follow from days."""

ATTEMPTS = 8
WRITTEN = 100
"""Items of one transaction: the most that DynamoDB takes."""

_COUNTS, _BINS = "counts", "bins"
_AFTER = "#~"  # sorts after every row of a period
_COLUMNS = 64
_CLOCKS, _SPAN = 4, 2_048

Deltas = dict[tuple[str, str], dict[int, int]]
"""What is added to each item, by its key: numbers by their place in it."""

Found = tuple[str, str, Key]
"""The period, the table and the key of a row that was read."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a fact adds to each of its rows: to columns, and to a bin of one clock or none."""

    counts: tuple[tuple[int, int], ...]
    number: int
    clock: int = 0
    bin: int | None = None


def parts(part: int) -> str:
    """Return the level of a part of a day."""
    return f"part{part}"


def add(
    deltas: Deltas,
    of: Iterable[RowId],
    *,
    generation: int,
    day: date,
    quarter: int,
    what: Counted,
) -> None:
    """Add what a fact in a quarter hour of a day adds to the items of its rows."""
    part, within = divmod(quarter, PART)
    day_name, month_name = day.isoformat(), f"{day:%Y-%m}"
    first = within * _COLUMNS
    of_quarter = [(first + column, number) for column, number in what.counts]
    ends = what.bin is not None
    page, place = packing.page_of(what.bin or 0)
    suffix, in_page = f"#{what.clock}#{page}", [(place, what.number)]
    at = (within * _CLOCKS + what.clock) * _SPAN + (what.bin or 0) - NO_TIME
    for row in of:
        name = "#".join((row.table, *map(_quoted, row.key)))
        counts, durations = _hash_keys(generation, row.group, part)
        for pk, period in ((counts[0], month_name), (counts[1], day_name)):
            _add(deltas, (pk, f"{period}#{name}"), what.counts)
        _add(deltas, (counts[2], f"{day_name}#{name}"), of_quarter)
        if ends:
            for pk, period in ((durations[0], month_name), (durations[1], day_name)):
                _add(deltas, (pk, f"{period}#{name}{suffix}"), in_page)
            _add(deltas, (durations[2], f"{day_name}#{name}"), [(at, what.number)])


def write(deltas: Deltas, *, batch: int) -> None:
    """Add to rows, each once for a batch.

    Batches follow one another: a row that has a later one has this one, too. Cost: a BatchGetItem
    and a transaction for each hundred. Raises Busy.
    """
    keys = list(deltas)
    for start in range(0, len(keys), WRITTEN):
        for attempt in range(ATTEMPTS):
            try:
                _write(deltas, keys[start : start + WRITTEN], batch)
            except (ConditionFailed, Contended):
                sleep(uniform(0, 0.01 * 2**attempt))
                continue
            break
        else:
            raise Busy("The rows of reports are being written by others.")


def counts(
    generation: int, group: str, level: str, first: date | str, last: date | str
) -> list[tuple[Found, Sequence[int]]]:
    """Return the columns of all rows of a group from one period to another, inclusive.

    One Query for each megabyte.
    """
    pk = _pk(generation, group, level, _COUNTS)
    return [(_found(sk), packing.counts(data)) for sk, data in _read(pk, first, last)]


def bins(
    generation: int, group: str, level: str, first: date | str, last: date | str
) -> list[tuple[Found, int, dict[int, int]]]:
    """Return the bins of rows with their clock, a page at a time; otherwise as `counts`."""
    found = []
    for sk, data in _read(_pk(generation, group, level, _BINS), first, last):
        name, clock, page = sk.rsplit("#", 2)
        found.append((_found(name), int(clock), packing.bins(data, int(page))))
    return found


def quarters(
    generation: int, group: str, part: int, first: date, last: date
) -> list[tuple[Found, list[tuple[int, int, int]]]]:
    """Return quarter hour, column and number of the rows of a part of each day.

    Quarter hours are counted from the beginning of the day. One Query for each megabyte.
    """
    begins = part * PART
    return [
        (
            _found(sk),
            [
                (begins + at // _COLUMNS, at % _COLUMNS, number)
                for at, number in packing.sparse(data)
            ],
        )
        for sk, data in _read(_pk(generation, group, parts(part), _COUNTS), first, last)
    ]


def quarter_bins(
    generation: int, group: str, part: int, first: date, last: date
) -> list[tuple[Found, list[tuple[int, int, int, int]]]]:
    """Return quarter hour, clock, bin and number of the rows of a part of each day; otherwise as
    `quarters`."""
    begins = part * PART
    found = []
    for sk, data in _read(_pk(generation, group, parts(part), _BINS), first, last):
        rows = []
        for at, number in packing.sparse(data):
            place, key = divmod(at, _SPAN)
            quarter, clock = divmod(place, _CLOCKS)
            rows.append((begins + quarter, clock, key + NO_TIME, number))
        found.append((_found(sk), rows))
    return found


def of_period(
    generation: int, group: str, level: str, period: date | str
) -> dict[tuple[str, str], dict[int, int]]:
    """Return all numbers of the rows of a group in a period, in the form of `Deltas`.

    Two queries.
    """
    found = {}
    for kind in (_COUNTS, _BINS):
        pk = _pk(generation, group, level, kind)
        for sk, data in _read(pk, period, period):
            if numbers := {at: number for at, number in _unpacked(pk, data) if number}:
                found[pk, sk] = numbers
    return found


def group_of(key: tuple[str, str]) -> str:
    """Return the group of an item's key."""
    return key[0].split("#")[2].replace("%23", "#").replace("%25", "%")


def groups(generation: int, keys: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Return the periods of each group that have rows among these keys: days and months."""
    found: dict[str, set[str]] = {}
    for pk, sk in keys:
        if pk.startswith(f"{generation}#ROWS#"):
            found.setdefault(group_of((pk, sk)), set()).add(sk.partition("#")[0])
    return found


def of_month(pk: str) -> str:
    """Return the hash key of the months, from that of the days of the same rows."""
    return pk.replace(f"#{DAYS}#", f"#{MONTHS}#")


def period_of(key: tuple[str, str]) -> str:
    """Return the day or month of an item's key."""
    return key[1].partition("#")[0]


def level_of(key: tuple[str, str]) -> str:
    """Return the level of an item's key."""
    return key[0].split("#")[3]


def _write(deltas: Deltas, keys: list[tuple[str, str]], batch: int) -> None:
    stored = {(str(row.pk), str(row.sk)): row for row in read_all(Row, keys)}
    with Transaction() as transaction:
        for key in keys:
            row = stored.get(key)
            if row and int(row.batch) >= batch:
                continue
            data = _added(key[0], row.data if row else None, deltas[key])
            transaction.put(
                Row(*key, data=data, batch=batch),
                Row.batch == row.batch if row else Row.pk.does_not_exist(),
            )


def _added(pk: str, stored: bytes | None, delta: dict[int, int]) -> bytes:
    _generation, _rows, _group, level, kind = pk.split("#")
    if level not in (MONTHS, DAYS):
        return packing.add_sparse(stored, delta)
    return (packing.add_counts if kind == _COUNTS else packing.add_bins)(stored, delta)


def _unpacked(pk: str, data: bytes) -> Iterable[tuple[int, int]]:
    level, kind = pk.split("#")[3:]
    if level not in (MONTHS, DAYS):
        return packing.sparse(data)
    if kind == _COUNTS:
        return enumerate(packing.counts(data))
    return ((key - NO_TIME, number) for key, number in packing.bins(data, 0).items())


def _add(deltas: Deltas, key: tuple[str, str], numbers: Iterable[tuple[int, int]]) -> None:
    item = deltas.setdefault(key, {})
    for at, number in numbers:
        item[at] = item.get(at, 0) + number


def _read(pk: str, first: date | str, last: date | str) -> Iterator[tuple[str, bytes]]:
    # Not as models: a report of a year reads thousands of rows, and each would take three times as
    # long.
    connection = Row._get_connection()
    place = None
    while True:
        answer = connection.query(
            pk,
            Row.sk.between(str(first), f"{last}{_AFTER}"),
            attributes_to_get=["SK", "data"],
            exclusive_start_key=place,
        )
        for item in answer["Items"]:
            yield item["SK"]["S"], item["data"]["B"]
        place = answer.get("LastEvaluatedKey")
        if not place:
            return


def _pk(generation: int, group: str, level: str, kind: str) -> str:
    return f"{generation}#ROWS#{_quoted(group)}#{level}#{kind}"


@lru_cache(maxsize=1_000)
def _hash_keys(generation: int, group: str, part: int) -> tuple[list[str], list[str]]:
    """Return the hash keys of counts and of bins: of months, of days, of a part of days."""
    levels = (MONTHS, DAYS, parts(part))
    counts, durations = (
        [_pk(generation, group, level, kind) for level in levels] for kind in (_COUNTS, _BINS)
    )
    return counts, durations


def _found(sk: str) -> Found:
    period, table, *key = sk.split("#")
    if "%" in sk:
        key = [part.replace("%23", "#").replace("%25", "%") for part in key]
    return period, table, tuple(key)


def _quoted(text: str) -> str:
    if "#" not in text and "%" not in text:
        return text
    return text.replace("%", "%25").replace("#", "%23")
