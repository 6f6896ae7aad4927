"""Count the requests to DynamoDB that a piece of code makes, and the capacity they consume."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Usage:
    """Requests and capacity so far. Capacity is in DynamoDB's units; the smallest is
    half a unit."""

    operations: list[str] = field(default_factory=list)
    capacity: float = 0.0

    @property
    def requests(self) -> int:
        return len(self.operations)


_usages: ContextVar[tuple[Usage, ...]] = ContextVar("dynamodb_usages", default=())


@contextmanager
def counting() -> Iterator[Usage]:
    """Count the requests made inside the block, in this thread or task. May be nested."""
    usage = Usage()
    token = _usages.set((*_usages.get(), usage))
    try:
        yield usage
    finally:
        _usages.reset(token)


def record(model: Any, parsed: dict[str, Any]) -> float:
    """Add a request to every open count; return the capacity units that it consumed."""
    consumed = parsed.get("ConsumedCapacity") or []
    units = sum(
        table.get("CapacityUnits", 0.0)
        for table in (consumed if isinstance(consumed, list) else [consumed])
    )
    for usage in _usages.get():
        usage.operations.append(model.name)
        usage.capacity += units
    return float(units)
