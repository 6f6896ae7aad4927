"""The instant up to which reports are complete."""

from collections.abc import Iterator
from datetime import datetime

from ulid import ULID

from customers.services.changes import changed_customers
from reporting.services import facts, generations
from reporting.store import queries
from tickets.domain import instant
from tickets.services.delivery import outbox

CUSTOMERS = 100
"""Changed customers that are looked at; figures follow them by hundreds."""


def complete_until() -> datetime | None:
    """Return the instant up to which reports are complete; None if they are up to date.

    Call it before the figures are read. Cost: a query a shard of the changed customers, the outbox
    and the changes of facts, each of a bounded size; one of the failed events; one GetItem.
    """
    # In the order in which a change passes through: what has left one is in the next already.
    return min(_lacking(), default=None)


def _lacking() -> Iterator[datetime]:
    lacking = generations.lacking_since()
    if lacking:
        yield lacking
    for customer in changed_customers(limit=CUSTOMERS):
        yield ULID.from_str(str(customer.at)).datetime.replace(microsecond=0)
    oldest = outbox.oldest_at()
    if oldest:
        yield oldest
    failed = outbox.failed_since(outbox.failed_events(), facts.CONSUMER)
    if failed:
        yield failed
    for change in queries.changes(generations.current().number, limit=1):
        yield instant.parse(change.since)
