"""Customers that have changed, for apps that store copies of their data."""

from contextlib import suppress

from django.conf import settings

from customers.store import queries
from customers.store.items import CustomerChanged, changed
from helpdesk import wake
from helpdesk.dynamo.transaction import ConditionFailed, Transaction
from helpdesk.dynamo.ulids import new_ulid

DEBOUNCE = 2
"""Seconds in which many changes wake a worker once; by then they are written."""


def note_change(transaction: Transaction, customer_id: str) -> None:
    """Add to a transaction that a customer has changed, and wake a worker to update copies.

    Never raises for a broker that is away: a sweep finds the mark.
    """
    transaction.put(changed(customer_id, new_ulid()))
    wake.send_once("customers:changed", DEBOUNCE, settings.CUSTOMER_TASK, countdown=DEBOUNCE)


def changed_customers(*, limit: int) -> list[CustomerChanged]:
    """Return some changed customers that have not been followed yet. One query."""
    return queries.changed_customers(limit=limit)


def forget_changed(followed: CustomerChanged) -> None:
    """Mark a changed customer as followed, unless it has changed again since it was read."""
    with suppress(ConditionFailed), Transaction() as write:
        write.delete(followed, CustomerChanged.at == followed.at)
