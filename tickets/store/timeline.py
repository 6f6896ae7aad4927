"""Customers' timelines: queries and their cost."""

from pynamodb.exceptions import UpdateError

from helpdesk.dynamo.pages import Page, PagePosition, read_page
from tickets.store.items import Communication
from tickets.store.keys import SAID


def timeline_page(
    customer_id: str, *, limit: int, place: PagePosition | None = None
) -> Page[tuple[str, str]]:
    """Return keys of the entries in a customer's timeline, newest first. One Query of the keys
    shown."""
    low, high = SAID, f"{SAID}{SAID}"
    if place and place.back:
        low = f"{place.key}\0"
    elif place:
        high = f"{place.key[:-1]}{chr(ord(place.key[-1]) - 1)}{SAID}"
    page = read_page(
        Communication.by_customer,
        [customer_id],
        place_of=lambda row: str(row.created_key),
        limit=limit,
        condition=Communication.created_key.between(low, high),
        forward=False,
        place=place,
        sharded=False,
    )
    return Page([(str(row.pk), str(row.sk)) for row in page], page.next, page.previous)


def change_timeline(key: tuple[str, str], customer_id: str, *, to: str) -> None:
    """Move an entry from a customer's timeline to another's; one that is not in it stays where it
    is. One write."""
    try:
        Communication(*key).update(
            actions=[Communication.customer_id.set(to)],
            condition=Communication.customer_id == customer_id,
        )
    except UpdateError as refused:
        if refused.cause_response_code != "ConditionalCheckFailedException":
            raise
