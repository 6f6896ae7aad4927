"""Customers that have changed, for apps that store copies of their data."""

from contextlib import suppress

from customers.store import queries
from customers.store.items import CustomerChanged
from helpdesk.dynamo.transaction import ConditionFailed, Transaction


def changed_customers(*, limit: int) -> list[CustomerChanged]:
    """Return some changed customers that have not been followed yet. One query."""
    return queries.changed_customers(limit=limit)


def forget_changed(followed: CustomerChanged) -> None:
    """Mark a changed customer as followed, unless it has changed again since it was read."""
    with suppress(ConditionFailed), Transaction() as write:
        write.delete(followed, CustomerChanged.at == followed.at)
