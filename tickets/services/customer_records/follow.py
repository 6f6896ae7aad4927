"""Update copies of a customer's data when the customer changes."""

from collections.abc import Callable, Iterable
from functools import cache

import structlog
from django.conf import settings
from django.utils.module_loading import import_string

from customers.services import custom_values
from customers.services.changes import changed_customers, forget_changed
from tickets.store import queries

log = structlog.get_logger(__name__)

CUSTOMERS = 100
PAGE = 100

Follower = Callable[[Iterable[str]], object]


def sync_changed_customers(*, limit: int = CUSTOMERS) -> int:
    """Update what depends on customers that have changed; return how many there were.

    A repeat does no harm, and a crash leaves the rest for the next run. A customer that fails does
    not stop the others, and is tried again in the next run.
    """
    followed = 0
    for changed in changed_customers(limit=limit):
        try:
            followed += _follow_tickets_of(changed.customer_id)
        except Exception as error:
            log.exception(
                "customer_not_followed",
                customer_id=changed.customer_id,
                reason=type(error).__name__,
            )
        else:
            forget_changed(changed)
    return followed


def _follow_tickets_of(customer_id: str) -> int:
    custom_values.follow(customer_id)
    followed = 0
    place = None
    while True:
        page = queries.tickets_about(customer_id=customer_id, limit=PAGE, place=place)
        for follower in _followers():
            follower([row.ticket_id for row in page.rows])
        followed += len(page.rows)
        place = page.next
        if place is None:
            return followed


@cache
def _followers() -> tuple[Follower, ...]:
    return tuple(import_string(path) for path in settings.CUSTOMER_FOLLOWERS)
