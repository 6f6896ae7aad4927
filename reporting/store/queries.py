"""Every query of the reporting table, and its cost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pynamodb.exceptions import DoesNotExist

from helpdesk.dynamo.batches import delete_all, read_all
from helpdesk.dynamo.shards import shard_keys
from helpdesk.dynamo.transaction import Transaction
from reporting.store import packing
from reporting.store.items import (
    DIRTY,
    FACTS,
    REBUILDING,
    DayFacts,
    Dirty,
    Rollup,
    TicketFacts,
    dirty,
    facts_pk,
    rollup_pk,
    rollup_sk,
    ticket_pk,
)

_END = "#~"  # sorts after every piece


@dataclass(frozen=True)
class Packed:
    """A rollup as it is stored, and its version."""

    period: str
    data: bytes
    version: int


def facts_of_tickets(ticket_ids: Iterable[str]) -> dict[str, TicketFacts]:
    """Return the digests of tickets' facts, by id. One BatchGetItem for each hundred."""
    keys = [(ticket_pk(ticket_id), FACTS) for ticket_id in set(ticket_ids)]
    found = read_all(TicketFacts, keys)
    return {one.ticket_id: one for one in found}


def day_facts(days: Iterable[tuple[str, str]]) -> dict[tuple[str, str], DayFacts]:
    """Return the facts of tickets on days of UTC. One BatchGetItem for each hundred."""
    keys = {(facts_pk(day, ticket_id), ticket_id): (day, ticket_id) for day, ticket_id in days}
    return {keys[str(one.pk), str(one.sk)]: one for one in read_all(DayFacts, list(keys))}


def facts_of_day(day: date) -> Iterator[DayFacts]:
    """Return all facts of a day of UTC. One Query a shard for each megabyte."""
    for key in shard_keys(f"{FACTS}#{day}"):
        yield from DayFacts.query(key, consistent_read=True)


def dirty_days(*, limit: int) -> list[Dirty]:
    """Return marks of days to be rolled up, the earliest days first. One Query a shard."""
    found: list[Dirty] = []
    for key in shard_keys(DIRTY):
        found += Dirty.query(key, limit=limit, consistent_read=True)
    return sorted(found, key=lambda mark: str(mark.sk))


def mark_day(day: date, *, stamp: str) -> None:
    """Have the rollups of a day of UTC made again. One write."""
    dirty(str(day), "", stamp).save()


def begin_rebuilding() -> None:
    """Record that a rebuild has begun, until `end_rebuilding`. One write."""
    Dirty(REBUILDING, REBUILDING).save()


def end_rebuilding() -> None:
    """Record that the rebuild has ended. One write."""
    Dirty(REBUILDING, REBUILDING).delete()


def is_rebuilding() -> bool:
    """Return whether a rebuild has begun and not ended, even if it died. One GetItem."""
    try:
        Dirty.get(REBUILDING, REBUILDING, consistent_read=True)
    except DoesNotExist:
        return False
    return True


def forget_dirty(marks: Iterable[Dirty]) -> None:
    """Delete marks. One BatchWriteItem for each 25."""
    delete_all(list(marks))


def version(zone: str, what: str, period: date | str) -> int:
    """Return the version of a rollup; 0 if there is none. One GetItem."""
    try:
        found = Rollup.get(
            rollup_pk(zone, what),
            rollup_sk(period),
            consistent_read=True,
            attributes_to_get=["version"],
        )
    except DoesNotExist:
        return 0
    return found.version


def rollups(
    zone: str, what: str, first: date | str, last: date | str, *, consistent: bool = False
) -> list[Packed]:
    """Return the rollups of the periods from `first` to `last`, inclusive. One Query a megabyte."""
    found = Rollup.query(
        rollup_pk(zone, what),
        Rollup.sk.between(rollup_sk(first), f"{last}{_END}"),
        consistent_read=consistent,
    )
    whole: list[Packed] = []
    waiting: list[Rollup] = []
    for piece in found:
        if str(piece.sk).endswith("#000"):
            waiting = []
        waiting.append(piece)
        if len(waiting) == int(waiting[0].pieces):
            period = str(waiting[0].sk).rpartition("#")[0]
            data = b"".join(one.data for one in waiting)
            whole.append(Packed(period, data, int(waiting[0].version)))
    return whole


def write_rollups(
    zone: str, period: date | str, data: Mapping[str, bytes], *, guard: str, version: int
) -> None:
    """Write all rollups of a period; `guard` names the one with the version.

    Raises ConditionFailed if that is no longer `version`.
    """
    with Transaction() as transaction:
        for what, packed in data.items():
            cut = packing.pieces(packed)
            for number, piece in enumerate(cut):
                item = Rollup(
                    rollup_pk(zone, what),
                    rollup_sk(period, number),
                    data=piece,
                    pieces=len(cut),
                    version=version + 1,
                )
                held = what == guard and number == 0
                there = Rollup.version == version if version else Rollup.pk.does_not_exist()
                transaction.put(item, there if held else None)


def tickets_with_facts() -> set[str]:
    """Return the ids of all tickets with facts. Reads all of the table's keys."""
    of_ticket, of_day = ticket_pk(""), f"{FACTS}#"
    found: set[str] = set()
    for pk, sk in _every_key():
        if pk.startswith(of_ticket):
            found.add(pk.removeprefix(of_ticket))
        elif pk.startswith(of_day):
            found.add(sk)
    return found


def days_rolled_up(zone: str, *, limit: int | None = None) -> Iterator[date]:
    """Yield the days that have rollups, the earliest first. One Query a megabyte of them."""
    for piece in Rollup.query(rollup_pk(zone, "day"), limit=limit, attributes_to_get=["SK"]):
        period, _, number = str(piece.sk).rpartition("#")
        if number == "000":
            yield date.fromisoformat(period)


def periods_rolled_up(zone: str) -> set[str]:
    """Return the days and months that have rollups. Reads all of the table's keys."""
    of_zone = rollup_pk(zone, "")
    return {sk.rpartition("#")[0] for pk, sk in _every_key() if pk.startswith(of_zone)}


def clear() -> None:
    """Delete everything except the mark of a rebuild. Reads the whole table: only for a rebuild."""
    for keys in _pages_of_keys():
        delete_all([Dirty(pk, sk) for pk, sk in keys if pk != REBUILDING])


def _every_key() -> Iterator[tuple[str, str]]:
    for keys in _pages_of_keys():
        yield from keys


def _pages_of_keys() -> Iterator[Sequence[tuple[str, str]]]:
    connection = TicketFacts._get_connection()
    place = None
    while True:
        answer = connection.scan(exclusive_start_key=place, attributes_to_get=["PK", "SK"])
        yield [(item["PK"]["S"], item["SK"]["S"]) for item in answer["Items"]]
        place = answer.get("LastEvaluatedKey")
        if not place:
            return
