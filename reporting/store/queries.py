"""The queries of facts, of changes that rows have yet to count, and of generations."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pynamodb.exceptions import DoesNotExist

from helpdesk.dynamo.batches import delete_all, read_all
from helpdesk.dynamo.shards import shard_keys
from helpdesk.dynamo.transaction import Transaction
from reporting.store.items import (
    BATCH,
    COUNTED,
    STATE,
    Batch,
    Change,
    Leaders,
    QuarterFacts,
    State,
    TicketFacts,
    batch_pk,
    changes_pk,
    facts_key,
    facts_pk,
    leaders_pk,
    ticket_pk,
)

_OLD_ROLLUPS = "ROLLUP#UTC#month"
"""Where a release before 1.0 kept its months. They are there until a rebuild."""

_KEPT = (STATE, "WEEKLY#")
"""What no generation has."""


@dataclass(frozen=True, slots=True)
class Generation:
    """Figures that were built together, and the zone whose days their rows are kept by."""

    number: int
    zone: str


@dataclass(frozen=True, slots=True)
class Taken:
    """The changes of a batch that is being counted."""

    number: int
    changes: tuple[Change, ...]


def state() -> State | None:
    """Return which generation is read and which is being built; None if none was recorded.

    One GetItem.
    """
    try:
        return State.get(STATE, STATE, consistent_read=True)
    except DoesNotExist:
        return None


def record_first(generation: Generation, *, lacking_since: datetime | None) -> None:
    """Record the first generation of a table. Raises ConditionFailed if there is one."""
    with Transaction() as transaction:
        transaction.put(
            State(number=generation.number, zone=generation.zone, lacking_since=lacking_since),
            State.pk.does_not_exist(),
        )


def begin_generation(number: int, zone: str, *, current: Generation, since: datetime) -> None:
    """Record that a generation is being built while the current one is read. One write."""
    State(
        number=current.number,
        zone=current.zone,
        building=number,
        building_zone=zone,
        lacking_since=since,
    ).save()


def end_generation(built: Generation) -> None:
    """Have a generation read from now on. Raises ConditionFailed if another is being built."""
    with Transaction() as transaction:
        transaction.put(State(number=built.number, zone=built.zone), State.building == built.number)


def facts_of_tickets(generation: int, ticket_ids: Iterable[str]) -> dict[str, TicketFacts]:
    """Return what figures count of tickets, by id. One BatchGetItem for each hundred."""
    keys = [(ticket_pk(generation, ticket_id), COUNTED) for ticket_id in set(ticket_ids)]
    return {one.ticket_id: one for one in read_all(TicketFacts, keys)}


def facts_in_quarters(
    generation: int, wanted: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], QuarterFacts]:
    """Return the facts of tickets in quarter hours, by both. One BatchGetItem for each hundred."""
    keys = {facts_key(generation, *one): one for one in wanted}
    return {keys[str(one.pk), str(one.sk)]: one for one in read_all(QuarterFacts, list(keys))}


def facts_of_quarter(generation: int, quarter: str) -> list[QuarterFacts]:
    """Return all facts of a quarter hour of UTC. One Query a shard for each megabyte."""
    day, _t, time = quarter.partition("T")
    return [
        found
        for key in shard_keys(facts_pk(generation, day))
        for found in QuarterFacts.query(key, QuarterFacts.sk.startswith(f"{time}#"))
    ]


def facts_of_day(generation: int, day: date) -> Iterator[QuarterFacts]:
    """Return all facts of a day of UTC. One Query a shard for each megabyte."""
    for key in shard_keys(facts_pk(generation, str(day))):
        yield from QuarterFacts.query(key, consistent_read=True)


def changes(generation: int, *, limit: int) -> list[Change]:
    """Return changes that rows have yet to count, the earliest first. One Query a shard."""
    found: list[Change] = []
    for key in shard_keys(changes_pk(generation)):
        found += Change.query(key, limit=limit, consistent_read=True)
    return sorted(found, key=lambda change: str(change.sk))[:limit]


def last_batch(generation: int) -> Batch:
    """Return the batch that was begun last; number 0 if there was none. One GetItem."""
    try:
        return Batch.get(batch_pk(generation), BATCH, consistent_read=True)
    except DoesNotExist:
        return Batch(batch_pk(generation))


def resume_batch(batch: Batch) -> Taken:
    """Return an open batch with its changes. One BatchGetItem for each hundred of them."""
    found = read_all(Change, [(pk, sk) for pk, sk in batch.keys])
    return Taken(int(batch.number), tuple(found))


def begin_batch(generation: int, changes: Sequence[Change], *, last: Batch) -> Taken:
    """Begin to count these changes, which were read after the `last` batch was.

    Raises ConditionFailed if another batch has been begun since: it may have counted them.
    """
    number = int(last.number)
    keys = [[str(change.pk), str(change.sk)] for change in changes]
    with Transaction() as transaction:
        transaction.put(
            Batch(batch_pk(generation), number=number + 1, keys=keys, is_open=True),
            Batch.number == number if number else Batch.pk.does_not_exist(),
        )
    return Taken(number + 1, tuple(changes))


def end_batch(generation: int, taken: Taken) -> None:
    """Delete the changes of a batch whose rows are all written, and end it.

    Raises ConditionFailed if a later one has been begun. One BatchWriteItem for each 25 changes.
    """
    delete_all(taken.changes)
    with Transaction() as transaction:
        transaction.put(
            Batch(batch_pk(generation), number=taken.number), Batch.number == taken.number
        )


def leaders(generation: int, what: str, first: str, last: str) -> list[Leaders]:
    """Return the leaders of months, from one to another, inclusive. One Query for each
    megabyte."""
    return list(Leaders.query(leaders_pk(generation, what), Leaders.sk.between(first, last)))


def leaders_of_month(generation: int, what: str, month: str) -> Leaders:
    """Return the leaders of a month, which may be none yet. One GetItem."""
    pk = leaders_pk(generation, what)
    try:
        return Leaders.get(pk, month, consistent_read=True)
    except DoesNotExist:
        return Leaders(pk, month)


def write_leaders(leaders: Leaders, *, batch: int) -> None:
    """Write the leaders of a month as they are after a batch. Raises ConditionFailed if a later
    one has been counted in them."""
    leaders.batch = batch
    with Transaction() as transaction:
        transaction.put(leaders, Leaders.pk.does_not_exist() | (Leaders.batch <= batch))


def has_old_rollups() -> bool:
    """Return whether figures of a release before 1.0 are there. One Query of one item."""
    return any(True for _found in TicketFacts.query(_OLD_ROLLUPS, limit=1))


def tickets_with_facts(generation: int) -> set[str]:
    """Return the ids of all tickets with facts. Reads all of the table's keys."""
    of_ticket, of_day = ticket_pk(generation, ""), facts_pk(generation, "")
    found: set[str] = set()
    for pk, sk in every_key():
        if pk.startswith(of_ticket):
            found.add(pk.removeprefix(of_ticket))
        elif pk.startswith(of_day):
            found.add(sk.partition("#")[2])
    return found


def delete_others(generation: int) -> None:
    """Delete all other generations, and figures of earlier releases. Reads all of the table's
    keys."""
    kept = (f"{generation}#", *_KEPT)
    for keys in _pages_of_keys():
        delete_all([Change(pk, sk) for pk, sk in keys if not pk.startswith(kept)])


def every_key() -> Iterator[tuple[str, str]]:
    """Yield the keys of all items. Reads the whole table."""
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
