"""Bounded queries over the shards of an index."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any, Generic, TypeVar

from pynamodb.expressions.condition import Condition
from pynamodb.indexes import GlobalSecondaryIndex

from helpdesk.dynamo.shards import shard_keys
from helpdesk.dynamo.table import fits

T = TypeVar("T")


@dataclass(frozen=True)
class PagePosition:
    """Where a page of a list begins: after a range key, or `back`, where it ends before it.

    Positions are of keys that are not empty; END is that of the last page.
    """

    key: str
    back: bool = False


END = PagePosition("", back=True)
"""Before the end of a list, whatever its keys are."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some rows of a list, and the positions of the pages before and after (None at an end)."""

    rows: list[T]
    next: PagePosition | None
    previous: PagePosition | None

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
    place: PagePosition | None = None,
    sharded: bool = True,
) -> Page[Any]:
    """Return the first `limit` rows of `partitions` that meet the range key `condition`, in key
    order.

    `condition` says where to begin; `place` is what it was made from. Without `forward` the order
    is descending. Cost: one query of `limit` + 1 rows for each shard of each partition.
    """
    back = place is not None and place.back
    rising = forward is not back
    keys = [
        key
        for partition in partitions
        for key in (shard_keys(partition) if sharded else [partition])
        if fits(key)
    ]
    shards = [
        index.query(key, condition, scan_index_forward=rising, limit=limit + 1) for key in keys
    ]
    rows = list(islice(merge(*shards, key=place_of, reverse=not rising), limit + 1))
    return page_of(rows, limit=limit, place=place, key=place_of)


def page_of(
    rows: list[T], *, limit: int, place: PagePosition | None, key: Callable[[T], str]
) -> Page[T]:
    """Return the page that `limit` + 1 rows from `place` on make, in the order they were read in.

    `key` gives a row's position.
    """
    back = place is not None and place.back
    more = len(rows) > limit
    rows = rows[:limit]
    if back:
        rows.reverse()
    onward = bool(rows) and (more or back) and place != END
    before = bool(rows) and (more if back else place is not None)
    return Page(
        rows,
        next=PagePosition(key(rows[-1])) if onward else None,
        previous=PagePosition(key(rows[0]), back=True) if before else None,
    )
