"""Many open tickets, quickly: what a service makes of one, copied under other numbers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from helpdesk.accounts.actors import SYSTEM
from helpdesk.dynamo.table import client
from tickets.domain.ticket import CommunicationType, Priority
from tickets.services.change import Draft, new_draft
from tickets.services.promises import KNOWN_TERMS
from tickets.store.log import COUNTER, Counter
from tickets.store.ticket import Ticket

BATCH = 25


def open_tickets(
    first: int,
    count: int,
    *,
    customer_id: str,
    created: datetime,
    assignee: str | None = None,
    spread: timedelta = timedelta(0),
    fired: tuple[str, ...] = (),
) -> None:
    """Store `count` Medium tickets each hundredth with a log of five, created over `spread` from `created` on."""
    KNOWN_TERMS["default-1"]  # the threads below then need no database

    def items() -> Any:
        for number in range(first, first + count):
            at = created + spread * ((number - first) / max(count, 1))
            yield from _items(number, customer_id, at.replace(microsecond=0), assignee, fired)

    source = items()
    with ThreadPoolExecutor(4) as pool:
        while batches := list(islice(iter(lambda: list(islice(source, BATCH)), []), 200)):
            list(pool.map(_write, batches))
    counter = Counter(f"{COUNTER}#tickets", COUNTER)
    counter.update(actions=[Counter.last.set(first + count)])


def _items(
    number: int, customer_id: str, at: datetime, assignee: str | None, fired: tuple[str, ...]
) -> Any:
    draft = _draft(number, customer_id, at, assignee)
    draft.ticket.fired_rules = list(fired)
    draft.follow_clock()
    yield draft.ticket.serialize()
    if number % 100:
        return
    for _ in range(5):
        yield draft.say(CommunicationType.INTERNAL_NOTE, "Asked the port again. " * 8).serialize()


def _draft(number: int, customer_id: str, at: datetime, assignee: str | None) -> Draft:
    fields = {
        "ticket_id": str(number),
        "customer_id": customer_id,
        "subject": f"Where is the car of booking {number}?",
        "description": "It should have arrived on Friday, and nobody answers the phone. " * 6,
        "category": "Shipping",
        "priority": "Medium",
        "status": "Open",
        "assigned_to": assignee,
        "policy_id": "default-1",
    }
    return new_draft(fields, terms_key="default-1", priority=Priority.MEDIUM, by=SYSTEM, now=at)


def _write(batch: list[dict[str, Any]]) -> None:
    todo = {str(Ticket.Meta.table_name): [{"PutRequest": {"Item": item}} for item in batch]}
    while todo:
        todo = client().batch_write_item(RequestItems=todo).get("UnprocessedItems") or {}
