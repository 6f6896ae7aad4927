"""Many items in one request, with retries of those that DynamoDB left unprocessed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import uniform
from time import sleep
from typing import Any, TypeVar

from pynamodb.exceptions import GetError, PutError

from helpdesk.dynamo.table import Item, fits

MOST_READ, MOST_WRITTEN = 100, 25
ATTEMPTS = 6
PAUSE = 0.05
"""Seconds before the second try, at most; twice as long before each later one."""

T = TypeVar("T", bound=Item)
Keys = list[dict[str, Any]]


def read_all(
    kind: type[T],
    keys: Iterable[tuple[str, str]],
    *,
    consistent: bool = True,
    only: Sequence[str] | None = None,
) -> Iterator[T]:
    """Return those of the items that exist, in no order. One BatchGetItem for each hundred.

    `only` names the attributes to read of each, as the table names them. Raises GetError if some
    stay unprocessed after several retries.
    """
    names = kind._hash_key_attribute().attr_name, kind._range_key_attribute().attr_name
    wanted: Keys = [dict(zip(names, key, strict=True)) for key in dict.fromkeys(keys) if fits(*key)]

    def ask(todo: Keys) -> tuple[list[Any], Keys]:
        found, left = kind._batch_get_page(todo, consistent, only)
        left = [{name: value["S"] for name, value in key.items()} for key in left or ()]
        return found, left

    for start in range(0, len(wanted), MOST_READ):
        for found in _insist(ask, wanted[start : start + MOST_READ], GetError):
            yield from (kind.from_raw_data(item) for item in found)


def delete_all(items: Sequence[Item]) -> None:
    """Delete items of one table. One BatchWriteItem for each 25.

    Raises PutError if some stay unprocessed after several retries.
    """

    def ask(todo: Keys) -> tuple[list[Any], Keys]:
        kind = type(items[0])
        answer = kind._get_connection().batch_write_item(delete_items=todo)
        left = answer.get("UnprocessedItems", {}).get(kind.Meta.table_name, ())
        return [], [
            {name: value["S"] for name, value in one["DeleteRequest"]["Key"].items()}
            for one in left
        ]

    for start in range(0, len(items), MOST_WRITTEN):
        keys = [item._get_keys() for item in items[start : start + MOST_WRITTEN]]
        for _nothing in _insist(ask, keys, PutError):
            pass


def _insist(
    ask: Callable[[Keys], tuple[list[Any], Keys]], todo: Keys, error: type[Exception]
) -> Iterator[list[Any]]:
    """Retry what was left unprocessed, after growing, randomized pauses."""
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(uniform(0, PAUSE * 2**attempt))
        found, todo = ask(todo)
        yield found
        if not todo:
            return
    raise error(f"DynamoDB left {len(todo)} item(s) undone, {ATTEMPTS} times.")
