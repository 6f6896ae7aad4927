"""Bounded queries over the shards of an index."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, Generic, TypeVar

from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex

from helpdesk.dynamo.shards import shard_keys

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, and the range key to go on after (None at its end)."""

    rows: list[T]
    next_place: str | None

    def __iter__(self) -> Iterator[T]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def read_page(
    index: GlobalSecondaryIndex[Any],
    partitions: Sequence[str],
    *,
    place_of: Callable[[Any], str],
    limit: int,
    condition: Condition | None = None,
    forward: bool = True,
) -> Page[Any]:
    """The first `limit` rows of `partitions` that meet the range key `condition`, in key order.

    Cost: one query of `limit` + 1 rows for each shard of each partition.
    """
    shards = [
        index.query(key, condition, scan_index_forward=forward, limit=limit + 1)
        for partition in partitions
        for key in shard_keys(partition)
    ]
    rows = list(islice(merge(*shards, key=place_of, reverse=not forward), limit + 1))
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, place_of(rows[-1]) if more else None)
