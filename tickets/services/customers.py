"""Let what is written elsewhere of a customer's tickets follow when the customer changes."""

from collections.abc import Callable, Iterable
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from customers.services.changed import changed_customers, forget_changed
from tickets.store import access

CUSTOMERS = 100
PAGE = 100

Follower = Callable[[Iterable[str]], object]


def follow_changed(*, limit: int = CUSTOMERS) -> int:
    """Give the tickets of customers who changed to every follower; return how many there were.

    A repeat does no harm, and a crash leaves the rest for the next time.
    """
    followed = 0
    for changed in changed_customers(limit=limit):
        place = None
        while True:
            page = access.tickets_about(customer_id=changed.customer_id, limit=PAGE, place=place)
            for follower in _followers():
                follower([row.ticket_id for row in page.rows])
            followed += len(page.rows)
            place = page.next
            if place is None:
                break
        forget_changed(changed)
    return followed


@cache
def _followers() -> tuple[Follower, ...]:
    return tuple(import_string(path) for path in settings.CUSTOMER_FOLLOWERS)
