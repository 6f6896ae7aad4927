"""Customers whose record changed, for whoever keeps something written about them elsewhere."""

from pynamodb.exceptions import DeleteError

from customers.store import queries
from customers.store.items import CustomerChanged


def changed_customers(*, limit: int) -> list[CustomerChanged]:
    """Some that are still to be followed. One query."""
    return queries.changed_customers(limit=limit)


def forget_changed(followed: CustomerChanged) -> None:
    """Done with this one, unless it has changed again since it was read."""
    try:
        followed.delete(condition=CustomerChanged.at == followed.at)
    except DeleteError as error:
        if error.cause_response_code != "ConditionalCheckFailedException":
            raise
