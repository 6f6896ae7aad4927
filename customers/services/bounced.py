"""The mark on a customer whose email address takes no mail."""

from contextlib import suppress
from datetime import datetime

from customers.store.items import Customer
from helpdesk.dynamo.transaction import ConditionFailed, Contended, Transaction


def mark_bounced(transaction: Transaction, customer: Customer, now: datetime) -> None:
    """Note in a transaction that mail to a customer's address came back.

    The transaction fails if the customer was changed since they were read. Editing the address
    removes the mark.
    """
    transaction.update(
        customer,
        [Customer.bounced_at.set(now), Customer.version.add(1)],
        Customer.version == customer.version,
    )


def unmark_bounced(customer: Customer | None, sender: str) -> None:
    """Remove the mark if mail came from the very address; the next mail does it if the customer was
    changed since they were read. One write for a marked customer, else nothing."""
    if customer is None or customer.bounced_at is None or customer.email != sender:
        return
    with suppress(ConditionFailed, Contended), Transaction() as transaction:
        transaction.update(
            customer,
            [Customer.bounced_at.remove(), Customer.version.add(1)],
            Customer.version == customer.version,
        )
