"""Customers whose record changed, for whoever keeps something written about them elsewhere."""

from contextlib import suppress

from customers.store import queries
from customers.store.items import CustomerChanged
from helpdesk.dynamo.transaction import ConditionFailed, Transaction


def changed_customers(*, limit: int) -> list[CustomerChanged]:
    """Some that are still to be followed. One query."""
    return queries.changed_customers(limit=limit)


def forget_changed(followed: CustomerChanged) -> None:
    """Done with this one, unless it has changed again since it was read."""
    with suppress(ConditionFailed), Transaction() as write:
        write.delete(followed, CustomerChanged.at == followed.at)
