"""The audit record in DynamoDB: a table of its own, to which items are only ever added.

The entries of a month are one partition, in the order of the chain: their times of recording never
go back, so that keys sort as numbers do. The head is the one item that is written again, under the
condition that it is as it was read.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from django.conf import settings
from pynamodb.attributes import UnicodeAttribute
from pynamodb.exceptions import DoesNotExist
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex

from helpdesk.audit.chain import Fact, hash_of
from helpdesk.dynamo.attributes import InstantAttribute, IntegerAttribute
from helpdesk.dynamo.batches import read_all
from helpdesk.dynamo.pages import END, Page, PagePosition, page_of
from helpdesk.dynamo.table import Item, TableMeta
from helpdesk.dynamo.transaction import Transaction

HEAD = "HEAD"
KEY = "KEY"


class _Meta(TableMeta):
    table_name = f"{settings.DYNAMODB_TABLE_PREFIX}audit"


class ByActor(GlobalSecondaryIndex["Entry"]):
    class Meta:
        index_name = "by-actor"
        projection = AllProjection()

    actor = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, attr_name="SK")


class ByKind(GlobalSecondaryIndex["Entry"]):
    class Meta:
        index_name = "by-kind"
        projection = AllProjection()

    kind = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, attr_name="SK")


class ByObject(GlobalSecondaryIndex["Entry"]):
    class Meta:
        index_name = "by-object"
        projection = AllProjection()

    object_id = UnicodeAttribute(hash_key=True, attr_name="objectId")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")


class Entry(Item):
    """An entry. Declares the table."""

    class Meta(_Meta):
        pass

    by_actor = ByActor()
    by_kind = ByKind()
    by_object = ByObject()

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK")
    sequence = IntegerAttribute()
    recorded_at = InstantAttribute(attr_name="recordedAt")
    key = UnicodeAttribute()
    at = InstantAttribute()
    actor = UnicodeAttribute(null=True)  # absent: somebody who had not signed in
    kind = UnicodeAttribute()
    action = UnicodeAttribute()
    object_id = UnicodeAttribute(attr_name="objectId")
    changes = UnicodeAttribute()  # JSON, see record.py
    previous = UnicodeAttribute(null=True)  # the hash of the entry before; absent: the first
    hash = UnicodeAttribute()

    @property
    def fact(self) -> Fact:
        return Fact(
            key=self.key,
            at=self.at,
            actor=self.actor or "",
            kind=self.kind,
            action=self.action,
            object_id=self.object_id,
            changes=self.changes,
        )

    @property
    def expected_hash(self) -> str:
        """The hash that the entry has if nobody changed it."""
        return hash_of(
            self.fact,
            sequence=self.sequence,
            recorded_at=self.recorded_at,
            previous=self.previous or "",
        )


class Recorded(Item):
    """A mark that the fact with a key is in the record."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK")
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=KEY)
    sequence = IntegerAttribute()


class Head(Item):
    """The last entry of the chain, and the month of the first."""

    class Meta(_Meta):
        pass

    pk = UnicodeAttribute(hash_key=True, attr_name="PK", default=HEAD)
    sk = UnicodeAttribute(range_key=True, attr_name="SK", default=HEAD)
    sequence = IntegerAttribute()
    recorded_at = InstantAttribute(attr_name="recordedAt")
    hash = UnicodeAttribute()
    begun = UnicodeAttribute()  # 2026-11


def month_of(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m")


def sort_key(recorded_at: datetime, sequence: int) -> str:
    return f"{_text(recorded_at)}#{sequence:012}"


def head() -> Head | None:
    """Return the head of the chain; None before the first entry. One GetItem, consistent."""
    try:
        return Head.get(HEAD, HEAD, consistent_read=True)
    except DoesNotExist:
        return None


def recorded(keys: Iterable[str]) -> set[str]:
    """Return which of these keys are in the record. One BatchGetItem, consistent."""
    found = read_all(Recorded, ((f"{KEY}#{key}", KEY) for key in keys))
    return {str(one.pk).partition("#")[2] for one in found}


def add(facts: Sequence[Fact], *, after: Head | None, now: datetime) -> Head:
    """Append facts behind `after`, all or none, and return the new head.

    One transaction of two items for each fact, and one. Raises ConditionFailed if somebody else
    has appended something since `after` was read, or one of these facts.
    """
    # Machines' clocks differ; the chain's own time only ever moves on.
    at = max(now, after.recorded_at) if after else now
    sequence, previous = (after.sequence, after.hash) if after else (0, "")
    with Transaction() as transaction:
        for fact in facts:
            sequence += 1
            made = hash_of(fact, sequence=sequence, recorded_at=at, previous=previous)
            transaction.put(_entry(fact, sequence, at, previous, made), Entry.pk.does_not_exist())
            mark = Recorded(f"{KEY}#{fact.key}", sequence=sequence)
            transaction.put(mark, Recorded.pk.does_not_exist())
            previous = made
        becomes = Head(
            sequence=sequence,
            recorded_at=at,
            hash=previous,
            begun=after.begun if after else month_of(at),
        )
        unmoved = (
            (Head.sequence == after.sequence) & (Head.hash == after.hash)
            if after
            else Head.pk.does_not_exist()
        )
        transaction.put(becomes, unmoved)
    return becomes


def chain() -> Iterator[Entry]:
    """Yield every entry from the first on. One Query for each MB, and one for each month."""
    last = head()
    if last is not None:
        for month in _months(last.begun, month_of(last.recorded_at)):
            yield from Entry.query(month, consistent_read=True)


def entries_page(
    index: GlobalSecondaryIndex[Any] | None,
    partition: str,
    *,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    place: PagePosition | None,
) -> Page[Entry]:
    """Return entries newest first, of an index's partition, or without an index of all.

    From `since` on and before `until`, by when they were recorded. Cost: one Query; without an
    index one GetItem, and a Query for each month until the page is full.
    """
    low = _text(since) if since else "0"
    high = _text(until) if until else "9"
    back = place is not None and place.back
    if place and back and place != END:
        low = f"{place.key}\0"
    elif place and not back:
        high = min(high, place.key)
    rows = list(islice(_between(index, partition, low, high, rising=back, limit=limit), limit + 1))
    return page_of(rows, limit=limit, place=place, key=lambda row: str(row.sk))


def entries(keys: Iterable[str]) -> list[Entry]:
    """Return entries by their sort keys. One BatchGetItem for each hundred."""
    return list(read_all(Entry, ((key[:7], key) for key in keys)))


def _between(
    index: GlobalSecondaryIndex[Any] | None,
    partition: str,
    low: str,
    high: str,
    *,
    rising: bool,
    limit: int,
) -> Iterator[Entry]:
    """Yield entries from `low` on and before `high`."""
    if high <= low:
        return
    # DynamoDB knows no "before" beside a "from": `high` itself may come, once.
    span = Entry.sk.between(low, high)
    how: Any = {"scan_index_forward": rising, "limit": limit + 2, "page_size": limit + 2}
    found: Iterable[Entry]
    if index is not None:
        found = index.query(partition, span, **how)
    else:
        found = (
            row for month in _spanned(low, high, rising) for row in Entry.query(month, span, **how)
        )
    yield from (row for row in found if row.sk < high)


def _spanned(low: str, high: str, rising: bool) -> Iterable[str]:
    """Return the months of the record that reach into a span."""
    last = head()
    if last is None:
        return ()
    first, end = max(last.begun, low[:7]), min(month_of(last.recorded_at), high[:7])
    found = list(_months(first, end))
    return found if rising else reversed(found)


def _months(first: str, last: str) -> Iterator[str]:
    year, month = int(first[:4]), int(first[5:])
    while (name := f"{year:04}-{month:02}") <= last:
        yield name
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _entry(fact: Fact, sequence: int, at: datetime, previous: str, made: str) -> Entry:
    return Entry(
        month_of(at),
        sort_key(at, sequence),
        sequence=sequence,
        recorded_at=at,
        key=fact.key,
        at=fact.at,
        actor=fact.actor or None,
        kind=fact.kind,
        action=fact.action,
        object_id=fact.object_id,
        changes=fact.changes,
        previous=previous or None,
        hash=made,
    )


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
